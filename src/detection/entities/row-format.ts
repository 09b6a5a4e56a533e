import type { ByteWriter } from './byte-writer.ts'

/** What a row consists of, in words of 32 bits: some fixed ones, then the same number for each of its parts (windows). */
export type RowLayout = {
  readonly fixed: number
  readonly parts: number
  readonly perPart: number
}

/** A row and whose it is. */
export type OwnedRow = { readonly row: number; readonly orgId: string; readonly id: string }

/** A row in an entry of the store. */
export type StoredRow = OwnedRow & {
  /** Where in the entry its words begin. */
  readonly start: number
  /** Where it ends. */
  readonly end: number
}

const layoutBytes = 6
const headBytes = 8

/** How many bytes an entry takes at most, besides its rows. */
export const mostEntryBytes = layoutBytes

/** How many bytes a row takes at most, besides what is written after its words. */
export function mostRowBytes({ orgId, id }: OwnedRow, stride: number): number {
  return headBytes + 8 + 3 * (orgId.length + id.length) + Math.ceil(stride / 8) + 4 * stride
}

/** Begins an entry: the layout of all its rows. */
export function writeLayout(bytes: ByteWriter, { fixed, parts, perPart }: RowLayout): void {
  bytes.u16(fixed)
  bytes.u16(parts)
  bytes.u16(perPart)
}

export function readLayout(bytes: Buffer): RowLayout {
  return { fixed: bytes.readUInt16LE(0), parts: bytes.readUInt16LE(2), perPart: bytes.readUInt16LE(4) }
}

/** Adds a row to an entry: its number, how long the rest is, whose it is, and what `writeRest` writes. */
export function writeRow(bytes: ByteWriter, { row, orgId, id }: OwnedRow, writeRest: () => void): void {
  bytes.u32(row)
  const length = bytes.skip(4)
  bytes.text(orgId)
  bytes.text(id)
  writeRest()
  bytes.patchLength(length)
}

/** The rows of an entry. */
export function* rowsIn(bytes: Buffer): Generator<StoredRow> {
  for (let position = layoutBytes; position < bytes.length; ) {
    const row = bytes.readUInt32LE(position)
    const end = position + headBytes + bytes.readUInt32LE(position + 4)
    const org = position + headBytes + 4
    const orgEnd = org + bytes.readUInt32LE(org - 4)
    const start = orgEnd + 4 + bytes.readUInt32LE(orgEnd)
    yield {
      row,
      orgId: bytes.toString('utf8', org, orgEnd),
      id: bytes.toString('utf8', orgEnd + 4, start),
      start,
      end,
    }
    position = end
  }
}

/** A bitmap of the words that are not zero, and these words. */
export function writeWords(bytes: ByteWriter, words: Uint32Array, start: number, stride: number): void {
  const bitmap = bytes.skip(Math.ceil(stride / 8))
  for (let i = 0; i < stride; i++) {
    const word = words[start + i] as number
    if (word === 0) continue
    bytes.patchBits(bitmap + (i >> 3), 1 << (i & 7))
    bytes.u32(word)
  }
}

/**
 * Reads what {@link writeWords} wrote at `position` for a row of layout `saved` into a row of zeros with the layout `now`. Words
 * that were added to the fixed ones or to a part since then stay zero. Answers where what it read ends.
 */
export function readWords(
  bytes: Buffer,
  position: number,
  saved: RowLayout,
  now: RowLayout,
  words: Uint32Array,
  start: number,
): number {
  const isSame = saved.fixed === now.fixed && saved.perPart === now.perPart
  const bitmapBytes = Math.ceil((saved.fixed + saved.parts * saved.perPart) / 8)
  let at = position + bitmapBytes
  for (let byte = 0; byte < bitmapBytes; byte++) {
    for (let bits = bytes[position + byte] as number; bits !== 0; bits &= bits - 1) {
      const i = 8 * byte + 31 - Math.clz32(bits & -bits)
      words[start + (isSame ? i : placeOf(i, saved, now))] = bytes.readUInt32LE(at)
      at += 4
    }
  }
  return at
}

function placeOf(i: number, saved: RowLayout, now: RowLayout): number {
  const cell = i - saved.fixed
  if (cell < 0) return i
  return now.fixed + Math.floor(cell / saved.perPart) * now.perPart + (cell % saved.perPart)
}
