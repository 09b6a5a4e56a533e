const blockBytes = 1 << 20

/**
 * Writes many short values one after the other into large blocks, so that saving a million of them makes few arrays. Numbers are
 * little-endian.
 */
export class ByteWriter {
  #block = Buffer.alloc(0)
  #start = 0
  #end = 0

  /** Begins a value of at most `most` bytes. */
  begin(most: number): void {
    if (this.#end + most > this.#block.length) {
      this.#block = Buffer.allocUnsafeSlow(Math.max(most, this.#block.length === 0 ? most : blockBytes))
      this.#end = 0
    }
    this.#start = this.#end
  }

  /** The bytes written since {@link begin}. */
  end(): Buffer {
    return this.#block.subarray(this.#start, this.#end)
  }

  u8(value: number): void {
    this.#block[this.#end++] = value
  }

  u16(value: number): void {
    this.#end = this.#block.writeUInt16LE(value, this.#end)
  }

  u32(value: number): void {
    this.#end = this.#block.writeUInt32LE(value, this.#end)
  }

  f64(value: number): void {
    this.#end = this.#block.writeDoubleLE(value, this.#end)
  }

  /** A text in UTF-8 with its length (32 bits) before it; takes at most 4 bytes and 3 per character. */
  text(value: string): void {
    const length = this.#block.write(value, this.#end + 4)
    this.u32(length)
    this.#end += length
  }

  /** Leaves out some bytes, which are zero then; answers where they are. */
  skip(count: number): number {
    const at = this.#end
    this.#block.fill(0, at, at + count)
    this.#end += count
    return at
  }

  /** Sets bits in a byte that was left out. */
  patchBits(at: number, bits: number): void {
    this.#block[at] = (this.#block[at] as number) | bits
  }

  /** Sets 32 bits that were left out to the number of bytes written after them. */
  patchLength(at: number): void {
    this.#block.writeUInt32LE(this.#end - at - 4, at)
  }
}
