import type { DurableState, KeyedChange } from '../../stream/keyed-state.ts'
import { ByteWriter } from './byte-writer.ts'
import type { EntityColumn } from './entity-columns.ts'
import type { EntityIndex, Keeper } from './entity-table.ts'
import { withRoomFor, wordsPerCacheLine } from './growing.ts'
import { LowestFirst } from './lowest-first.ts'
import {
  mostEntryBytes,
  mostRowBytes,
  type RowLayout,
  readLayout,
  readWords,
  rowsIn,
  writeLayout,
  writeRow,
  writeWords,
} from './row-format.ts'
import { SavedRows } from './saved-rows.ts'

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

/** Rows side by side, the same memory once as whole numbers and once as floating-point ones. */
type Chunk = { readonly words: Uint32Array; readonly floats: Float32Array }

/**
 * One row of numbers per entity, side by side in large arrays, saved in blocks. Which numbers are whole and which are
 * floating-point is the owner's business.
 *
 * A row keeps its number when it is restored, and a new entity gets the lowest number that is free: whatever goes through
 * the rows in their order does so in the same order after a restart.
 */
export class EntityRows implements DurableState, Keeper {
  readonly section: string
  readonly entities: EntityIndex
  readonly #layout: RowLayout
  readonly #extras: RowExtras | null
  readonly #unsaved: number
  /** Words of a row that are saved, and all its words. */
  readonly #saves: number
  readonly #stride: number
  readonly #chunks: Chunk[] = []
  /** Row of an entity plus one. */
  readonly #rowOf: EntityColumn
  /** Number of a row's entity plus one; 0 is a free row. */
  #entityOf = new Int32Array(16)
  /** Rows from here on have never been used. */
  #end = 0
  readonly #free = new LowestFirst()
  #size = 0
  readonly #saved = new SavedRows()
  readonly #writer = new ByteWriter()

  constructor(
    section: string,
    entities: EntityIndex,
    { unsaved = 0, ...layout }: RowLayout & { readonly unsaved?: number },
    extras: RowExtras | null = null,
  ) {
    this.section = section
    this.entities = entities
    this.#rowOf = entities.addColumn()
    entities.addKeeper(this)
    this.#layout = layout
    this.#extras = extras
    this.#unsaved = unsaved
    this.#saves = layout.fixed + layout.parts * layout.perPart
    this.#stride = unsaved + this.#saves
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
    return entity < 0 ? -1 : this.#rowOf.get(entity) - 1
  }

  /** The row of an entity with a key of {@link keyOf}, −1 when there is none. */
  findKey(key: string): number {
    const separator = key.indexOf('\0')
    return this.find(key.slice(0, separator), key.slice(separator + 1))
  }

  /** Gives an entity that has none a row of zeros. */
  add(orgId: string, id: string): number {
    const row = this.#free.take() ?? this.#end
    this.#place(row, orgId, id)
    this.#saved.touch(row)
    return row
  }

  /** Takes the row away; its number may be another entity's from now on. */
  delete(row: number): void {
    this.#saved.vacate(row)
    this.#clear(row)
  }

  /** Says that the row, or what belongs to it, was changed. */
  touch(row: number): void {
    this.#saved.touch(row)
  }

  isUsed(row: number): boolean {
    return (this.#entityOf[row] ?? 0) !== 0
  }

  /** The key under which others of the entity's things are saved. */
  keyOf(row: number): string {
    return `${this.orgOf(row)}\0${this.#idOf(row)}`
  }

  orgOf(row: number): string {
    return this.entities.orgOf((this.#entityOf[row] as number) - 1)
  }

  /** The arrays in which the row lies; good until the next {@link add}. */
  chunkOf(row: number): Chunk {
    return this.#chunks[Math.floor(row / rowsPerChunk)] as Chunk
  }

  /** Where in the arrays of {@link chunkOf} the row's layout begins; before it lie the words that are not saved. */
  startOf(row: number): number {
    return (row % rowsPerChunk) * this.#stride + this.#unsaved
  }

  glance(entity: number): number {
    const row = this.#rowOf.get(entity) - 1
    if (row < 0) return 0
    const { words } = this.chunkOf(row)
    const end = this.startOf(row) + this.#saves
    let seen = 0
    for (let at = end - this.#stride; at < end; at += wordsPerCacheLine) seen += words[at] as number
    return seen
  }

  restore(key: string, bytes: Buffer): void {
    const layout = readLayout(bytes)
    for (const { row, orgId, id, start, end } of rowsIn(bytes)) {
      if (!this.#saved.restored(key, row)) continue
      if (this.isUsed(row)) this.#clear(row)
      this.#place(row, orgId, id)
      const { words } = this.chunkOf(row)
      const rest = readWords(bytes, start, layout, this.#layout, words, this.startOf(row))
      this.#extras?.read(row, bytes.subarray(rest, end))
    }
  }

  takeChanges(): KeyedChange {
    return this.#saved.takeChanges((from, to) => this.#encode(from, to))
  }

  #place(row: number, orgId: string, id: string): void {
    this.#makeRoom(row)
    if (row >= this.#end) {
      for (let skipped = this.#end; skipped < row; skipped++) this.#free.give(skipped)
      this.#end = row + 1
    } else this.#free.remove(row)
    const entity = this.entities.retain(orgId, id)
    this.#rowOf.set(entity, row + 1)
    this.#entityOf[row] = entity + 1
    this.#size++
  }

  #clear(row: number): void {
    this.#extras?.clear(row)
    const entity = (this.#entityOf[row] as number) - 1
    this.#rowOf.set(entity, 0)
    this.#entityOf[row] = 0
    this.entities.release(entity)
    const start = this.startOf(row)
    this.chunkOf(row).words.fill(0, start - this.#unsaved, start + this.#saves)
    this.#free.give(row)
    this.#size--
  }

  #makeRoom(row: number): void {
    this.#entityOf = withRoomFor(this.#entityOf, row)
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

  /** An entry with the used ones among the rows from `from` up to but not including `to`; null when there are none. */
  #encode(from: number, to: number): Buffer | null {
    const owners: { row: number; orgId: string; id: string }[] = []
    let most = mostEntryBytes
    for (let row = from; row < to; row++) {
      if (!this.isUsed(row)) continue
      const owner = { row, orgId: this.orgOf(row), id: this.#idOf(row) }
      owners.push(owner)
      most += mostRowBytes(owner, this.#saves) + (this.#extras?.size(row) ?? 0)
    }
    if (owners.length === 0) return null
    const bytes = this.#writer
    bytes.begin(most)
    writeLayout(bytes, this.#layout)
    for (const owner of owners) {
      const { row } = owner
      writeRow(bytes, owner, () => {
        writeWords(bytes, this.chunkOf(row).words, this.startOf(row), this.#saves)
        this.#extras?.write(row, bytes)
      })
    }
    return bytes.end()
  }

  #idOf(row: number): string {
    return this.entities.idOf((this.#entityOf[row] as number) - 1)
  }
}
