import { second } from '../../duration.ts'
import type { RecentValues } from '../window/recent-values.ts'
import { panesPerWindow, windowTotal } from '../window/window.ts'
import type { WindowSlot } from './model.ts'

/**
 * Positions inside a window's cells, of which the first ones are its ring of panes. Counts: A, B, v, w, and the bin among the
 * peers. Amounts: n, mean, squares. `current`: the sum of the fixed window that is to be learned next. Peaks: the number of
 * the last day noted, its maximum so far, and the two largest maxima of the days before it. `surprise`: the most surprising that
 * was seen while the newest event lay in the fixed window in which it lies now, −log10 p.
 *
 * A cell has 24 bits, far more than a baseline is worth; counts up to 16 million stay exact.
 */
export const moment = {
  first: panesPerWindow,
  second: 11,
  third: 12,
  fourth: 13,
  current: 14,
  standing: 15,
  peakDay: 16,
  peakToday: 17,
  peakFirst: 18,
  peakSecond: 19,
  surprise: 20,
} as const
export const cellsPerWindow = 21
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

/** Words before the cells: times in whole seconds since the epoch. */
const word = { head: 0, learnedTo: 1, since: 2, suspendedFrom: 3, suspendedTo: 4 } as const
export const fixedWords = 5
/** Words before the row that are not saved as they are: they only mean something while the process runs. */
export const unsaved = { group: -1, waiting: -2 } as const
export const unsavedWords = Object.keys(unsaved).length

const lastSecond = 0xffffffff

/**
 * What is kept of one entity for one measure, seen through a row of numbers. There is one for all entities of a detector:
 * `point` makes it show another one's. Times are ms since the epoch, and kept in whole seconds.
 */
export class MeasureState {
  readonly windows: readonly number[]
  /** One for each window; their cells are the row's. */
  readonly slots: readonly WindowSlot[]
  /** Of a ratio one more for each window, with the trials; otherwise none. Only their panes and `current` are used. */
  readonly trials: readonly WindowSlot[]
  row = -1
  /** Only of a `distinct` measure. */
  values: RecentValues | null = null
  #words: Uint32Array = new Uint32Array(fixedWords)
  #start = 0

  constructor(windows: readonly number[], isRatio: boolean) {
    const slotAt = (length: number, k: number) => ({ cells: new Float32Array(0), base: 0, k, length })
    this.windows = windows
    this.slots = windows.map(slotAt)
    this.trials = isRatio ? windows.map((length, k) => slotAt(length, windows.length + k)) : []
  }

  /** Shows the row that begins at `start` of these arrays, which are the same memory. */
  point(row: number, words: Uint32Array, floats: Float32Array, start: number): void {
    this.row = row
    this.#words = words
    this.#start = start
    for (let k = 0; k < this.slots.length; k++) place(this.slots[k] as WindowSlot, floats, start)
    for (let k = 0; k < this.trials.length; k++) place(this.trials[k] as WindowSlot, floats, start)
  }

  /** Number of the peer group. */
  get group(): number {
    return this.#words[this.#start + unsaved.group] as number
  }
  set group(group: number) {
    this.#words[this.#start + unsaved.group] = group
  }

  /** Event time of the newest event. */
  get head(): number {
    return this.#time(word.head)
  }
  set head(time: number) {
    this.#setTime(word.head, time)
  }

  /** Every fixed window that ended before this has been learned. */
  get learnedTo(): number {
    return this.#time(word.learnedTo)
  }
  set learnedTo(time: number) {
    this.#setTime(word.learnedTo, time)
  }

  /** The oldest event. */
  get since(): number {
    return this.#time(word.since)
  }
  set since(time: number) {
    this.#setTime(word.since, time)
  }

  /** Learning was last suspended for what happened in [from, to); both are 0 when it never was. */
  get suspendedFrom(): number {
    return this.#time(word.suspendedFrom)
  }
  set suspendedFrom(time: number) {
    this.#setTime(word.suspendedFrom, time)
  }
  get suspendedTo(): number {
    return this.#time(word.suspendedTo)
  }
  set suspendedTo(time: number) {
    this.#setTime(word.suspendedTo, time)
  }

  /** From here on fixed windows are to be learned: nothing is known of the time before its first event. */
  get learningFrom(): number {
    return Math.max(this.learnedTo, this.since)
  }

  slotOf(k: number): WindowSlot {
    return this.slots[k] as WindowSlot
  }

  #time(index: number): number {
    return (this.#words[this.#start + index] as number) * second
  }

  #setTime(index: number, time: number): void {
    this.#words[this.#start + index] = Math.min(Math.max(Math.floor(time / second), 0), lastSecond)
  }
}

/** What the baseline knows of the entity, peaks included, as {@link restoreKnowledge} takes it back. */
export function knowledgeOf({ slots }: MeasureState): readonly number[] {
  return slots.flatMap(({ cells, base }) => knowledge.map((index) => cells[base + index] as number))
}

/** Goes back to what the baseline knew before. What is in the windows stays. Take the entity out of its group's sums first. */
export function restoreKnowledge({ slots }: MeasureState, known: readonly number[]): void {
  for (const [k, { cells, base }] of slots.entries())
    for (const [i, index] of knowledge.entries()) cells[base + index] = known[k * knowledge.length + i] ?? 0
}

function place(slot: WindowSlot, floats: Float32Array, start: number): void {
  const movable = slot as { -readonly [name in keyof WindowSlot]: WindowSlot[name] }
  movable.cells = floats
  movable.base = start + fixedWords + slot.k * cellsPerWindow
}

/** What lies in a window that ends with the pane of the newest event. */
export function observedIn({ cells, base }: WindowSlot): number {
  return windowTotal(cells, base)
}
