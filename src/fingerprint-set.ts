/** How many fingerprints one chunk holds at most. Only the last chunk of a set still changes. */
export const chunkSize = 2048

const smallestChunk = 32
const smallestTable = 64

/** Fingerprints in the order in which they came, two words each. */
export type Chunk = {
  count: number
  words: Uint32Array
}

export function createChunk(): Chunk {
  return { count: 0, words: new Uint32Array(2 * smallestChunk) }
}

/**
 * A set of 64-bit fingerprints: chunks hold them in order of arrival, an open-addressing table (linear probing, at most
 * three quarters full) holds their numbers plus one. Where a number leaves bits free, there stand the fingerprint's own, so that
 * hardly any other one is looked at on the way. Takes 13 to 19 bytes an entry once it has some thousand.
 */
export class FingerprintSet {
  readonly chunks: Chunk[] = []
  #size = 0
  #table = new Uint32Array(smallestTable)

  get size(): number {
    return this.#size
  }

  /** Adds a fingerprint; false when it was there already. */
  add(low: number, high: number): boolean {
    const slot = this.#find(low, high)
    if (this.#table[slot] !== 0) return false
    this.#append(low, high)
    this.#size += 1
    this.#table[slot] = this.#entryOf(low, this.#size)
    if (this.#size > this.#table.length * 0.75) this.#resize(this.#table.length * 2)
    return true
  }

  has(low: number, high: number): boolean {
    return this.#at(this.#find(low, high)) !== 0
  }

  /** Takes over stored chunks, in order; all but the last are full. The set must be empty. */
  restore(chunks: readonly Chunk[]): void {
    this.chunks.push(...chunks)
    this.#size = chunks.reduce((sum, { count }) => sum + count, 0)
    let length = smallestTable
    while (this.#size > length * 0.75) length *= 2
    this.#resize(length)
  }

  /** The slot that holds the fingerprint, or the empty one where it belongs. */
  #find(low: number, high: number): number {
    const mask = this.#table.length - 1
    let slot = low & mask
    for (let entry = this.#at(slot); entry !== 0; entry = this.#at(slot)) {
      if (((entry ^ low) & ~mask) === 0) {
        const index = (entry & mask) - 1
        if (this.#word(index, 0) === low && this.#word(index, 1) === high) return slot
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  #entryOf(low: number, number: number): number {
    const mask = this.#table.length - 1
    return (low & ~mask) | number
  }

  #at(slot: number): number {
    return this.#table[slot] ?? 0
  }

  #word(index: number, which: 0 | 1): number {
    return this.chunks[Math.floor(index / chunkSize)]?.words[2 * (index % chunkSize) + which] ?? 0
  }

  #append(low: number, high: number): void {
    let chunk = this.chunks.at(-1)
    if (!chunk || chunk.count === chunkSize) {
      chunk = createChunk()
      this.chunks.push(chunk)
    }
    if (2 * chunk.count === chunk.words.length) {
      const longer = new Uint32Array(Math.min(2 * chunk.words.length, 2 * chunkSize))
      longer.set(chunk.words)
      chunk.words = longer
    }
    chunk.words[2 * chunk.count] = low
    chunk.words[2 * chunk.count + 1] = high
    chunk.count += 1
  }

  #resize(length: number): void {
    this.#table = new Uint32Array(length)
    for (let index = 0; index < this.#size; index++) {
      const low = this.#word(index, 0)
      this.#table[this.#find(low, this.#word(index, 1))] = this.#entryOf(low, index + 1)
    }
  }
}
