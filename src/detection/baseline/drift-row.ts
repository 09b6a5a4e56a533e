/** The reference is fed with what was done so many days ago. */
export const lagDays = 14

/**
 * Positions in a row of the model `drift`. Of the reference and of a faster baseline, for days of work and of rest: amounts, their
 * square roots, and the number of days (decayed). The evidence, since when it has grown, what was observed and expected since then,
 * and when it fired; the open day and the next one; a ring with the last days.
 * Days are numbers of local days since the epoch, exact in 24 bits.
 */
export const drift = {
  since: 0,
  today: 1,
  tomorrow: 2,
  workAmount: 3,
  workRoots: 4,
  workDays: 5,
  restAmount: 6,
  restRoots: 7,
  restDays: 8,
  fastWorkAmount: 9,
  fastWorkRoots: 10,
  fastWorkDays: 11,
  fastRestAmount: 12,
  fastRestRoots: 13,
  fastRestDays: 14,
  evidence: 15,
  start: 16,
  observed: 17,
  expected: 18,
  alerted: 19,
  lastDay: 20,
  peers: 21,
  ring: 22,
  count: 22 + lagDays,
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
