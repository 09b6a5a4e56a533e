/**
 * Writes 64 well-mixed bits of a text into `into` (two words), without allocating. Two multiplicative hashes with
 * different constants run side by side and are crossed at the end with the finalizer of MurmurHash3 (public domain,
 * Austin Appleby). Not secret: whoever chooses the texts can make collisions.
 */
export function fingerprint(text: string, into: Uint32Array): void {
  let low = 0x9e3779b9 ^ text.length
  let high = 0x85ebca6b
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    low = Math.imul(low ^ unit, 0xcc9e2d51)
    low = (low << 13) | (low >>> 19)
    high = Math.imul(high ^ unit, 0x1b873593)
    high = (high << 17) | (high >>> 15)
  }
  low = finalize(low ^ Math.imul(high, 0xe6546b64))
  high = finalize(high ^ low)
  into[0] = low
  into[1] = high
}

function finalize(bits: number): number {
  let mixed = bits ^ (bits >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
