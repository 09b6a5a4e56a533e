/** The reference is fed with what was done so many days ago. */
export const lagDays = 14

/**
 * Positions in a row of the model `drift`. Of the reference and of a faster baseline, for days of work and of rest: amounts, their
 * square roots, the number of days on which anything was done, other work, and the number of all days (decayed). The evidence, since
 * when it has grown, what was observed and expected since then, of other work too, on how many of the days of work it grew, and when it fired; the open day and the next one;
 * rings with the last days.
 * Days are numbers of local days since the epoch, exact in 24 bits.
 */
export const drift = {
  since: 0,
  today: 1,
  tomorrow: 2,
  otherToday: 3,
  otherTomorrow: 4,
  workAmount: 5,
  workRoots: 6,
  workActive: 7,
  workOther: 8,
  workDays: 9,
  restAmount: 10,
  restRoots: 11,
  restActive: 12,
  restOther: 13,
  restDays: 14,
  fastWorkAmount: 15,
  fastWorkRoots: 16,
  fastWorkActive: 17,
  fastWorkOther: 18,
  fastWorkDays: 19,
  fastRestAmount: 20,
  fastRestRoots: 21,
  fastRestActive: 22,
  fastRestOther: 23,
  fastRestDays: 24,
  evidence: 25,
  start: 26,
  observed: 27,
  expected: 28,
  otherObserved: 29,
  otherExpected: 30,
  workedDays: 31,
  grownDays: 32,
  alerted: 33,
  lastDay: 34,
  peers: 35,
  ring: 36,
  otherRing: 36 + lagDays,
  count: 36 + 2 * lagDays,
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
