import { gammaln } from 'simple-statistics'

/**
 * log10 P(X ≥ y) of a negative binomial X with mean `mu` and size `r` (variance mu + mu²/r): the regularised incomplete
 * beta function I_q(y, r), q = mu/(mu+r), in logarithms, so that it stays exact where a double has long been 0.
 * `r` = Infinity is the Poisson distribution. 0 for y ≤ 0; −Infinity for mu = 0 < y.
 */
export function log10NegativeBinomialTail(y: number, mu: number, r: number): number {
  if (y <= 0) return 0
  if (mu <= 0) return Number.NEGATIVE_INFINITY
  if (r === Number.POSITIVE_INFINITY) return log10PoissonTail(y, mu)
  return logIncompleteBeta(mu / (mu + r), r / (mu + r), y, r) / Math.LN10
}

/**
 * log10 P(X ≤ y) of the same: how little may come by chance. Of the Poisson distribution it is not known here, so `r` must be
 * finite; −Infinity below 0.
 */
export function log10NegativeBinomialLowerTail(y: number, mu: number, r: number): number {
  if (y < 0) return Number.NEGATIVE_INFINITY
  if (mu <= 0) return 0
  return logIncompleteBeta(r / (mu + r), mu / (mu + r), r, Math.floor(y) + 1) / Math.LN10
}

/** log10 of what has one probability in the part `share` of all cases and another one in the others, from both their log10. */
export function log10Mixture(share: number, one: number, other: number): number {
  const terms = [Math.log10(share) + one, Math.log10(1 - share) + other] as const
  const larger = Math.max(...terms)
  return larger === Number.NEGATIVE_INFINITY
    ? larger
    : larger + Math.log10(1 + 10 ** (Math.min(...terms) - larger))
}

/** log10 P(X ≥ y) of a Poisson X with mean `mu`: first term of the tail times the series of the ratios that follow it. */
export function log10PoissonTail(y: number, mu: number): number {
  if (y <= 0) return 0
  if (mu <= 0) return Number.NEGATIVE_INFINITY
  let term = 1
  let sum = 1
  for (let j = y + 1; term > 1e-16 * sum; j++) {
    term *= mu / j
    sum += term
  }
  return Math.min(0, (y * Math.log(mu) - mu - gammaln(y + 1) + Math.log(sum)) / Math.LN10)
}

/** log10 P(T > t) of Student's t with `df` degrees of freedom: half of I_x(df/2, 1/2) at x = df/(df+t²), for t ≥ 0. */
export function log10StudentTail(t: number, df: number): number {
  if (t < 0) return Math.log1p(-(10 ** log10StudentTail(-t, df))) / Math.LN10
  const square = t * t
  return (logIncompleteBeta(df / (df + square), square / (df + square), df / 2, 0.5) - Math.LN2) / Math.LN10
}

/** The smallest integer k with P(X ≤ k) ≥ p, X negative binomial with mean `mu` and size `r`. */
export function negativeBinomialQuantile(p: number, mu: number, r: number): number {
  const reached = (k: number) => 10 ** log10NegativeBinomialTail(k + 1, mu, r) <= 1 - p
  let high = Math.max(1, Math.ceil(mu))
  while (!reached(high)) high *= 2
  let low = -1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (reached(middle)) high = middle
    else low = middle
  }
  return high
}

/** t with P(T ≤ t) = p, T Student's t with `df` degrees of freedom, by bisection to about 1e-12. */
export function studentQuantile(p: number, df: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, df)
  const target = Math.log10(1 - p)
  let high = 1
  while (log10StudentTail(high, df) > target) high *= 2
  let low = 0
  for (let step = 0; step < 60 && high - low > 1e-12 * high; step++) {
    const middle = (low + high) / 2
    if (log10StudentTail(middle, df) > target) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/**
 * ln I_x(a, b), the regularised incomplete beta function; `y` = 1 − x is passed because the subtraction would lose it.
 * Continued fraction of the NIST handbook (DLMF 8.17.22), on whichever side of the mean it converges quickly.
 */
function logIncompleteBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY
  if (y <= 0) return 0
  const front = a * Math.log(x) + b * Math.log(y) + gammaln(a + b) - gammaln(a) - gammaln(b)
  if (x <= (a + 1) / (a + b + 2)) return Math.min(0, front + Math.log(betaFraction(x, a, b) / a))
  return Math.log1p(-Math.min(1, Math.exp(front) * (betaFraction(y, b, a) / b)))
}

/** The continued fraction of I_x(a, b) by Lentz's method; converges in some √max(a, b) steps. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let value = d
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const change = d * c
    value *= change
    if (Math.abs(change - 1) < 1e-15) break
  }
  return value
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
