import { type DurableState, type KeyedChange, KeyedState } from '../../stream/keyed-state.ts'
import { createMemory, knownSince, memoryCodec, type ValueMemory } from './value-memory.ts'

/** The memories of the entities of all orgs, found without putting a key together. */
export class MemoryTable implements DurableState {
  readonly #state: KeyedState<ValueMemory>
  readonly #orgs = new Map<string, Map<string, ValueMemory>>()
  /** First sight of any entity of an org, ms; of those that are still remembered, after a restart. */
  readonly #first = new Map<string, number>()

  constructor(section: string) {
    this.#state = new KeyedState(section, memoryCodec)
  }

  get section(): string {
    return this.#state.section
  }

  get size(): number {
    return this.#state.size
  }

  find(orgId: string, id: string): ValueMemory | undefined {
    return this.#orgs.get(orgId)?.get(id)
  }

  /** When the first entity of the org was seen, ms; to the hour. */
  firstOf(orgId: string): number | undefined {
    return this.#first.get(orgId)
  }

  /** Begins the memory of an entity that has none. */
  add(orgId: string, id: string, time: number): ValueMemory {
    const memory = createMemory(`${orgId}\0${id}`, time)
    this.#state.set(memory.key, memory)
    this.#index(memory)
    return memory
  }

  /** Says that the memory was changed. */
  touch(memory: ValueMemory): void {
    this.#state.touch(memory.key)
    this.#noteFirst(memory)
  }

  delete(memory: ValueMemory): void {
    const [orgId, id] = splitKey(memory.key)
    this.#orgs.get(orgId)?.delete(id)
    this.#state.delete(memory.key)
  }

  *values(): Generator<ValueMemory> {
    for (const [, memory] of this.#state.entries()) yield memory
  }

  restore(key: string, bytes: Buffer): void {
    this.#state.restore(key, bytes)
    const memory = this.#state.get(key)
    if (memory) this.#index(memory)
  }

  takeChanges(): KeyedChange {
    return this.#state.takeChanges()
  }

  /** A late event may have been the first. */
  #noteFirst(memory: ValueMemory): void {
    const orgId = memory.key.slice(0, memory.key.indexOf('\0'))
    const first = knownSince(memory)
    if (first < (this.#first.get(orgId) ?? Number.POSITIVE_INFINITY)) this.#first.set(orgId, first)
  }

  #index(memory: ValueMemory): void {
    const [orgId, id] = splitKey(memory.key)
    this.#noteFirst(memory)
    let entities = this.#orgs.get(orgId)
    if (!entities) {
      entities = new Map()
      this.#orgs.set(orgId, entities)
    }
    entities.set(id, memory)
  }
}

function splitKey(key: string): [orgId: string, id: string] {
  const split = key.indexOf('\0')
  return [key.slice(0, split), key.slice(split + 1)]
}
