import { hour } from '../../duration.ts'
import type { ZoneOffset } from './zone-offset.ts'

export const hoursPerWeek = 168
/** No hour is expected to be quieter than this share of the mean. */
export const leastFactor = 0.005

/** Index 0–167 of the local hour of the week; the week starts where the epoch did, on a Thursday at midnight. */
export function hourOfWeek(time: number, offset: ZoneOffset): number {
  return weekHour(Math.floor((time + offset(time)) / hour))
}

/**
 * What a weekly profile of factors adds up to over any span of time, in constant time: prefix sums over the week, and for
 * decayed sums the steady state of the decaying integral at each full hour, from which any span follows by subtraction.
 * Everything is in hours of exposure: an hour with factor 2 counts two. Where the clock is changed, a decayed sum may be off
 * by that hour; a plain one never is.
 */
export class Season {
  readonly factors: Float64Array
  readonly #prefix = new Float64Array(hoursPerWeek + 1)
  readonly #rate: number
  readonly #decayed: Float64Array
  readonly #decayedSquares: Float64Array

  /** `halfLife` in ms. */
  constructor(factors: Float64Array, halfLife: number) {
    this.factors = factors
    this.#rate = (Math.LN2 * hour) / halfLife
    for (let h = 0; h < hoursPerWeek; h++) this.#prefix[h + 1] = at(this.#prefix, h) + at(factors, h)
    this.#decayed = steadyState(factors, this.#rate)
    this.#decayedSquares = steadyState(
      factors.map((factor) => factor * factor),
      this.#rate,
    )
  }

  /** The sum of the factors. */
  get weekTotal(): number {
    return at(this.#prefix, hoursPerWeek)
  }

  /** The factor of the local hour in which `time` lies. */
  factorAt(time: number, offset: ZoneOffset): number {
    return at(this.factors, hourOfWeek(time, offset))
  }

  /** Hours of exposure in [from, to). */
  exposure(from: number, to: number, offset: ZoneOffset): number {
    const before = offset(from)
    const after = offset(to)
    if (before === after) return this.#upTo(to + after) - this.#upTo(from + before)
    let sum = 0
    for (let start = from; start < to; ) {
      const end = Math.min(to, (Math.floor(start / quarter) + 1) * quarter)
      sum += ((end - start) / hour) * this.factorAt(start, offset)
      start = end
    }
    return sum
  }

  /** Hours of exposure in [from, to), each weighted by 2^(−age/half-life), its age being counted back from `to`. */
  decayedExposure(from: number, to: number, offset: ZoneOffset): number {
    return this.#decayedSpan(from + offset(from), to + offset(to), this.#decayed, 1)
  }

  /** The same for the squared factors. */
  decayedSquares(from: number, to: number, offset: ZoneOffset): number {
    return this.#decayedSpan(from + offset(from), to + offset(to), this.#decayedSquares, 2)
  }

  #upTo(local: number): number {
    const hours = local / hour
    const whole = Math.floor(hours)
    const week = Math.floor(whole / hoursPerWeek)
    const h = weekHour(whole)
    return week * at(this.#prefix, hoursPerWeek) + at(this.#prefix, h) + (hours - whole) * at(this.factors, h)
  }

  #decayedSpan(start: number, end: number, steady: Float64Array, power: number): number {
    const left = Math.exp((-this.#rate * (end - start)) / hour)
    return Math.max(0, this.#steadyAt(end, steady, power) - left * this.#steadyAt(start, steady, power))
  }

  #steadyAt(local: number, steady: Float64Array, power: number): number {
    const hours = local / hour
    const whole = Math.floor(hours)
    const h = weekHour(whole)
    const kept = Math.exp(-this.#rate * (hours - whole))
    return at(steady, h) * kept + (at(this.factors, h) ** power * (1 - kept)) / this.#rate
  }
}

const quarter = 900_000

/** D[h] = ∫ f(t)·e^(−rate·age) dt over all the past of full hour h, for f repeating every week. */
function steadyState(factors: Float64Array, rate: number): Float64Array {
  const kept = Math.exp(-rate)
  const gain = (1 - kept) / rate
  let sum = 0
  for (let h = 0; h < hoursPerWeek; h++) sum = sum * kept + at(factors, h) * gain
  const result = new Float64Array(hoursPerWeek)
  result[0] = sum / (1 - kept ** hoursPerWeek)
  for (let h = 1; h < hoursPerWeek; h++) result[h] = at(result, h - 1) * kept + at(factors, h - 1) * gain
  return result
}

function weekHour(wholeHours: number): number {
  const h = wholeHours % hoursPerWeek
  return h < 0 ? h + hoursPerWeek : h
}

function at(values: Float64Array, index: number): number {
  return values[index] as number
}
