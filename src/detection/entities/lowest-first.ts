import { withRoomFor } from './growing.ts'

/** Free numbers, of which the lowest is taken first. */
export class LowestFirst {
  /** A bit per number. */
  #bits = new Uint32Array(4)
  #count = 0
  /** No number below is free. */
  #from = 0

  give(number: number): void {
    const word = number >>> 5
    this.#bits = withRoomFor(this.#bits, word)
    this.#bits[word] = (this.#bits[word] as number) | (1 << (number & 31))
    this.#count++
    if (number < this.#from) this.#from = number
  }

  remove(number: number): void {
    const word = number >>> 5
    const bit = 1 << (number & 31)
    if (((this.#bits[word] ?? 0) & bit) === 0) return
    this.#bits[word] = (this.#bits[word] as number) & ~bit
    this.#count--
  }

  take(): number | undefined {
    if (this.#count === 0) return undefined
    let word = this.#from >>> 5
    while (this.#bits[word] === 0) word++
    const bits = this.#bits[word] as number
    const number = word * 32 + (31 - Math.clz32(bits & -bits))
    this.remove(number)
    this.#from = number + 1
    return number
  }
}
