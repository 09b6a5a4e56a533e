/**
 * Counts of an entity: its rate λ has a gamma posterior whose prior are its peers; what it counts in a window with
 * exposure x is negative binomial around x·λ, wider by the entity's own burstiness. The exposure of a window is what the
 * whole group counts in such a window at that hour of the week, so λ is the entity's share of its group.
 */

/** Gamma prior of the rates of a peer group: shape `a0`, rate `b0`. */
export type GammaPrior = { readonly a0: number; readonly b0: number }

/** Shape of the prior where there are too few peers to tell how they differ. */
const vagueShape = 0.5

/** Rates that a prior needs at least. */
const enoughRates = 5
const shapeRange = { least: 0.2, most: 50 }

/** A sample of rates: `weights[i]` entities have about the rate `rates[i]`; rates ascend. */
export type RateSample = { readonly rates: ArrayLike<number>; readonly weights: ArrayLike<number> }

/**
 * The prior with the sample's mean m and variance v: b0 = m/v, a0 = m·b0, without the top 1 % of the rates. With less than
 * five rates it is a vague one around `fallback`.
 */
export function priorByMoments({ rates, weights }: RateSample, fallback: number): GammaPrior {
  let total = 0
  for (let i = 0; i < rates.length; i++) total += weights[i] ?? 0
  if (total < enoughRates) return { a0: vagueShape, b0: vagueShape / fallback }
  let left = total - Math.floor(total * 0.01)
  let used = 0
  let mean = 0
  let squares = 0
  for (let i = 0; i < rates.length && left > 0; i++) {
    const weight = Math.min(left, weights[i] ?? 0)
    const rate = rates[i] ?? 0
    left -= weight
    used += weight
    mean += weight * rate
    squares += weight * rate * rate
  }
  mean = Math.max(mean / used, 1e-12)
  const variance = Math.max(squares / used - mean * mean, 1e-24)
  const a0 = Math.min(shapeRange.most, Math.max(shapeRange.least, (mean * mean) / variance))
  return { a0, b0: a0 / mean }
}

/**
 * Spread 1/φ of an entity's windows beyond Poisson, from the decayed sums v = Σ(y−μ)²−μ and w = Σμ². Shrunk to the group
 * with the weight of 20 windows. It is the spread that is averaged, not φ: a short calm stretch then cannot make an
 * entity look regular. `windows` is the decayed number of windows seen.
 */
export function shrunkSpread(v: number, w: number, windows: number, groupSpread: number): number {
  const information = Math.min(w, windows)
  return (20 * groupSpread + information * clippedSpread(v, w)) / (20 + information)
}

/** v/w within [0.02, 20], as it enters the group's mean. */
export function clippedSpread(v: number, w: number): number {
  return Math.min(20, Math.max(0.02, v / Math.max(w, 1e-12)))
}

/**
 * What a window in which `mean` is expected weighs as evidence of the rate, against one that is Poisson: the ratio of the
 * variances, m / (m + m²·spread) (Bühlmann and Straub's credibility). Three days of holiday are three windows without anything,
 * and no proof of a rate near zero where days differ a lot anyway.
 */
export function credibility(mean: number, spread: number): number {
  return 1 / (1 + mean * spread)
}

/** Size r of the predictive negative binomial: burstiness `phi` and the uncertainty about λ (posterior shape `a`) together. */
export function predictiveSize(phi: number, a: number): number {
  return 1 / (1 / phi + 1 / a + 1 / (a * phi))
}

/** The most that one window teaches: ⌈μ + 6·√(μ + μ²/r) + 3⌉. */
export function winsorCap(mu: number, r: number): number {
  return Math.ceil(mu + 6 * Math.sqrt(mu + (mu * mu) / r) + 3)
}
