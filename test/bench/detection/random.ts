/** The evaluation's own chance, which shares nothing with the simulator or the detectors: the same seed, the same numbers. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform whole number below `limit`. */
  below(limit: number): number
  normal(): number
  /** Log-normal around `median`; `sigma` is the standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number
  /** Gamma with mean 1 and this shape. */
  gamma(shape: number): number
  poisson(mean: number): number
  /** At least 1, and above x with probability x^−index. */
  pareto(index: number): number
}

/** xoshiro128** (Blackman, Vigna 2018), its state filled by splitmix32. */
export function createChance(seed: number): Chance {
  let splitmix = seed >>> 0
  const fill = () => {
    splitmix = (splitmix + 0x9e3779b9) | 0
    let word = splitmix ^ (splitmix >>> 16)
    word = Math.imul(word, 0x21f0aaad)
    word ^= word >>> 15
    word = Math.imul(word, 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
  let [a, b, c, d] = [fill(), fill(), fill(), fill()]

  function next(): number {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result / 0x1_0000_0000
  }

  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

  /** Marsaglia and Tsang 2000; below shape 1 by their boost. */
  function gammaSample(shape: number): number {
    if (shape < 1) return gammaSample(shape + 1) * (1 - next()) ** (1 / shape)
    const base = shape - 1 / 3
    const scale = 1 / Math.sqrt(9 * base)
    for (;;) {
      const x = normal()
      const v = (1 + scale * x) ** 3
      if (v > 0 && Math.log(1 - next()) < 0.5 * x * x + base * (1 - v + Math.log(v))) return base * v
    }
  }

  function poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    let count = 0
    for (let product = next(), limit = Math.exp(-mean); product > limit; product *= next()) count++
    return count
  }

  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    gamma: (shape) => gammaSample(shape) / shape,
    poisson,
    pareto: (index) => (1 - next()) ** (-1 / index),
  }
}
