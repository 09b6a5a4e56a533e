/** The reference is fed with what was done so many days ago. */
export const lagDays = 14

/**
 * Positions in a row of the model `drift`. Of the reference and of a faster baseline, for days of work and of rest: amounts, their
 * square roots, the number of days on which anything was done, and of all days (decayed). The evidence, since when it has grown, what was observed and expected since then,
 * and when it fired; the open day and the next one; a ring with the last days.
 * Days are numbers of local days since the epoch, exact in 24 bits.
 */
export const drift = {
  since: 0,
  today: 1,
  tomorrow: 2,
  workAmount: 3,
  workRoots: 4,
  workActive: 5,
  workDays: 6,
  restAmount: 7,
  restRoots: 8,
  restActive: 9,
  restDays: 10,
  fastWorkAmount: 11,
  fastWorkRoots: 12,
  fastWorkActive: 13,
  fastWorkDays: 14,
  fastRestAmount: 15,
  fastRestRoots: 16,
  fastRestActive: 17,
  fastRestDays: 18,
  evidence: 19,
  start: 20,
  observed: 21,
  expected: 22,
  alerted: 23,
  lastDay: 24,
  peers: 25,
  ring: 26,
  count: 26 + lagDays,
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
