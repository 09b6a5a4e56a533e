/**
 * Slow growth. Evidence L is the logarithm of a bet against "nothing has changed": each period multiplies it by the likelihood of
 * what was seen if the rate had grown by ρ = 1.5, over its likelihood if not, and a loser starts again with his stake
 * (CUSUM as an e-detector: Page 1954; Shin, Ramdas, Rinaldo 2022). Under no change it reaches ln A once in A periods at most.
 */

/** The growth that is bet on. */
export const growthRatio = 1.5
/** The spread is taken to be so much larger than measured: the bet must not be won by noise. */
const spreadCaution = 0.8

/**
 * What a period with `y`, where `mu` was to be expected, adds to L: the log-likelihood ratio of negative binomials with size
 * φ' = 0.8·phi and means ρ·mu and mu, y·ln ρ − (y+φ')·ln((φ'+ρ·mu)/(φ'+mu)).
 */
export function evidenceOf(y: number, mu: number, phi: number): number {
  const size = spreadCaution * phi
  return y * Math.log(growthRatio) - (y + size) * Math.log((size + growthRatio * mu) / (size + mu))
}

/** L after one more period; `most` is all that one period may add. */
export function nextEvidence(evidence: number, y: number, mu: number, phi: number, most: number): number {
  return Math.max(evidence, 0) + Math.min(most, evidenceOf(y, mu, phi))
}

/** Standard errors by which a reference is raised: a whole one costs a third of the evidence and spares no false alarm. */
const confidence = 0.5

/**
 * By how much a rate must be raised to be above the true one with some certainty: 1 + ½·√(1/a + 2/(φ·n)), `a` events having
 * been counted in `n` periods. A reference that is too low would be bet against for ever.
 */
export function upperFactor(a: number, phi: number, n: number): number {
  return 1 + confidence * Math.sqrt(1 / Math.max(a, 0.5) + 2 / (phi * Math.max(n, 1)))
}
