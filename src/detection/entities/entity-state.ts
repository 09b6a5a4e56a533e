import { type Codec, type DurableState, jsonCodec, type KeyedChange } from '../../stream/keyed-state.ts'
import type { EntityIndex } from './entity-table.ts'

/**
 * Values of entities, saved under `<org>\0<id>`. They are found by the number that the entity has for everybody, which is looked
 * up once per event. Values may be mutated in place: call `touch` after that.
 */
export class EntityState<V> implements DurableState {
  readonly section: string
  readonly #entities: EntityIndex
  readonly #codec: Codec<V>
  readonly #values = new Map<number, V>()
  readonly #changed = new Set<number>()
  readonly #deleted = new Set<string>()

  constructor(section: string, entities: EntityIndex, codec: Codec<V> = jsonCodec<V>()) {
    this.section = section
    this.#entities = entities
    this.#codec = codec
  }

  get size(): number {
    return this.#values.size
  }

  get(orgId: string, id: string): V | undefined {
    if (this.#values.size === 0) return undefined
    const entity = this.#entities.find(orgId, id)
    return entity < 0 ? undefined : this.#values.get(entity)
  }

  set(orgId: string, id: string, value: V): void {
    this.#changed.add(this.#put(orgId, id, value))
  }

  /** Says that the value was mutated in place. */
  touch(orgId: string, id: string): void {
    this.#changed.add(this.#entities.find(orgId, id))
  }

  delete(orgId: string, id: string): void {
    const entity = this.#entities.find(orgId, id)
    if (entity < 0 || !this.#values.delete(entity)) return
    this.#changed.delete(entity)
    this.#deleted.add(keyOf(orgId, id))
    this.#entities.release(entity)
  }

  *entries(): Generator<[orgId: string, id: string, value: V]> {
    for (const [entity, value] of this.#values)
      yield [this.#entities.orgOf(entity), this.#entities.idOf(entity), value]
  }

  restore(key: string, bytes: Buffer): void {
    const split = key.indexOf('\0')
    this.#put(key.slice(0, split), key.slice(split + 1), this.#codec.decode(bytes))
  }

  takeChanges(): KeyedChange {
    const puts = Array.from(this.#changed, (entity) => ({
      key: keyOf(this.#entities.orgOf(entity), this.#entities.idOf(entity)),
      value: this.#codec.encode(this.#values.get(entity) as V),
    }))
    const put = new Set(puts.map(({ key }) => key))
    const deletes = [...this.#deleted].filter((key) => !put.has(key))
    this.#changed.clear()
    this.#deleted.clear()
    return { puts, deletes }
  }

  #put(orgId: string, id: string, value: V): number {
    let entity = this.#entities.find(orgId, id)
    if (entity < 0 || !this.#values.has(entity)) entity = this.#entities.retain(orgId, id)
    this.#values.set(entity, value)
    return entity
  }
}

function keyOf(orgId: string, id: string): string {
  return `${orgId}\0${id}`
}
