import { second } from '../../duration.ts'
import { fingerprint } from '../../fingerprint.ts'
import { FingerprintSet } from '../../fingerprint-set.ts'
import type { EventKey } from '../event-message.ts'

/** The stream carries EventDate in whole seconds where the storage object has milliseconds. */
const imprecision = second

export type LoggedEventsOptions = {
  /** From when on every event of the log will be noted, ms since the epoch. */
  readonly since: number
  /** ms */
  readonly sliceLength: number
  /** Events remembered at most, of all types: 13 to 19 bytes each. Four million when absent. */
  readonly capacity?: number
}

type Slice = { readonly start: number; readonly set: FingerprintSet }

/**
 * Which events the log holds, by type and slice of time: 64-bit fingerprints of their identifiers. Bounded: whoever asks for
 * a time before {@link LoggedEvents.since} has to look into the log.
 */
export class LoggedEvents {
  readonly #sliceLength: number
  readonly #capacity: number
  readonly #slices = new Map<string, Slice>()
  readonly #appending = new Map<string, number>()
  readonly #words = new Uint32Array(2)
  #since: number
  #size = 0

  constructor({ since, sliceLength, capacity = 4_000_000 }: LoggedEventsOptions) {
    this.#since = since
    this.#sliceLength = sliceLength
    this.#capacity = capacity
  }

  /** All events of the log from this time on are known. */
  get since(): number {
    return this.#since
  }

  note({ type, identifier, time }: EventKey): void {
    if (time < this.#since - imprecision) return
    const start = this.#startOf(time)
    const name = `${type}/${start}`
    const slice = this.#slices.get(name) ?? { start, set: new FingerprintSet() }
    this.#slices.set(name, slice)
    const [low, high] = this.#print(identifier)
    if (slice.set.add(low, high)) this.#size++
    if (this.#size > this.#capacity) this.forget(this.#oldest() + this.#sliceLength)
  }

  /** Whether the log holds it, or is about to. */
  has({ type, identifier, time }: EventKey): boolean {
    if (this.#appending.has(`${type}/${identifier}`)) return true
    const [low, high] = this.#print(identifier)
    const last = time + imprecision
    for (let start = this.#startOf(time - imprecision); start <= last; start += this.#sliceLength)
      if (this.#slices.get(`${type}/${start}`)?.set.has(low, high)) return true
    return false
  }

  /** Kinds of which an event is known. */
  types(): ReadonlySet<string> {
    return new Set([...this.#slices.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))))
  }

  /** How many events of a type are known in the slices that lie wholly between `from` and `to`. */
  count(type: string, from: number, to: number): number {
    let sum = 0
    const length = this.#sliceLength
    for (let start = Math.ceil(from / length) * length; start + length <= to; start += length)
      sum += this.#slices.get(`${type}/${start}`)?.set.size ?? 0
    return sum
  }

  /** These are on their way into the log: they are neither missing nor there for good. Ends when the answer is called. */
  appending(events: readonly EventKey[]): (outcome: 'appended' | 'failed') => void {
    const names = events.map(({ type, identifier }) => `${type}/${identifier}`)
    for (const name of names) this.#appending.set(name, (this.#appending.get(name) ?? 0) + 1)
    return (outcome) => {
      for (const name of names) {
        const left = (this.#appending.get(name) ?? 1) - 1
        if (left > 0) this.#appending.set(name, left)
        else this.#appending.delete(name)
      }
      if (outcome === 'appended') for (const event of events) this.note(event)
    }
  }

  /** Forgets what happened before. */
  forget(before: number): void {
    this.#since = Math.max(this.#since, before)
    for (const [name, { start, set }] of this.#slices) {
      if (start + this.#sliceLength > this.#since) continue
      this.#slices.delete(name)
      this.#size -= set.size
    }
  }

  #oldest(): number {
    return Math.min(...[...this.#slices.values()].map(({ start }) => start))
  }

  #print(identifier: string): readonly [low: number, high: number] {
    fingerprint(identifier, this.#words)
    return [this.#words[0] ?? 0, this.#words[1] ?? 0]
  }

  #startOf(time: number): number {
    return Math.floor(time / this.#sliceLength) * this.#sliceLength
  }
}
