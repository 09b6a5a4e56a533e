import type { ByteWriter } from '../entities/byte-writer.ts'
import { EntityRows } from '../entities/entity-rows.ts'
import type { EntityIndex } from '../entities/entity-table.ts'
import { RecentValues } from '../window/recent-values.ts'
import { addToPane, paneAt, panesPerWindow, slide } from '../window/window.ts'
import { cellsPerWindow, fixedWords, MeasureState, moment, unsaved, unsavedWords } from './measure-state.ts'
import type { WindowSlot } from './model.ts'
import { WaitingSums } from './waiting-sums.ts'

export type MeasureRowsOptions = {
  /** Section of the store. */
  readonly section: string
  readonly entities: EntityIndex
  /** Lengths in ms, ascending. */
  readonly windows: readonly number[]
  /** Whether values are counted, each once in a window. */
  readonly distinct: boolean
  /** Whether trials are kept beside hits. */
  readonly ratio: boolean
  /** The number of a peer group of an org, and the name of the group with such a number. */
  readonly groupNumber: (orgId: string, name: string) => number
  readonly groupName: (number: number) => string
}

const waitingBytes = 17
const valueBytes = 16

/**
 * The numbers of one detector about all its entities: per entity a row of times and cells, and what does not fit into a row: its
 * peer group, the sums of fixed windows that are too young to be learned, and the values of a `distinct` measure.
 */
export class MeasureRows {
  readonly rows: EntityRows
  readonly waiting = new WaitingSums({
    get: (row) => this.#unsaved(row, unsaved.waiting),
    set: (row, head) => this.#setUnsaved(row, unsaved.waiting, head),
  })
  readonly #options: MeasureRowsOptions
  readonly #state: MeasureState
  readonly #values = new Map<number, RecentValues>()

  constructor(options: MeasureRowsOptions) {
    const { section, entities, windows, ratio } = options
    this.#options = options
    this.#state = new MeasureState(windows, ratio)
    const layout = {
      fixed: fixedWords,
      parts: ratio ? 2 * windows.length : windows.length,
      perPart: cellsPerWindow,
      unsaved: unsavedWords,
    }
    this.rows = new EntityRows(section, entities, layout, {
      size: (row) => this.#extraBytes(row),
      write: (row, bytes) => this.#writeExtras(row, bytes),
      read: (row, bytes) => this.#readExtras(row, bytes),
      clear: (row) => {
        this.waiting.clear(row)
        this.#values.delete(row)
      },
    })
  }

  /** Adds an entity whose first event came at `time`, when everything before `watermark` had been learned (ms). */
  add(orgId: string, id: string, group: number, time: number, watermark: number): MeasureState {
    const row = this.rows.add(orgId, id)
    if (this.#options.distinct) this.#values.set(row, new RecentValues())
    const state = this.at(row)
    state.group = group
    state.head = time
    state.since = time
    state.learnedTo = Math.max(watermark, 0)
    return state
  }

  /** The state in a row, until the next call. */
  at(row: number): MeasureState {
    const { words, floats } = this.rows.chunkOf(row)
    const state = this.#state
    state.point(row, words, floats, this.rows.startOf(row))
    if (this.#options.distinct) state.values = this.#values.get(row) ?? null
    return state
  }

  /** Counts `amount` (or the value with the hash `value`, and of a ratio one trial) at `time`, in the panes and in the fixed windows not learned yet. */
  record(state: MeasureState, time: number, amount: number, value: number): void {
    if (time < state.since) this.#setSince(state, time)
    const { head, values, slots, trials, learningFrom } = state
    const lastSeen = values ? values.see(value, time) : Number.NEGATIVE_INFINITY
    const forgotten = values ? values.forgetOne() : Number.NEGATIVE_INFINITY
    const newHead = Math.max(head, time)
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k] as WindowSlot
      slideTo(slot, head, newHead)
      if (values) moveValue(slot, newHead, lastSeen, time)
      else addAt(slot, newHead, time, amount)
      addAt(slot, newHead, forgotten, -1)
      this.#addToFixed(state.row, slot, learningFrom, time, lastSeen, amount)
    }
    for (let k = 0; k < trials.length; k++) {
      const slot = trials[k] as WindowSlot
      slideTo(slot, head, newHead)
      addAt(slot, newHead, time, 1)
      this.#addToFixed(state.row, slot, learningFrom, time, lastSeen, 1)
    }
    state.head = newHead
    values?.expire(newHead - 2 * (state.windows.at(-1) ?? 0))
  }

  /** Adds to the fixed window of `time`, unless that is learned already or has the value that was last seen at `lastSeen`. */
  #addToFixed(
    row: number,
    { cells, base, k, length }: WindowSlot,
    learningFrom: number,
    time: number,
    lastSeen: number,
    amount: number,
  ): void {
    const index = Math.floor(time / length)
    if (amount === 0 || Math.floor(lastSeen / length) >= index) return
    const waiting = index - Math.floor(learningFrom / length)
    if (waiting > 0) this.waiting.add(row, k, index, amount)
    else if (waiting === 0) cells[base + moment.current] = (cells[base + moment.current] as number) + amount
  }

  /** What the fixed window of `time` holds, if it is not learned yet; 0 if it is. */
  waitingAt(state: MeasureState, { cells, base, k, length }: WindowSlot, time: number): number {
    const index = Math.floor(time / length)
    if (index === Math.floor(state.learningFrom / length)) return cells[base + moment.current] as number
    return this.waiting.get(state.row, k, index)
  }

  /** It is older than was known: what was to be learned next now waits for its turn. */
  #setSince(state: MeasureState, time: number): void {
    const before = state.learningFrom
    state.since = time
    for (const { cells, base, k, length } of [...state.slots, ...state.trials]) {
      const index = Math.floor(before / length)
      const amount = cells[base + moment.current] as number
      if (amount === 0 || index === Math.floor(state.learningFrom / length)) continue
      this.waiting.add(state.row, k, index, amount)
      cells[base + moment.current] = 0
    }
  }

  #extraBytes(row: number): number {
    const values = this.#values.get(row)?.size ?? 0
    return 6 + 3 * this.#groupName(row).length + waitingBytes * this.waiting.count(row) + valueBytes * values
  }

  /** The group's name, the waiting sums, the values: the first two with their lengths before them. */
  #writeExtras(row: number, bytes: ByteWriter): void {
    bytes.text(this.#groupName(row))
    const waiting = this.waiting.of(row)
    bytes.u16(waiting.length)
    for (const { k, index, amount } of waiting) {
      bytes.u8(k)
      bytes.f64(index)
      bytes.f64(amount)
    }
    for (const number of this.#values.get(row)?.toNumbers() ?? []) bytes.f64(number)
  }

  #readExtras(row: number, bytes: Buffer): void {
    const nameEnd = 4 + bytes.readUInt32LE(0)
    const name = bytes.toString('utf8', 4, nameEnd)
    this.#setUnsaved(row, unsaved.group, this.#options.groupNumber(this.rows.orgOf(row), name))
    const count = bytes.readUInt16LE(nameEnd)
    let position = nameEnd + 2
    for (let i = 0; i < count; i++, position += waitingBytes) {
      const index = bytes.readDoubleLE(position + 1)
      this.waiting.add(row, bytes.readUInt8(position), index, bytes.readDoubleLE(position + 9))
    }
    if (!this.#options.distinct) return
    const rest = Uint8Array.prototype.slice.call(bytes, position).buffer
    this.#values.set(row, RecentValues.from(new Float64Array(rest)))
    this.#countValues(row)
  }

  /** The panes follow from the values. */
  #countValues(row: number): void {
    const { head, slots, values } = this.at(row)
    for (const slot of slots) {
      slot.cells.fill(0, slot.base, slot.base + panesPerWindow)
      for (const seen of values?.times() ?? []) addAt(slot, head, seen, 1)
    }
  }

  #groupName(row: number): string {
    return this.#options.groupName(this.#unsaved(row, unsaved.group))
  }

  #unsaved(row: number, index: number): number {
    return this.rows.chunkOf(row).words[this.rows.startOf(row) + index] as number
  }

  #setUnsaved(row: number, index: number, word: number): void {
    this.rows.chunkOf(row).words[this.rows.startOf(row) + index] = word
  }
}

/** Moves the ring of a window whose newest event was at `head` to `newHead`. */
function slideTo({ cells, base, length }: WindowSlot, head: number, newHead: number): void {
  slide(cells, base, paneAt(head, length), paneAt(newHead, length))
}

/** Adds to the pane of `time` in a window whose newest event is at `head`. */
function addAt({ cells, base, length }: WindowSlot, head: number, time: number, amount: number): void {
  addToPane(cells, base, paneAt(head, length), paneAt(time, length), amount)
}

/** A value counts in the pane in which it was seen last. */
function moveValue(slot: WindowSlot, head: number, lastSeen: number, time: number): void {
  if (lastSeen >= time) return
  addAt(slot, head, lastSeen, -1)
  addAt(slot, head, time, 1)
}
