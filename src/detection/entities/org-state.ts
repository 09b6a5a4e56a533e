import { type Codec, type DurableState, jsonCodec, type KeyedChange } from '../../stream/keyed-state.ts'

/**
 * Values by org and id, saved under `<org>\0<id>`. That key is put together only to save them, not with every event that looks
 * one up. Values may be mutated in place: call `touch` after that.
 */
export class OrgState<V> implements DurableState {
  readonly section: string
  readonly #codec: Codec<V>
  readonly #orgs = new Map<string, OrgValues<V>>()
  #size = 0

  constructor(section: string, codec: Codec<V> = jsonCodec<V>()) {
    this.section = section
    this.#codec = codec
  }

  get size(): number {
    return this.#size
  }

  get(orgId: string, id: string): V | undefined {
    return this.#orgs.get(orgId)?.values.get(id)
  }

  set(orgId: string, id: string, value: V): void {
    this.#put(orgId, id, value).changed.add(id)
  }

  /** Says that the value was mutated in place. */
  touch(orgId: string, id: string): void {
    this.#orgs.get(orgId)?.changed.add(id)
  }

  delete(orgId: string, id: string): void {
    const org = this.#orgs.get(orgId)
    if (!org?.values.delete(id)) return
    org.changed.add(id)
    this.#size--
  }

  *entries(): Generator<[orgId: string, id: string, value: V]> {
    for (const [orgId, { values }] of this.#orgs) for (const [id, value] of values) yield [orgId, id, value]
  }

  /** What an org has values of. */
  idsOf(orgId: string): string[] {
    return [...(this.#orgs.get(orgId)?.values.keys() ?? [])]
  }

  /** The values of an org by id. */
  valuesOf(orgId: string): ReadonlyMap<string, V> {
    return this.#orgs.get(orgId)?.values ?? new Map()
  }

  restore(key: string, bytes: Buffer): void {
    const split = key.indexOf('\0')
    this.#put(key.slice(0, split), key.slice(split + 1), this.#codec.decode(bytes))
  }

  takeChanges(): KeyedChange {
    const puts: { key: string; value: Buffer }[] = []
    const deletes: string[] = []
    for (const [orgId, { values, changed }] of this.#orgs) {
      for (const id of changed) {
        const key = `${orgId}\0${id}`
        const value = values.get(id)
        if (value === undefined) deletes.push(key)
        else puts.push({ key, value: this.#codec.encode(value) })
      }
      changed.clear()
    }
    return { puts, deletes }
  }

  #put(orgId: string, id: string, value: V): OrgValues<V> {
    let org = this.#orgs.get(orgId)
    if (!org) {
      org = { values: new Map(), changed: new Set() }
      this.#orgs.set(orgId, org)
    }
    const before = org.values.size
    org.values.set(id, value)
    this.#size += org.values.size - before
    return org
  }
}

type OrgValues<V> = { readonly values: Map<string, V>; readonly changed: Set<string> }
