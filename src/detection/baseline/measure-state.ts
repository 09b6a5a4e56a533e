import type { Codec } from '../../stream/keyed-state.ts'
import { RecentValues } from '../window/recent-values.ts'
import { addToPane, paneAt, panesPerWindow, slide, windowTotal } from '../window/window.ts'

/**
 * What is kept of one entity for one measure. The numbers lie in one short Float32Array (24 bits are far more than a
 * baseline is worth; counts up to 16 million stay exact): per window its ring of panes, the four moments of the model,
 * the sums of the two fixed windows that are not learned yet, where the entity stands among its peers, and its peaks.
 */
export type MeasureState = {
  readonly cells: Float32Array
  /** Event time of the newest event, ms. */
  head: number
  /** Every fixed window that ended before this has been learned, ms. */
  learnedTo: number
  /** First event, ms. */
  readonly since: number
  /** Learning was last suspended for what happened between these times, ms; −Infinity when it never was. */
  suspendedFrom: number
  suspendedTo: number
  /** The peer group. */
  group: string
  /** Only of a `distinct` measure. */
  readonly values: RecentValues | null
}

/**
 * Positions inside a window's cells. Counts: A, B, v, w, and the bin among the peers. Amounts: n, mean, squares. Peaks: the
 * number of the last day noted, its maximum so far, and the two largest maxima of the days before it.
 */
export const moment = {
  first: panesPerWindow,
  second: 11,
  third: 12,
  fourth: 13,
  current: 14,
  next: 15,
  standing: 16,
  peakDay: 17,
  peakToday: 18,
  peakFirst: 19,
  peakSecond: 20,
} as const
const cellsPerWindow = 21
/** The cells that a baseline consists of; the others say what has happened lately. */
const knowledge = [
  moment.first,
  moment.second,
  moment.third,
  moment.fourth,
  moment.peakDay,
  moment.peakToday,
  moment.peakFirst,
  moment.peakSecond,
] as const

export function baseOf(window: number): number {
  return window * cellsPerWindow
}

export function createMeasureState(
  windows: number,
  time: number,
  group: string,
  distinct: boolean,
): MeasureState {
  const cells = allocateCells(windows * cellsPerWindow)
  const values = distinct ? new RecentValues() : null
  const suspendedFrom = Number.NEGATIVE_INFINITY
  return {
    cells,
    head: time,
    learnedTo: time,
    since: time,
    suspendedFrom,
    suspendedTo: suspendedFrom,
    group,
    values,
  }
}

/** Counts `amount` (or the value with the hash `value`) at `time`. Call it after learning has caught up. */
export function record(
  state: MeasureState,
  windows: readonly number[],
  time: number,
  amount: number,
  value: number,
): void {
  const { cells, head, values } = state
  const lastSeen = values ? values.see(value, time) : Number.NEGATIVE_INFINITY
  const newHead = Math.max(head, time)
  for (let k = 0; k < windows.length; k++) {
    const length = windows[k] as number
    const base = baseOf(k)
    if (!values) {
      const pane = paneAt(newHead, length)
      slide(cells, base, paneAt(head, length), pane)
      addToPane(cells, base, pane, paneAt(time, length), amount)
    }
    const index = Math.floor(time / length)
    if (values && Math.floor(lastSeen / length) >= index) continue
    const waiting = index - Math.floor(state.learnedTo / length)
    if (waiting === 0) add(cells, base + moment.current, amount)
    else if (waiting === 1) add(cells, base + moment.next, amount)
  }
  state.head = newHead
  values?.expire(newHead - 2 * (windows.at(-1) ?? 0))
}

/** What the baseline knows of the entity, peaks included, as {@link restoreKnowledge} takes it back. */
export function knowledgeOf({ cells }: MeasureState): readonly number[] {
  const known: number[] = []
  for (let base = 0; base < cells.length; base += cellsPerWindow)
    for (const index of knowledge) known.push(cells[base + index] as number)
  return known
}

/** Goes back to what the baseline knew before. What is in the windows stays. Take the entity out of its group's sums first. */
export function restoreKnowledge({ cells }: MeasureState, known: readonly number[]): void {
  for (const [i, value] of known.entries()) {
    const base = Math.floor(i / knowledge.length) * cellsPerWindow
    cells[base + (knowledge[i % knowledge.length] as number)] = value
  }
}

/** What lies in window number `k` that ends with the pane of the newest event. */
export function observedIn(state: MeasureState, windows: readonly number[], k: number): number {
  if (!state.values) return windowTotal(state.cells, baseOf(k))
  const length = windows[k] as number
  const firstPane = paneAt(state.head, length) - panesPerWindow + 1
  return state.values.countSince((firstPane * length) / panesPerWindow)
}

/** Five times and four lengths. */
const fixedBytes = 48

/**
 * Compact bytes: times, group, a bitmap of the cells that are not zero and these cells, then the values. They say how many
 * cells a window had, so that cells added behind those of today (for drift) read as zero in what was saved before.
 */
export const measureStateCodec: Codec<MeasureState> = {
  encode({ cells, head, learnedTo, since, suspendedFrom, suspendedTo, group, values }) {
    const bitmap = Buffer.alloc(Math.ceil(cells.length / 8))
    const filled: number[] = []
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as number
      if (cell === 0) continue
      bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7))
      filled.push(cell)
    }
    const name = Buffer.from(group)
    const fixed = Buffer.alloc(fixedBytes)
    const times = [head, learnedTo, since, suspendedFrom, suspendedTo]
    for (const [i, time] of times.entries()) fixed.writeDoubleLE(time, 8 * i)
    fixed.writeUInt16LE(name.length, 40)
    fixed.writeUInt16LE(cells.length, 42)
    fixed.writeUInt16LE(values ? 1 : 0, 44)
    fixed.writeUInt16LE(cellsPerWindow, 46)
    const parts = [fixed, name, bitmap, bytesOf(Float32Array.from(filled))]
    if (values) parts.push(bytesOf(values.toNumbers()))
    return Buffer.concat(parts)
  },
  decode(bytes) {
    const nameLength = bytes.readUInt16LE(40)
    const length = bytes.readUInt16LE(42)
    let position = fixedBytes + nameLength
    const group = sharedText(bytes.toString('utf8', fixedBytes, position))
    const bitmap = bytes.subarray(position, position + Math.ceil(length / 8))
    position += bitmap.length
    const savedPerWindow = bytes.readUInt16LE(46)
    const cells = allocateCells((length / savedPerWindow) * cellsPerWindow)
    for (let i = 0; i < length; i++) {
      if (((bitmap[i >> 3] as number) & (1 << (i & 7))) === 0) continue
      cells[baseOf(Math.floor(i / savedPerWindow)) + (i % savedPerWindow)] = bytes.readFloatLE(position)
      position += 4
    }
    const rest = Uint8Array.prototype.slice.call(bytes, position).buffer
    return {
      cells,
      head: bytes.readDoubleLE(0),
      learnedTo: bytes.readDoubleLE(8),
      since: bytes.readDoubleLE(16),
      suspendedFrom: bytes.readDoubleLE(24),
      suspendedTo: bytes.readDoubleLE(32),
      group,
      values: bytes.readUInt16LE(44) === 1 ? RecentValues.from(new Float64Array(rest)) : null,
    }
  },
}

function add(cells: Float32Array, index: number, amount: number): void {
  cells[index] = (cells[index] as number) + amount
}

function bytesOf(numbers: Float32Array | Float64Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

/** Entities by the hundred share one buffer, since a buffer of its own would cost an entity more than its numbers. */
const statesPerChunk = 128
const chunks = new Map<number, { cells: Float32Array; used: number }>()

function allocateCells(length: number): Float32Array {
  let chunk = chunks.get(length)
  if (!chunk || chunk.used === statesPerChunk) {
    chunk = { cells: new Float32Array(length * statesPerChunk), used: 0 }
    chunks.set(length, chunk)
  }
  const start = chunk.used++ * length
  return chunk.cells.subarray(start, start + length)
}

/** Groups are few and named by every entity: one string for all of them. */
const texts = new Map<string, string>()
const maxTexts = 10_000

function sharedText(text: string): string {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (texts.size >= maxTexts) texts.clear()
  texts.set(text, text)
  return text
}
