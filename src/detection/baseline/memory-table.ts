import type { DurableState, KeyedChange } from '../../stream/keyed-state.ts'
import type { EntityIndex } from '../entities/entity-table.ts'
import { withRoomFor } from '../entities/growing.ts'
import { Slabs } from '../entities/slabs.ts'
import {
  beginMemory,
  decodeMemory,
  encodeMemory,
  headLength,
  knownSince,
  leastSlots,
  type ValueMemory,
} from './value-memory.ts'

/** Up to 4096 slots. */
const sizes = Array.from({ length: 10 }, (_, size) => headLength + 2 * (leastSlots << size))

/** The memories of the entities of all orgs. */
export class MemoryTable implements DurableState {
  readonly section: string
  readonly #entities: EntityIndex
  readonly #slabs = new Slabs(sizes)
  /** Address of an entity's memory plus one, by its number; 0 when it has none. */
  #addresses = new Int32Array(16)
  #isChanged = new Uint8Array(16)
  #changed: number[] = []
  #deleted = new Set<string>()
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

  constructor(section: string, entities: EntityIndex) {
    this.section = section
    this.#entities = entities
  }

  get size(): number {
    return this.#size
  }

  /** The memory of an entity, good until another one is asked for. */
  find(orgId: string, id: string): ValueMemory | undefined {
    const entity = this.#entities.find(orgId, id)
    return entity >= 0 && this.#has(entity) ? this.#show(entity) : undefined
  }

  /** When the first entity of the org was seen, ms; to the hour. */
  firstOf(orgId: string): number | undefined {
    return this.#first.get(orgId)
  }

  /** Begins the memory of an entity that has none; good until another one is asked for. */
  add(orgId: string, id: string, time: number): ValueMemory {
    const memory = this.#place(orgId, id)
    beginMemory(memory, time)
    this.#deleted.delete(keyOf(orgId, id))
    this.touch()
    return memory
  }

  /** Says that the memory that was asked for last was changed. */
  touch(): void {
    this.#noteFirst()
    if (this.#isChanged[this.#entity] === 1) return
    this.#isChanged[this.#entity] = 1
    this.#changed.push(this.#entity)
  }

  /** Deletes the memory that was asked for last. */
  delete(): void {
    this.#deleted.add(this.#keyOf(this.#entity))
    this.#remove(this.#entity)
  }

  /** All of them; each is good until the next one. What it is about is known by its org and id. */
  *entries(): Generator<[orgId: string, id: string, memory: ValueMemory]> {
    for (let entity = 0; entity < this.#addresses.length; entity++)
      if (this.#has(entity))
        yield [this.#entities.orgOf(entity), this.#entities.idOf(entity), this.#show(entity)]
  }

  restore(key: string, bytes: Buffer): void {
    const split = key.indexOf('\0')
    const [orgId, id] = [key.slice(0, split), key.slice(split + 1)]
    if (this.find(orgId, id)) this.#remove(this.#entity)
    decodeMemory(bytes, this.#place(orgId, id))
    this.#noteFirst()
  }

  takeChanges(): KeyedChange {
    const puts: { key: string; value: Buffer }[] = []
    for (const entity of this.#changed) {
      if (this.#isChanged[entity] === 0) continue
      this.#isChanged[entity] = 0
      const key = this.#keyOf(entity)
      puts.push({ key, value: encodeMemory(this.#show(entity), key) })
    }
    const deletes = [...this.#deleted]
    this.#changed = []
    this.#deleted = new Set()
    return { puts, deletes }
  }

  #has(entity: number): boolean {
    return (this.#addresses[entity] ?? 0) !== 0
  }

  #show(entity: number): ValueMemory {
    const address = (this.#addresses[entity] as number) - 1
    const view = this.#view
    view.cells = this.#slabs.arrayOf(address)
    view.base = this.#slabs.startOf(address)
    view.slots = leastSlots << this.#slabs.sizeOf(address)
    this.#entity = entity
    return view
  }

  #place(orgId: string, id: string): ValueMemory {
    const entity = this.#entities.retain(orgId, id)
    this.#addresses = withRoomFor(this.#addresses, entity)
    this.#isChanged = withRoomFor(this.#isChanged, entity)
    this.#addresses[entity] = this.#slabs.take(0) + 1
    this.#size++
    return this.#show(entity)
  }

  #remove(entity: number): void {
    this.#slabs.give((this.#addresses[entity] as number) - 1)
    this.#addresses[entity] = 0
    this.#isChanged[entity] = 0
    this.#entities.release(entity)
    this.#size--
  }

  /** The memory at hand moves to a piece with so many slots. */
  #empty(slots: number): void {
    const { cells, base } = this.#view
    const address = this.#slabs.take(Math.log2(slots / leastSlots))
    this.#slabs.arrayOf(address).set(cells.subarray(base, base + headLength), this.#slabs.startOf(address))
    this.#slabs.give((this.#addresses[this.#entity] as number) - 1)
    this.#addresses[this.#entity] = address + 1
    this.#show(this.#entity)
  }

  /** A late event may have been the first. */
  #noteFirst(): void {
    const orgId = this.#entities.orgOf(this.#entity)
    const first = knownSince(this.#view)
    if (first < (this.#first.get(orgId) ?? Number.POSITIVE_INFINITY)) this.#first.set(orgId, first)
  }

  #keyOf(entity: number): string {
    return keyOf(this.#entities.orgOf(entity), this.#entities.idOf(entity))
  }
}

function keyOf(orgId: string, id: string): string {
  return `${orgId}\0${id}`
}
