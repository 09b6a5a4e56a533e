import { withRoomFor } from './growing.ts'

/** Above this share of used places the hash table doubles. */
const fullest = 0.7
/** Bytes of removed keys that are put up with before the rest is moved together. */
const leastWaste = 1 << 16
/** First byte of a key that is too long, or has characters beyond Latin-1: four bytes of length and two per character follow. */
const wide = 255

/**
 * Keys (a text that belongs to the owner with some number) as small numbers. The texts lie in one array of bytes and are found
 * through an open-addressing table, so that a million of them cost about 45 bytes each and nothing for the garbage collector
 * to look through, where a Map of strings takes 130. The table knows each key's hash: among a million keys every other place
 * in memory that a search looks at takes as long as the rest of it. Numbers of removed keys are given out again.
 */
export class KeyIndex {
  /** For each place the number of a key plus one, 0 where it is empty, and the key's hash. */
  #table = new Int32Array(2 * 64)
  /** For each number where the key's text begins, and its owner: side by side, for who looks at one looks at the other. */
  #keys = new Uint32Array(2 * 16)
  #bytes = new Uint8Array(1024)
  #end = 0
  #wasted = 0
  #size = 0
  #next = 0
  readonly #free: number[] = []

  get size(): number {
    return this.#size
  }

  /** Keys have numbers below this. */
  get end(): number {
    return this.#next
  }

  /** The number of a key, −1 when it is not there. */
  find(owner: number, text: string): number {
    const place = this.#placeOf(owner, text, hashOf(owner, text))
    return (this.#table[place] as number) - 1
  }

  /** The number of a key, which is added when it is not there. */
  add(owner: number, text: string): number {
    if (2 * (this.#size + 1) > this.#table.length * fullest) this.#rehash(this.#table.length * 2)
    const hash = hashOf(owner, text)
    const place = this.#placeOf(owner, text, hash)
    const known = this.#table[place] as number
    if (known > 0) return known - 1
    const number = this.#free.pop() ?? this.#next++
    this.#keys = withRoomFor(this.#keys, 2 * number + 1)
    this.#keys[2 * number] = this.#write(text)
    this.#keys[2 * number + 1] = owner
    this.#table[place] = number + 1
    this.#table[place + 1] = hash
    this.#size++
    return number
  }

  /** Removes the key with this number, which may be given to another one from now on. */
  remove(number: number): void {
    const owner = this.ownerOf(number)
    const text = this.textOf(number)
    this.#closeGap(this.#placeOf(owner, text, hashOf(owner, text)))
    this.#free.push(number)
    this.#size--
    this.#wasted += keyBytes(text)
    if (this.#wasted > leastWaste && this.#wasted > this.#end / 2) this.#compact()
  }

  ownerOf(number: number): number {
    return this.#keys[2 * number + 1] as number
  }

  textOf(number: number): string {
    const offset = this.#keys[2 * number] as number
    const first = this.#bytes[offset] as number
    const codes: number[] = []
    if (first !== wide) {
      for (let i = 1; i <= first; i++) codes.push(this.#bytes[offset + i] as number)
      return String.fromCharCode(...codes)
    }
    const length = this.#longLength(offset)
    let text = ''
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.#longCode(offset, i))
    return text
  }

  /** The place in the table where the key is, or the empty one where it belongs. */
  #placeOf(owner: number, text: string, hash: number): number {
    const table = this.#table
    const mask = table.length - 1
    for (let place = (2 * hash) & mask; ; place = (place + 2) & mask) {
      const number = (table[place] as number) - 1
      if (number < 0) return place
      if (table[place + 1] === hash && this.#keys[2 * number + 1] === owner && this.#equals(number, text))
        return place
    }
  }

  #equals(number: number, text: string): boolean {
    const bytes = this.#bytes
    const offset = this.#keys[2 * number] as number
    const first = bytes[offset] as number
    if (first !== wide) {
      if (first !== text.length) return false
      for (let i = 0; i < first; i++) if (bytes[offset + 1 + i] !== text.charCodeAt(i)) return false
      return true
    }
    if (this.#longLength(offset) !== text.length) return false
    for (let i = 0; i < text.length; i++) {
      if (this.#longCode(offset, i) !== text.charCodeAt(i)) return false
    }
    return true
  }

  #longLength(offset: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#bytes.subarray(offset + 1, offset + 5)
    return a + b * 0x100 + c * 0x10000 + d * 0x1000000
  }

  #longCode(offset: number, i: number): number {
    const at = offset + 5 + 2 * i
    return (this.#bytes[at] as number) + (this.#bytes[at + 1] as number) * 0x100
  }

  #write(text: string): number {
    const offset = this.#end
    const narrow = isNarrow(text)
    const size = narrow ? 1 + text.length : 5 + 2 * text.length
    this.#bytes = withRoomFor(this.#bytes, offset + size)
    this.#end += size
    if (narrow) {
      this.#bytes[offset] = text.length
      for (let i = 0; i < text.length; i++) this.#bytes[offset + 1 + i] = text.charCodeAt(i)
      return offset
    }
    this.#bytes[offset] = wide
    for (let i = 0; i < 4; i++) this.#bytes[offset + 1 + i] = text.length >>> (8 * i)
    for (let i = 0; i < text.length; i++) {
      this.#bytes[offset + 5 + 2 * i] = text.charCodeAt(i)
      this.#bytes[offset + 6 + 2 * i] = text.charCodeAt(i) >>> 8
    }
    return offset
  }

  /** Moves what was pushed on by a collision back into the gap, so that no search ends too early. */
  #closeGap(place: number): void {
    const table = this.#table
    const mask = table.length - 1
    let gap = place
    for (let at = (gap + 2) & mask; table[at] !== 0; at = (at + 2) & mask) {
      const home = (2 * (table[at + 1] as number)) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      table[gap] = table[at] as number
      table[gap + 1] = table[at + 1] as number
      gap = at
    }
    table[gap] = 0
  }

  #rehash(length: number): void {
    const old = this.#table
    const table = new Int32Array(length)
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue
      let place = (2 * (old[from + 1] as number)) & (length - 1)
      while (table[place] !== 0) place = (place + 2) & (length - 1)
      table[place] = old[from] as number
      table[place + 1] = old[from + 1] as number
    }
    this.#table = table
  }

  #compact(): void {
    const old = this.#bytes
    const live: number[] = []
    for (let place = 0; place < this.#table.length; place += 2)
      if (this.#table[place] !== 0) live.push((this.#table[place] as number) - 1)
    const bytes = new Uint8Array(Math.max(1024, 2 * (this.#end - this.#wasted)))
    let end = 0
    for (const number of live) {
      const offset = this.#keys[2 * number] as number
      const first = old[offset] as number
      const size = first === wide ? 5 + 2 * this.#longLength(offset) : 1 + first
      bytes.set(old.subarray(offset, offset + size), end)
      this.#keys[2 * number] = end
      end += size
    }
    this.#bytes = bytes
    this.#end = end
    this.#wasted = 0
  }
}

function isNarrow(text: string): boolean {
  if (text.length >= wide) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return false
  return true
}

function keyBytes(text: string): number {
  return isNarrow(text) ? 1 + text.length : 5 + 2 * text.length
}

function hashOf(owner: number, text: string): number {
  let hash = 0x9e3779b9 ^ owner
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
