import type { DurableState, KeyedChange } from '../../../stream/keyed-state.ts'
import type { EntityColumn } from '../../entities/entity-columns.ts'
import type { EntityIndex, Keeper } from '../../entities/entity-table.ts'
import { withRoomFor, wordsPerCacheLine } from '../../entities/growing.ts'
import { LowestFirst } from '../../entities/lowest-first.ts'
import { SavedRows } from '../../entities/saved-rows.ts'
import { Slabs } from '../../entities/slabs.ts'
import {
  beginMemory,
  decodeMemory,
  encodeMemory,
  headLength,
  keyOfMemory,
  knownSince,
  leastSlots,
  type ValueMemory,
} from './value-memory.ts'

/** Up to 4096 slots. */
const sizes = Array.from({ length: 10 }, (_, size) => headLength + 2 * (leastSlots << size))
const leastWords = headLength + 2 * leastSlots

/** Of each memory in an entry of the store: its row, and how long the rest is. */
const headBytes = 8

/**
 * The memories of the entities of all orgs. Each has a row of its own, with the same number after a restart, by which they are
 * saved in blocks.
 */
export class MemoryTable implements DurableState, Keeper {
  readonly section: string
  readonly #entities: EntityIndex
  readonly #slabs = new Slabs(sizes)
  /** Address of an entity's memory plus one; 0 when it has none. */
  readonly #addresses: EntityColumn
  /** How often an entity's memory was changed. */
  readonly #versions: EntityColumn
  /** Row of an entity's memory, and entity of a row plus one. */
  readonly #rowOf: EntityColumn
  #entityOf = new Int32Array(16)
  /** Rows from here on have never been used. */
  #end = 0
  readonly #free = new LowestFirst()
  readonly #saved = new SavedRows()
  #size = 0
  /** First sight of any entity of an org, ms; of those that are still remembered, after a restart. */
  readonly #first = new Map<string, number>()
  /** The entity whose memory `#view` shows. */
  #entity = -1
  readonly #view: ValueMemory = {
    cells: new Int32Array(headLength),
    base: 0,
    slots: 0,
    empty: (slots) => this.#empty(slots),
  }

  constructor(name: string, entities: EntityIndex) {
    this.section = `${name}/memories`
    this.#entities = entities
    this.#addresses = entities.addColumn()
    this.#versions = entities.addColumn()
    this.#rowOf = entities.addColumn()
    entities.addKeeper(this)
  }

  get size(): number {
    return this.#size
  }

  /** The memory of an entity, good until another one is asked for. */
  find(orgId: string, id: string): ValueMemory | undefined {
    const entity = this.#entities.find(orgId, id)
    return entity >= 0 && this.#has(entity) ? this.#show(entity) : undefined
  }

  /** Number of the memory that was asked for last. */
  get at(): number {
    return this.#entity
  }

  /** Another one whenever the memory that was asked for last, or one with its number, has been changed. */
  get version(): number {
    return this.#versions.get(this.#entity)
  }

  glance(entity: number): number {
    const address = this.#addresses.get(entity) - 1
    if (address < 0) return 0
    const cells = this.#slabs.arrayOf(address)
    const start = this.#slabs.startOf(address)
    let seen = 0
    for (let i = 0; i < leastWords; i += wordsPerCacheLine) seen += cells[start + i] as number
    return seen
  }

  /** When the first entity of the org was seen, ms; to the hour. */
  firstOf(orgId: string): number | undefined {
    return this.#first.get(orgId)
  }

  /** Begins the memory of an entity that has none; good until another one is asked for. */
  add(orgId: string, id: string, time: number): ValueMemory {
    const memory = this.#place(this.#free.take() ?? this.#end, orgId, id)
    beginMemory(memory, time)
    this.touch()
    return memory
  }

  /** Says that the memory that was asked for last was changed. */
  touch(): void {
    this.#noteFirst()
    this.#versions.set(this.#entity, this.version + 1)
    this.#saved.touch(this.#rowOf.get(this.#entity))
  }

  /** Deletes the memory that was asked for last. */
  delete(): void {
    this.#saved.vacate(this.#rowOf.get(this.#entity))
    this.#remove(this.#entity)
  }

  /** All of them; each is good until the next one. What it is about is known by its org and id. */
  *entries(): Generator<[orgId: string, id: string, memory: ValueMemory]> {
    for (let entity = 0; entity < this.#entities.end; entity++)
      if (this.#has(entity))
        yield [this.#entities.orgOf(entity), this.#entities.idOf(entity), this.#show(entity)]
  }

  restore(key: string, bytes: Buffer): void {
    for (const { row, orgId, id, memory } of memoriesIn(bytes)) {
      if (!this.#saved.restored(key, row)) continue
      const known = (this.#entityOf[row] ?? 0) - 1
      if (known >= 0) this.#remove(known)
      decodeMemory(memory, this.#place(row, orgId, id))
      this.#noteFirst()
    }
  }

  takeChanges(): KeyedChange {
    return this.#saved.takeChanges((from, to) => this.#encode(from, to))
  }

  #has(entity: number): boolean {
    return this.#addresses.get(entity) !== 0
  }

  #show(entity: number): ValueMemory {
    const address = this.#addresses.get(entity) - 1
    const view = this.#view
    view.cells = this.#slabs.arrayOf(address)
    view.base = this.#slabs.startOf(address)
    view.slots = leastSlots << this.#slabs.sizeOf(address)
    this.#entity = entity
    return view
  }

  #place(row: number, orgId: string, id: string): ValueMemory {
    if (row < this.#end) this.#free.remove(row)
    for (; this.#end <= row; this.#end++) if (this.#end < row) this.#free.give(this.#end)
    const entity = this.#entities.retain(orgId, id)
    this.#entityOf = withRoomFor(this.#entityOf, row)
    this.#addresses.set(entity, this.#slabs.take(0) + 1)
    this.#rowOf.set(entity, row)
    this.#entityOf[row] = entity + 1
    this.#size++
    return this.#show(entity)
  }

  #remove(entity: number): void {
    const row = this.#rowOf.get(entity)
    this.#slabs.give(this.#addresses.get(entity) - 1)
    this.#addresses.set(entity, 0)
    this.#entityOf[row] = 0
    this.#free.give(row)
    this.#entities.release(entity)
    this.#size--
  }

  /** An entry with the memories of the rows from `from` up to but not including `to`; null when there are none. */
  #encode(from: number, to: number): Buffer | null {
    const parts: Buffer[] = []
    for (let row = from; row < Math.min(to, this.#end); row++) {
      const entity = (this.#entityOf[row] as number) - 1
      if (entity < 0) continue
      const bytes = encodeMemory(this.#show(entity), this.#keyOf(entity))
      const head = Buffer.allocUnsafe(headBytes)
      head.writeUInt32LE(row, 0)
      head.writeUInt32LE(bytes.length, 4)
      parts.push(head, bytes)
    }
    return parts.length === 0 ? null : Buffer.concat(parts)
  }

  /** The memory at hand moves to a piece with so many slots. */
  #empty(slots: number): void {
    const { cells, base } = this.#view
    const address = this.#slabs.take(Math.log2(slots / leastSlots))
    this.#slabs.arrayOf(address).set(cells.subarray(base, base + headLength), this.#slabs.startOf(address))
    this.#slabs.give(this.#addresses.get(this.#entity) - 1)
    this.#addresses.set(this.#entity, address + 1)
    this.#show(this.#entity)
  }

  /** A late event may have been the first. */
  #noteFirst(): void {
    const orgId = this.#entities.orgOf(this.#entity)
    const first = knownSince(this.#view)
    if (first < (this.#first.get(orgId) ?? Number.POSITIVE_INFINITY)) this.#first.set(orgId, first)
  }

  #keyOf(entity: number): string {
    return `${this.#entities.orgOf(entity)}\0${this.#entities.idOf(entity)}`
  }
}

/** A memory in an entry of the store. */
export type StoredMemory = {
  readonly row: number
  readonly orgId: string
  readonly id: string
  readonly memory: Buffer
}

/** The memories in an entry of the store. */
export function* memoriesIn(bytes: Buffer): Generator<StoredMemory> {
  for (let position = 0; position < bytes.length; ) {
    const row = bytes.readUInt32LE(position)
    const start = position + headBytes
    position = start + bytes.readUInt32LE(position + 4)
    const memory = bytes.subarray(start, position)
    const key = keyOfMemory(memory)
    const separator = key.indexOf('\0')
    yield { row, orgId: key.slice(0, separator), id: key.slice(separator + 1), memory }
  }
}
