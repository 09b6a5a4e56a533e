/** A seeded source of chance: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform whole number in [0, limit). */
  integer(limit: number): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** Index drawn with probability proportional to the weights. */
  weighted(weights: readonly number[]): number
  /** Standard normal. */
  normal(): number
  /** Log-normal with the given median; `sigma` is the standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number
  poisson(mean: number): number
  /** Lower-case UUID in the form of version 4. */
  uuid(): string
  /** Sixteen characters of the base-64 alphabet, as Salesforce's LoginKey and SessionKey. */
  key(): string
  /** An independent stream for a named purpose, so that one consumer's use never shifts another's. */
  fork(name: string): Random
}

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** sfc32 (Chris Doty-Humphrey's small fast counter), seeded by an FNV-1a hash of the seed text. */
export function createRandom(seed: string): Random {
  let a = hash(seed, 0x811c9dc5)
  let b = hash(seed, 0x01000193)
  let c = hash(seed, 0x9e3779b9)
  let counter = 1
  for (let round = 0; round < 12; round++) bits()

  function bits(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }

  const next = () => bits() / 0x1_0000_0000
  const integer = (limit: number) => Math.floor(next() * limit)

  function normal(): number {
    return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  }

  function poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = next(); product > limit; product *= next()) count++
    return count
  }

  return {
    next,
    integer,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (list) => {
      const item = list[integer(list.length)]
      if (item === undefined) throw new RangeError('cannot pick from an empty list')
      return item
    },
    weighted: (weights) => {
      let rest = next() * weights.reduce((sum, weight) => sum + weight, 0)
      const index = weights.findIndex((weight) => {
        rest -= weight
        return rest < 0
      })
      return index < 0 ? weights.length - 1 : index
    },
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    poisson,
    uuid: () => toUuid(bits(), bits(), bits(), bits()),
    key: () => {
      let text = ''
      for (let group = 0; group < 4; group++) {
        const word = bits()
        for (let shift = 0; shift < 24; shift += 6) text += base64[(word >>> shift) & 63]
      }
      return text
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  }
}

/** Positive weights with mean 1, a few of them large. */
export function heavyTail(random: Random, count: number, sigma: number): readonly number[] {
  const raw = Array.from({ length: count }, () => random.logNormal(1, sigma))
  const mean = raw.reduce((sum, value) => sum + value, 0) / count
  return raw.map((value) => value / mean)
}

function hash(text: string, start: number): number {
  let state = start
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  return state ^ (state >>> 15)
}

function hex(word: number): string {
  return `${hexBytes[word >>> 24]}${hexBytes[(word >>> 16) & 255]}${hexBytes[(word >>> 8) & 255]}${hexBytes[word & 255]}`
}

function toUuid(a: number, b: number, c: number, d: number): string {
  const middle = hex((b & 0xffff0fff) | 0x4000)
  const variant = hex((c & 0x3fffffff) | 0x80000000)
  return `${hex(a)}-${middle.slice(0, 4)}-${middle.slice(4)}-${variant.slice(0, 4)}-${variant.slice(4)}${hex(d)}`
}
