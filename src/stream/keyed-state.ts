/** How one value becomes bytes and back. `decode(encode(v))` must equal `v` in every respect that matters later. */
export interface Codec<V> {
  encode(value: V): Buffer
  decode(bytes: Buffer): V
}

export function jsonCodec<V>(): Codec<V> {
  return {
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse(bytes.toString()) as V,
  }
}

export type KeyedChange = {
  readonly puts: readonly { key: string; value: Buffer }[]
  readonly deletes: readonly string[]
}

/** A part of a task's state as the engine sees it: one section of the store, restored and saved key by key. */
export interface DurableState {
  /** Names the section of the store. A changed meaning of the values needs a new name. */
  readonly section: string
  /** Takes over a stored value; it does not count as a change. */
  restore(key: string, bytes: Buffer): void
  /** What changed since the last call, encoded; forgets it. The engine saves it, however often it must try. */
  takeChanges(): KeyedChange
}

/**
 * The values that a task keeps per key, in memory, with a note of what changed since the last checkpoint. Values may be
 * mutated in place: call `touch` after that.
 */
export class KeyedState<V> implements DurableState {
  readonly section: string
  readonly #codec: Codec<V>
  readonly #values = new Map<string, V>()
  #changed = new Set<string>()
  /** The last change: most of them follow one of the same key. */
  #last: string | null = null

  constructor(section: string, codec: Codec<V> = jsonCodec<V>()) {
    this.section = section
    this.#codec = codec
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  set(key: string, value: V): void {
    this.#values.set(key, value)
    this.touch(key)
  }

  /** Says that the value of `key` was mutated in place. */
  touch(key: string): void {
    if (key === this.#last) return
    this.#changed.add(key)
    this.#last = key
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.touch(key)
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries()
  }

  restore(key: string, bytes: Buffer): void {
    this.#values.set(key, this.#codec.decode(bytes))
  }

  takeChanges(): KeyedChange {
    const puts: { key: string; value: Buffer }[] = []
    const deletes: string[] = []
    for (const key of this.#changed) {
      const value = this.#values.get(key)
      if (value === undefined) deletes.push(key)
      else puts.push({ key, value: this.#codec.encode(value) })
    }
    this.#changed = new Set()
    this.#last = null
    return { puts, deletes }
  }
}
