/**
 * Slow growth. Evidence L is the logarithm of a bet against "nothing has changed": each period multiplies it by the likelihood of
 * what was seen if the mean had grown by ρ, over its likelihood if not, and a loser starts again with his stake
 * (CUSUM as an e-detector: Page 1954; Shin, Ramdas, Rinaldo 2022). Under no change it reaches ln A once in A periods at most.
 */

/** The growth that is bet on: that of the square root of an amount which doubles. */
export const growthRatio = Math.SQRT2

/**
 * What a period with `root`, where `mu` was to be expected, adds to L: the log-likelihood ratio of gamma distributions with shape
 * phi and means ρ·mu and mu, phi·((1 − 1/ρ)·root/mu − ln ρ).
 */
export function evidenceOf(root: number, mu: number, phi: number): number {
  return phi * ((1 - 1 / growthRatio) * (root / mu) - Math.log(growthRatio))
}

/** What a bet of only `stake` (0 to 1) of the evidence makes of `gain`: ln(1 − stake + stake·e^gain), at least ln(1 − stake). */
export function staked(gain: number, stake: number): number {
  if (gain > 0) return gain + Math.log(stake + (1 - stake) * Math.exp(-gain))
  return Math.log(1 - stake + stake * Math.exp(gain))
}

/** L after one more period that adds `gain`; `most` is all that one period may add. */
export function nextEvidence(evidence: number, gain: number, most: number): number {
  return Math.max(evidence, 0) + Math.min(most, gain)
}

/** Standard errors by which a reference is raised: with a whole one a growth of five per cent a day is found too late. */
const confidence = 0.3

/**
 * By how much a mean must be raised to be above the true one with some certainty: 1 + 0.3·√(1/(φ·n)), from `n` periods. A reference
 * that is too low would be bet against for ever.
 */
export function upperFactor(phi: number, n: number): number {
  return 1 + confidence * Math.sqrt(1 / (phi * Math.max(n, 1)))
}
