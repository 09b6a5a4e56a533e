/** The reference is fed with what was done so many days ago. */
export const lagDays = 14

/**
 * Positions in a row of the model `drift`. Amounts per day of the reference and of a faster baseline, for days of work and of
 * rest, each followed by the number of days (decayed); v and w of the spread of days; the evidence, since when it has grown, what
 * was observed and expected since then, and when it fired; the open day and the next one; a ring with the last days.
 * Days are numbers of local days since the epoch, exact in 24 bits.
 */
export const drift = {
  since: 0,
  today: 1,
  tomorrow: 2,
  workAmount: 3,
  workDays: 4,
  restAmount: 5,
  restDays: 6,
  fastWorkAmount: 7,
  fastWorkDays: 8,
  fastRestAmount: 9,
  fastRestDays: 10,
  scatter: 11,
  squares: 12,
  evidence: 13,
  start: 14,
  observed: 15,
  expected: 16,
  alerted: 17,
  lastDay: 18,
  peers: 19,
  ring: 20,
  count: 20 + lagDays,
} as const

/** One entity's numbers, wherever they lie: `point` makes it show another one's. */
export class DriftRow {
  #floats: Float32Array
  #start: number

  constructor(floats: Float32Array = new Float32Array(drift.count), start = 0) {
    this.#floats = floats
    this.#start = start
  }

  point(floats: Float32Array, start: number): void {
    this.#floats = floats
    this.#start = start
  }

  get(index: number): number {
    return this.#floats[this.#start + index] as number
  }

  set(index: number, value: number): void {
    this.#floats[this.#start + index] = value
  }

  add(index: number, value: number): void {
    this.set(index, this.get(index) + value)
  }
}
