/**
 * What improbable really means in a group. A model's tail is never quite the one of the world: here the scores s = −log10 p of
 * all windows are watched, and how far they go beyond their 99.7 % point is what a probability far out is read from (peaks
 * over threshold: Siffer et al., KDD 2017; the generalised Pareto distribution of the excesses by moments).
 */

/** Share of the scores that lies above the threshold. */
const aboveShare = 0.003
/** Prior of an untouched tail: so many excesses of this mean, exponential. The model itself would have 1/ln 10 = 0.43. */
const prior = { excesses: 50, mean: 0.6, windows: 2000 } as const
/** Excesses are capped at so many means. */
const cap = 30
const largestShape = 0.5
/** The running threshold moves by this part of the mean excess, more while there are few excesses. */
const leastStep = 0.02

/** Positions of a calibrator's numbers in the array that holds them. All zero is a calibrator that has seen nothing. */
export const tail = { moved: 0, windows: 1, above: 2, sum: 3, squares: 4, count: 5 } as const

/** The tail above u: P(s' ≥ s) = pi·(1 + xi·(s−u)/sigma)^(−1/xi). */
export type Tail = { readonly u: number; readonly pi: number; readonly xi: number; readonly sigma: number }

/** Takes the scores of `windows` windows into account of which one has `score` and the others 0. */
export function noteScore(numbers: Float64Array, at: number, score: number, windows = 1): void {
  const { u } = tailOf(numbers, at)
  const mean = meanExcess(numbers, at)
  add(numbers, at + tail.windows, windows)
  const step = mean * Math.max(leastStep, 1 / (10 + read(numbers, at + tail.above)))
  add(numbers, at + tail.moved, -step * aboveShare * (score > u ? windows - 1 : windows))
  if (score > u) {
    const excess = Math.min(score - u, cap * mean)
    add(numbers, at + tail.moved, step * (1 - aboveShare))
    add(numbers, at + tail.above, 1)
    add(numbers, at + tail.sum, excess)
    add(numbers, at + tail.squares, excess ** 2)
  }
  // However long nothing happens, what is improbable by the model's own account is not brought below one in ten.
  numbers[at + tail.moved] = Math.max(leastThreshold - firstThreshold, read(numbers, at + tail.moved))
}

/** Forgets: `kept` is what is left of what was seen. */
export function fadeTail(numbers: Float64Array, at: number, kept: number): void {
  for (const index of [tail.windows, tail.above, tail.sum, tail.squares])
    numbers[at + index] = read(numbers, at + index) * kept
}

/** The tail as it is known now: ξ = ½(1 − m²/(m2−m²)) within [0, 0.5], σ = m(1−ξ). */
export function tailOf(numbers: Float64Array, at: number): Tail {
  const count = read(numbers, at + tail.above) + prior.excesses
  const mean = meanExcess(numbers, at)
  const second = (read(numbers, at + tail.squares) + prior.excesses * 2 * prior.mean ** 2) / count
  const variance = Math.max(second - mean ** 2, 1e-12)
  const xi = Math.min(largestShape, Math.max(0, 0.5 * (1 - mean ** 2 / variance)))
  const pi =
    (read(numbers, at + tail.above) + prior.windows * aboveShare) /
    (read(numbers, at + tail.windows) + prior.windows)
  return { u: firstThreshold + read(numbers, at + tail.moved), pi, xi, sigma: mean * (1 - xi) }
}

/**
 * log10 of the calibrated probability: never smaller than the model's, which only is weakened; not above that of the threshold,
 * below which nothing is known of the tail.
 */
export function calibrate(log10p: number, { u, pi, xi, sigma }: Tail): number {
  const excess = Math.max(0, -log10p - u)
  const scaled = excess / sigma
  const decline = xi < 1e-6 ? scaled : Math.log1p(xi * scaled) / xi
  return Math.max(log10p, Math.log10(pi) - decline / Math.LN10)
}

/** What a calibrator starts with: the 99.7 % point of an exact model. */
const firstThreshold = -Math.log10(aboveShare)
const leastThreshold = 1

function meanExcess(numbers: Float64Array, at: number): number {
  return (
    (read(numbers, at + tail.sum) + prior.excesses * prior.mean) /
    (read(numbers, at + tail.above) + prior.excesses)
  )
}

function read(numbers: Float64Array, index: number): number {
  return numbers[index] as number
}

function add(numbers: Float64Array, index: number, amount: number): void {
  numbers[index] = read(numbers, index) + amount
}
