/** Of 32 bits, on the processors of today. */
export const wordsPerCacheLine = 16

type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array

/** `numbers` if it has a place `index`, else a copy with twice the room or more; what is new is zero. */
export function withRoomFor<T extends Numbers>(numbers: T, index: number): T {
  if (index < numbers.length) return numbers
  const longer = new (numbers.constructor as new (length: number) => T)(
    Math.max(2 * numbers.length, index + 1),
  )
  longer.set(numbers)
  return longer
}
