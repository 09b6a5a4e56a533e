/**
 * What improbable really means in a group. A model's tail is never quite the one of the world: here the scores s = −log10 p of
 * all windows are counted, and how far they go beyond their 99.7 % point is what a probability far out is read from (peaks over
 * threshold: Siffer et al., KDD 2017). The generalised Pareto distribution of the excesses goes through two points of what was
 * counted, so that a few windows without any measure, as attacks are, do not make its scale larger; by moments it gets its shape.
 */

/** Share of the scores that lies above the threshold, and the part of these beyond the second point of the distribution. */
const aboveShare = 0.003
const farPart = 0.15
/** Heavier tails are extrapolated with this shape: the few windows that speak for more may be attacks. */
const largestShape = 0.25
/** Moments find a shape too small: what is largest has mostly not been seen yet. They are believed so many times. */
const shapeGain = 1.5
/** For the shape excesses are capped at so many times the far point's. */
const cap = 10
/** The far point lies at least so far beyond the threshold. */
const leastExcess = 0.05

/** Scores are counted in bins, from this one on: nothing below is ever looked at closely. Each bin ends `growth` times as high. */
const leastScore = 2
const growth = 1.08
const bins = 60
/** Where the bins begin; the last number is where the last one ends, though it holds all that is larger. */
const edges = Float64Array.from({ length: bins + 1 }, (_, i) => leastScore * growth ** i)

/** An untouched tail has seen so many windows, whose excesses have this mean. An exact model would have 1/ln 10 = 0.43. */
const prior = { windows: 20_000, mean: 0.6 } as const
const firstThreshold = -Math.log10(aboveShare)
const priorShares = edges.map((score) => aboveShare * Math.exp((firstThreshold - score) / prior.mean))

/** Positions of a calibrator's numbers in the array that holds them. All zero is a calibrator that has seen nothing. */
export const tail = { windows: 0, bins: 1, count: 1 + bins } as const

/** The tail above u: P(s' ≥ s) = pi·(1 + xi·(s−u)/sigma)^(−1/xi). */
export type Tail = { readonly u: number; readonly pi: number; readonly xi: number; readonly sigma: number }

/** Counts so many windows that were looked at. What is surprising in them is counted by {@link noteScore}, sooner or later. */
export function noteWindows(numbers: Float64Array, at: number, windows: number): void {
  add(numbers, at + tail.windows, windows)
}

/** Counts the score of a window. */
export function noteScore(numbers: Float64Array, at: number, score: number): void {
  if (score < leastScore) return
  const bin = Math.floor(Math.log(score / leastScore) / Math.log(growth))
  add(numbers, at + tail.bins + Math.min(bin, bins - 1), 1)
}

/** Forgets: `kept` is what is left of what was seen. */
export function fadeTail(numbers: Float64Array, at: number, kept: number): void {
  for (let index = at; index < at + tail.count; index++) numbers[index] = read(numbers, index) * kept
}

/** The tail as it is known now. */
export function tailOf(numbers: Float64Array, at: number): Tail {
  const shares = sharesAbove(numbers, at)
  const pi = Math.min(aboveShare, read(shares, 0))
  const u = scoreAt(shares, pi)
  const far = Math.max(leastExcess, scoreAt(shares, farPart * pi) - u)
  const xi = shapeOf(shares, { u, pi }, cap * far)
  const sigma = xi < 1e-6 ? -far / Math.log(farPart) : (far * xi) / (farPart ** -xi - 1)
  return { u, pi, xi, sigma }
}

/**
 * log10 of the calibrated probability. Beyond the threshold it is what was counted that decides, and may be more or less than the
 * model says; up to it nothing is known of the tail, and it is the model's, but not below that of the threshold.
 */
export function calibrate(log10p: number, { u, pi, xi, sigma }: Tail): number {
  const excess = -log10p - u
  if (excess <= 0) return Math.max(log10p, Math.log10(pi))
  const scaled = excess / sigma
  const decline = xi < 1e-6 ? scaled : Math.log1p(xi * scaled) / xi
  return Math.log10(pi) - decline / Math.LN10
}

/** The share of all windows, those of the prior among them, with a score from each edge on. */
function sharesAbove(numbers: Float64Array, at: number): Float64Array {
  const shares = new Float64Array(bins + 1)
  const windows = read(numbers, at + tail.windows) + prior.windows
  let above = 0
  for (let i = bins; i >= 0; i--) {
    if (i < bins) above += read(numbers, at + tail.bins + i)
    shares[i] = (above + prior.windows * read(priorShares, i)) / windows
  }
  return shares
}

/** The score that this share of the windows reaches; between two edges the share falls exponentially. */
function scoreAt(shares: Float64Array, share: number): number {
  let i = 0
  while (i < bins - 1 && read(shares, i + 1) > share) i++
  const [from, to] = [Math.log(read(shares, i)), Math.log(read(shares, i + 1))]
  const part = Math.min(1, Math.max(0, (from - Math.log(share)) / (from - to)))
  return read(edges, i) + part * (read(edges, i + 1) - read(edges, i))
}

/** ξ = 1.5·½(1 − m²/(m2−m²)) of the excesses over `u`, which a share of `pi` has, the larger ones counted as `most`; within [0, 0.25]. */
function shapeOf(shares: Float64Array, { u, pi }: Pick<Tail, 'u' | 'pi'>, most: number): number {
  let [mean, square] = [0, 0]
  for (let i = 0; i < bins; i++) {
    const end = read(edges, i + 1)
    if (end <= u) continue
    const start = Math.max(read(edges, i), u)
    const weight = (Math.min(pi, read(shares, i)) - read(shares, i + 1)) / pi
    const excess = Math.min(most, (start + end) / 2 - u)
    mean += weight * excess
    square += weight * excess ** 2
  }
  const variance = Math.max(square - mean ** 2, 1e-12)
  return Math.min(largestShape, Math.max(0, (shapeGain / 2) * (1 - mean ** 2 / variance)))
}

function read(numbers: ArrayLike<number>, index: number): number {
  return numbers[index] as number
}

function add(numbers: Float64Array, index: number, amount: number): void {
  numbers[index] = read(numbers, index) + amount
}
