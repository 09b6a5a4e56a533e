import { gammaln } from 'simple-statistics'

/**
 * Hits among trials: the share of hits of an entity is beta distributed around what is usual for it and its peers, so that
 * what it scores in a window with `n` trials is beta-binomial.
 */

/** Beta distribution of a share: mean alpha / (alpha + beta), the more certain the larger their sum. */
export type Beta = { readonly alpha: number; readonly beta: number }

/** Of a group about which nothing is known: one hit in four, worth two trials. */
export const vagueBeta: Beta = { alpha: 0.5, beta: 1.5 }
/** alpha + beta of a prior: less says nothing, more would leave an entity no character of its own. */
const strengthRange = { least: 0.5, most: 500 }

/**
 * log10 P(X ≥ y) of a beta-binomial X with `n` trials: the first term C(n,y)·B(y+α, n−y+β)/B(α,β) in logarithms times
 * the series of the ratios (n−k)(k+α) / ((k+1)(n−k−1+β)) that follow it. 0 for y ≤ 0, −Infinity for y > n.
 */
export function log10BetaBinomialTail(y: number, n: number, { alpha, beta }: Beta): number {
  if (y <= 0) return 0
  if (y > n) return Number.NEGATIVE_INFINITY
  let term = 1
  let sum = 1
  for (let k = y; k < n; k++) {
    const ratio = ((n - k) * (k + alpha)) / ((k + 1) * (n - k - 1 + beta))
    term *= ratio
    sum += term
    // Only with β < 1 can terms grow again behind the mode.
    if (beta >= 1 && ratio < 1 && term < 1e-17 * sum) break
  }
  return Math.min(0, (logProbability(y, n, alpha, beta) + Math.log(sum)) / Math.LN10)
}

/** The smallest integer k with P(X ≤ k) ≥ p. */
export function betaBinomialQuantile(p: number, n: number, share: Beta): number {
  let low = -1
  let high = n
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (10 ** log10BetaBinomialTail(middle + 1, n, share) <= 1 - p) high = middle
    else low = middle
  }
  return high
}

/**
 * Sums over the entities of a group, entity i having scored k of n: number of entities, Σn, Σn², Σk and Σk²/n. Enough for the
 * moments, and an entity can be taken out again.
 */
export type ShareSums = {
  readonly entities: number
  readonly trials: number
  readonly squaredTrials: number
  readonly hits: number
  readonly squaredHits: number
}

/**
 * The prior by moments (Kleinman 1973, weights n): with m = Σk/Σn and S = Σ n(k/n − m)², the share of variance that lies
 * between entities is τ = (S/(m(1−m)) − (N−1)) / (Σn − Σn²/Σn − (N−1)), and α + β = 1/τ − 1. Vague for less than five
 * entities, whose mean alone is used.
 */
export function betaPriorByMoments(sums: ShareSums): Beta {
  const { entities, trials, squaredTrials, hits, squaredHits } = sums
  const mean =
    (Math.max(hits, 0) + vagueBeta.alpha) / (Math.max(trials, 0) + vagueBeta.alpha + vagueBeta.beta)
  const vague = vagueBeta.alpha + vagueBeta.beta
  if (entities < 5 || trials <= 0) return { alpha: mean * vague, beta: (1 - mean) * vague }
  const scatter = (squaredHits - hits ** 2 / trials) / (mean * (1 - mean))
  const between = scatter - (entities - 1)
  const tau = between / Math.max(trials - squaredTrials / trials - (entities - 1), 1e-9)
  const strength = tau > 0 ? 1 / tau - 1 : strengthRange.most
  const total = Math.min(strengthRange.most, Math.max(strengthRange.least, strength))
  return { alpha: mean * total, beta: (1 - mean) * total }
}

/**
 * What is to be expected of the next window: the posterior of the share, made wider by the entity's own unrest. `unrest` is the
 * correlation of two trials within a window (0: the share never changes). 1/(α+β+1) is such a correlation as well, and the
 * two add up to that of the predictive distribution.
 */
export function predictiveBeta({ alpha, beta }: Beta, unrest: number): Beta {
  const mean = alpha / (alpha + beta)
  const correlation = Math.min(0.9, unrest + 1 / (alpha + beta + 1))
  const strength = 1 / correlation - 1
  return { alpha: mean * strength, beta: (1 - mean) * strength }
}

function logProbability(y: number, n: number, alpha: number, beta: number): number {
  const choose = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
  return choose + logBeta(y + alpha, n - y + beta) - logBeta(alpha, beta)
}

function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b)
}
