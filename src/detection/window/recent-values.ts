/** Values beyond this number make the least recently seen ones forgotten: a distinct count is then a lower bound. */
export const maxValues = 4096

/**
 * The distinct values of one entity, as hashes with the time at which each was last seen, oldest first. How many of them lie in a
 * pane is counted elsewhere, so that many values make no event dearer.
 */
export class RecentValues {
  readonly #lastSeen = new Map<number, number>()

  /** Notes a value. Answers when it had been seen last, −Infinity for never. */
  see(value: number, time: number): number {
    const before = this.#lastSeen.get(value)
    if (before !== undefined) this.#lastSeen.delete(value)
    this.#lastSeen.set(value, Math.max(time, before ?? time))
    return before ?? Number.NEGATIVE_INFINITY
  }

  /** Forgets the value seen longest ago if there is one too many. Answers when that had been seen last, −Infinity for none. */
  forgetOne(): number {
    if (this.#lastSeen.size <= maxValues) return Number.NEGATIVE_INFINITY
    const [[oldest, seen] = [0, 0]] = this.#lastSeen
    this.#lastSeen.delete(oldest)
    return seen
  }

  /** Forgets what was last seen before `time`. */
  expire(time: number): void {
    for (const [value, seen] of this.#lastSeen) {
      if (seen >= time) return
      this.#lastSeen.delete(value)
    }
  }

  /** When each was last seen. */
  times(): Iterable<number> {
    return this.#lastSeen.values()
  }

  get size(): number {
    return this.#lastSeen.size
  }

  /** Hash and time, hash and time …, as {@link RecentValues.from} reads them. */
  toNumbers(): Float64Array {
    return Float64Array.from([...this.#lastSeen].flat())
  }

  static from(numbers: Float64Array): RecentValues {
    const values = new RecentValues()
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      values.#lastSeen.set(numbers[i] as number, numbers[i + 1] as number)
    }
    return values
  }
}

/** 53-bit hash of a text: two 32-bit multiplicative hashes side by side. Never for anything an attacker must not collide. */
export function hashText(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 0x9e3779b1)
    b = Math.imul(b ^ code, 0x5f356495)
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35)
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b & 0x1fffff) * 0x100000000 + (a >>> 0)
}
