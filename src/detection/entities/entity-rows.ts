import type { DurableState, KeyedChange } from '../../stream/keyed-state.ts'
import { ByteWriter } from './byte-writer.ts'
import type { EntityIndex } from './entity-table.ts'
import { withRoomFor } from './growing.ts'

/** What a row consists of, in words of 32 bits: some fixed ones, then the same number for each of its parts (windows). */
export type RowLayout = {
  readonly fixed: number
  readonly parts: number
  readonly perPart: number
}

/** What belongs to a row besides its words. All of it is optional. */
export type RowExtras = {
  /** How many bytes {@link write} takes at most. */
  size(row: number): number
  write(row: number, bytes: ByteWriter): void
  /** `bytes`: what was written, to be copied if it is kept. Called when the row's words are in place. */
  read(row: number, bytes: Buffer): void
  /** The row is about to be given to nobody or somebody else. */
  clear(row: number): void
}

/** Rows lie in arrays of so many; the first of them grows up to that. */
const rowsPerChunk = 4096
const firstRows = 32
/** Row number, and three lengths of the layout it was saved with. */
const headBytes = 10

/** Rows side by side, the same memory once as whole numbers and once as floating-point ones. */
type Chunk = { readonly words: Uint32Array; readonly floats: Float32Array }

/**
 * One row of numbers per entity, side by side in large arrays, saved entity by entity. Which numbers are whole and which are
 * floating-point is the owner's business.
 *
 * A row keeps its number when it is restored, and a new entity gets the lowest number that is free: whatever goes through
 * the rows in their order does so in the same order after a restart.
 */
export class EntityRows implements DurableState {
  readonly section: string
  readonly entities: EntityIndex
  readonly #layout: RowLayout
  readonly #extras: RowExtras | null
  readonly #stride: number
  readonly #chunks: Chunk[] = []
  /** Row of an entity plus one, by its number. */
  #rowOf = new Int32Array(16)
  /** Number of a row's entity plus one; 0 is a free row. */
  #entityOf = new Int32Array(16)
  /** Rows from here on have never been used. */
  #end = 0
  readonly #free = new LowestFirst()
  #size = 0
  #isChanged = new Uint8Array(16)
  #changed: number[] = []
  #deleted = new Set<string>()
  readonly #writer = new ByteWriter()

  constructor(section: string, entities: EntityIndex, layout: RowLayout, extras: RowExtras | null = null) {
    this.section = section
    this.entities = entities
    this.#layout = layout
    this.#extras = extras
    this.#stride = layout.fixed + layout.parts * layout.perPart
  }

  /** How many entities have a row. */
  get size(): number {
    return this.#size
  }

  /** Rows have numbers below this. */
  get end(): number {
    return this.#end
  }

  /** The row of an entity, −1 when it has none. */
  find(orgId: string, id: string): number {
    const entity = this.entities.find(orgId, id)
    return entity < 0 ? -1 : (this.#rowOf[entity] ?? 0) - 1
  }

  /** The row that is saved under a key of {@link keyOf}, −1 when there is none. */
  findKey(key: string): number {
    const separator = key.indexOf('\0')
    return this.find(key.slice(0, separator), key.slice(separator + 1))
  }

  /** Gives an entity that has none a row of zeros. */
  add(orgId: string, id: string): number {
    const row = this.#free.take() ?? this.#end
    this.#place(row, orgId, id)
    this.#deleted.delete(keyOf(orgId, id))
    this.touch(row)
    return row
  }

  /** Takes the row away; its number may be another entity's from now on. */
  delete(row: number): void {
    this.#deleted.add(this.keyOf(row))
    this.#clear(row)
  }

  /** Says that the row, or what belongs to it, was changed. */
  touch(row: number): void {
    if (this.#isChanged[row] === 1) return
    this.#isChanged[row] = 1
    this.#changed.push(row)
  }

  isUsed(row: number): boolean {
    return this.#entityOf[row] !== 0
  }

  /** The key under which the row is saved, and others of the entity's things may be. */
  keyOf(row: number): string {
    const entity = (this.#entityOf[row] as number) - 1
    return keyOf(this.entities.orgOf(entity), this.entities.idOf(entity))
  }

  orgOf(row: number): string {
    return this.entities.orgOf((this.#entityOf[row] as number) - 1)
  }

  /** The arrays in which the row lies; good until the next {@link add}. */
  chunkOf(row: number): Chunk {
    return this.#chunks[Math.floor(row / rowsPerChunk)] as Chunk
  }

  /** Where in the arrays of {@link chunkOf} it begins. */
  startOf(row: number): number {
    return (row % rowsPerChunk) * this.#stride
  }

  restore(key: string, bytes: Buffer): void {
    const separator = key.indexOf('\0')
    const orgId = key.slice(0, separator)
    const id = key.slice(separator + 1)
    const known = this.find(orgId, id)
    if (known >= 0) this.#clear(known)
    const row = bytes.readUInt32LE(0)
    this.#place(row, orgId, id)
    const end = this.#readWords(row, bytes)
    this.#extras?.read(row, bytes.subarray(end))
  }

  takeChanges(): KeyedChange {
    const puts: { key: string; value: Buffer }[] = []
    for (const row of this.#changed) {
      this.#isChanged[row] = 0
      if (this.isUsed(row)) puts.push({ key: this.keyOf(row), value: this.#encode(row) })
    }
    const deletes = [...this.#deleted]
    this.#changed = []
    this.#deleted = new Set()
    return { puts, deletes }
  }

  #place(row: number, orgId: string, id: string): void {
    this.#makeRoom(row)
    if (row >= this.#end) {
      for (let skipped = this.#end; skipped < row; skipped++) this.#free.give(skipped)
      this.#end = row + 1
    } else this.#free.remove(row)
    const entity = this.entities.retain(orgId, id)
    this.#rowOf = withRoomFor(this.#rowOf, entity)
    this.#rowOf[entity] = row + 1
    this.#entityOf[row] = entity + 1
    this.#size++
  }

  #clear(row: number): void {
    this.#extras?.clear(row)
    const entity = (this.#entityOf[row] as number) - 1
    this.#rowOf[entity] = 0
    this.#entityOf[row] = 0
    this.entities.release(entity)
    const start = this.startOf(row)
    this.chunkOf(row).words.fill(0, start, start + this.#stride)
    this.#free.give(row)
    this.#size--
  }

  #makeRoom(row: number): void {
    this.#entityOf = withRoomFor(this.#entityOf, row)
    this.#isChanged = withRoomFor(this.#isChanged, row)
    const number = Math.floor(row / rowsPerChunk)
    while (this.#chunks.length < number) {
      this.#growChunk(this.#chunks.length, rowsPerChunk)
    }
    let rows = number === 0 ? firstRows : rowsPerChunk
    while (rows <= row % rowsPerChunk) rows *= 2
    this.#growChunk(number, rows)
  }

  #growChunk(number: number, rows: number): void {
    const old = this.#chunks[number]?.words
    const length = rows * this.#stride
    if (old && old.length >= length) return
    if (number > 0) this.#growChunk(number - 1, rowsPerChunk)
    const words = new Uint32Array(length)
    if (old) words.set(old)
    this.#chunks[number] = { words, floats: new Float32Array(words.buffer) }
  }

  /** Row number, layout, a bitmap of the words that are not zero and these words, then the extras. */
  #encode(row: number): Buffer {
    const { fixed, parts, perPart } = this.#layout
    const { words } = this.chunkOf(row)
    const start = this.startOf(row)
    const bytes = this.#writer
    const bitmapBytes = Math.ceil(this.#stride / 8)
    bytes.begin(headBytes + bitmapBytes + 4 * this.#stride + (this.#extras?.size(row) ?? 0))
    bytes.u32(row)
    bytes.u16(fixed)
    bytes.u16(parts)
    bytes.u16(perPart)
    const bitmap = bytes.skip(bitmapBytes)
    for (let i = 0; i < this.#stride; i++) {
      const word = words[start + i] as number
      if (word === 0) continue
      bytes.patch(bitmap + (i >> 3), 1 << (i & 7))
      bytes.u32(word)
    }
    this.#extras?.write(row, bytes)
    return bytes.end()
  }

  /** Words that were added to the fixed ones or to a part since it was saved are zero. Answers where the extras begin. */
  #readWords(row: number, bytes: Buffer): number {
    const { fixed, perPart } = this.#layout
    const savedFixed = bytes.readUInt16LE(4)
    const savedPerPart = bytes.readUInt16LE(8)
    const saved = savedFixed + bytes.readUInt16LE(6) * savedPerPart
    const { words } = this.chunkOf(row)
    const start = this.startOf(row)
    let position = headBytes + Math.ceil(saved / 8)
    for (let i = 0; i < saved; i++) {
      if (((bytes[headBytes + (i >> 3)] as number) & (1 << (i & 7))) === 0) continue
      const cell = i - savedFixed
      const place = cell < 0 ? i : fixed + Math.floor(cell / savedPerPart) * perPart + (cell % savedPerPart)
      words[start + place] = bytes.readUInt32LE(position)
      position += 4
    }
    return position
  }
}

function keyOf(orgId: string, id: string): string {
  return `${orgId}\0${id}`
}

/** Free numbers, of which the lowest is taken first. */
class LowestFirst {
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
