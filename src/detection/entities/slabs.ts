/** So many pieces of a size lie in one array. */
const piecesPerArray = 256

/**
 * Pieces of memory (words of 32 bits) of a few sizes, the pieces of each size side by side in large arrays: a million of them are
 * nothing for the garbage collector to look through. A piece has an address for as long as it is not given back.
 */
export class Slabs {
  readonly #sizes: readonly number[]
  readonly #arrays: Int32Array[][]
  readonly #free: number[][]
  /** Per size, how many pieces were ever taken. */
  readonly #taken: number[]

  /** @param sizes in words */
  constructor(sizes: readonly number[]) {
    this.#sizes = sizes
    this.#arrays = sizes.map(() => [])
    this.#free = sizes.map(() => [])
    this.#taken = sizes.map(() => 0)
  }

  /** A piece of size number `size`, all zeros. Answers its address. */
  take(size: number): number {
    const freed = this.#free[size]?.pop()
    if (freed !== undefined) return freed * this.#sizes.length + size
    const piece = this.#taken[size] as number
    this.#taken[size] = piece + 1
    if (piece % piecesPerArray === 0)
      this.#arrays[size]?.push(new Int32Array(piecesPerArray * (this.#sizes[size] as number)))
    return piece * this.#sizes.length + size
  }

  give(address: number): void {
    const start = this.startOf(address)
    this.arrayOf(address).fill(0, start, start + (this.#sizes[this.sizeOf(address)] as number))
    this.#free[this.sizeOf(address)]?.push(this.#pieceOf(address))
  }

  sizeOf(address: number): number {
    return address % this.#sizes.length
  }

  /** The array in which a piece lies, and where it begins in there. */
  arrayOf(address: number): Int32Array {
    return this.#arrays[this.sizeOf(address)]?.[
      Math.floor(this.#pieceOf(address) / piecesPerArray)
    ] as Int32Array
  }

  startOf(address: number): number {
    return (this.#pieceOf(address) % piecesPerArray) * (this.#sizes[this.sizeOf(address)] as number)
  }

  #pieceOf(address: number): number {
    return Math.floor(address / this.#sizes.length)
  }
}
