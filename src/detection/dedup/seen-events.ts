import { hour } from '../../duration.ts'
import { type Codec, KeyedState } from '../../stream/keyed-state.ts'
import { fingerprint } from './fingerprint.ts'
import { type Chunk, FingerprintSet } from './fingerprint-set.ts'

export type SeenEventsOptions = {
  /** How far event time must go on before the events of an hour are forgotten, ms. 96 hours when absent. */
  readonly keep?: number
  /** Above so many events the hours filled longest ago are forgotten, except for the one at hand. 4 million when absent. */
  readonly capacity?: number
}

/** The events of one hour of event time, and the partition's newest hour when the last of them came. */
type Segment = {
  readonly hour: number
  readonly set: FingerprintSet
  filled: number
  /** The chunk that grows, as it is kept in the state. */
  tail?: { readonly key: string; readonly stored: StoredChunk }
}

/** A chunk as it is stored; the segment's `filled` goes with it, so that a restore forgets at the same moment. */
type StoredChunk = { readonly chunk: Chunk; filled: number }

/**
 * Which events a partition has already seen, so that a repeated delivery counts once. Bounded, and deterministic: what
 * is forgotten depends on event times only. Events are found by 64-bit fingerprints within their hour, so the chance
 * to take a new event for an old one is below 10⁻¹² even among millions an hour.
 *
 * An hour of events is kept until event time has gone on by `keep` since its last event came: a backfill of an old
 * hour is thus remembered as long as a live one.
 */
export class SeenEvents {
  /** For the task's `states`. Keys are `<hour>/<number of the chunk>`; only chunks that grew are written. */
  readonly state = new KeyedState<StoredChunk>('seen', chunkCodec)
  readonly #keepHours: number
  readonly #capacity: number
  readonly #segments = new Map<number, Segment>()
  readonly #words = new Uint32Array(2)
  #newestHour = Number.NEGATIVE_INFINITY
  #size = 0

  constructor({ keep = 96 * hour, capacity = 4_000_000 }: SeenEventsOptions = {}) {
    this.#keepHours = Math.ceil(keep / hour)
    this.#capacity = capacity
  }

  /** How many events are remembered. */
  get size(): number {
    return this.#size
  }

  /**
   * Remembers an event; true when it is new, false when it was seen before with the same event time.
   * @param identity what makes the event unique, in all orgs of the partition
   * @param eventTime ms since the epoch
   */
  add(identity: string, eventTime: number): boolean {
    const segment = this.#segmentOf(Math.floor(eventTime / hour))
    fingerprint(identity, this.#words)
    if (!segment.set.add(this.#words[0] ?? 0, this.#words[1] ?? 0)) return false
    this.#size += 1
    segment.filled = this.#newestHour
    this.#noteChange(segment)
    if (this.#size > this.#capacity) this.#forgetLongestFilled(segment)
    return true
  }

  /** To be called when the engine has restored `state`. */
  restored(): void {
    const byHour = Map.groupBy(this.state.entries(), ([key]) => Number(key.split('/')[0]))
    for (const [segmentHour, entries] of byHour) {
      const stored = entries.toSorted(([a], [b]) => chunkNumber(a) - chunkNumber(b)).map(([, value]) => value)
      const set = new FingerprintSet()
      set.restore(stored.map(({ chunk }) => chunk))
      const filled = Math.max(...stored.map((value) => value.filled))
      this.#segments.set(segmentHour, { hour: segmentHour, filled, set })
      this.#size += set.size
      this.#newestHour = Math.max(this.#newestHour, filled)
    }
  }

  #segmentOf(segmentHour: number): Segment {
    if (segmentHour > this.#newestHour) {
      this.#newestHour = segmentHour
      this.#forgetOld()
    }
    const known = this.#segments.get(segmentHour)
    if (known) return known
    const segment = { hour: segmentHour, filled: this.#newestHour, set: new FingerprintSet() }
    this.#segments.set(segmentHour, segment)
    return segment
  }

  /** Marks the chunk that an event was just added to. */
  #noteChange(segment: Segment): void {
    const chunk = segment.set.chunks.at(-1)
    if (!chunk) return
    if (segment.tail?.stored.chunk !== chunk) {
      const key = `${segment.hour}/${segment.set.chunks.length - 1}`
      const stored = this.state.get(key) ?? { chunk, filled: segment.filled }
      segment.tail = { key, stored }
      this.state.set(key, stored)
    }
    segment.tail.stored.filled = segment.filled
    this.state.touch(segment.tail.key)
  }

  #forgetOld(): void {
    for (const segment of this.#segments.values()) {
      if (this.#newestHour - segment.filled > this.#keepHours) this.#forget(segment)
    }
  }

  #forgetLongestFilled(current: Segment): void {
    const others = [...this.#segments.values()].filter((segment) => segment !== current)
    others.sort((a, b) => a.filled - b.filled || a.hour - b.hour)
    for (const segment of others) {
      if (this.#size <= this.#capacity) return
      this.#forget(segment)
    }
  }

  #forget({ hour: segmentHour, set }: Segment): void {
    this.#segments.delete(segmentHour)
    this.#size -= set.size
    for (const number of set.chunks.keys()) this.state.delete(`${segmentHour}/${number}`)
  }
}

function chunkNumber(key: string): number {
  return Number(key.split('/')[1])
}

const headerBytes = 4
const entryBytes = 8

/** The hour as a 32-bit integer, then two little-endian words for each fingerprint. */
const chunkCodec: Codec<StoredChunk> = {
  encode({ chunk, filled }) {
    const bytes = Buffer.allocUnsafe(headerBytes + entryBytes * chunk.count)
    bytes.writeInt32LE(filled, 0)
    for (let i = 0; i < 2 * chunk.count; i++) bytes.writeUInt32LE(chunk.words[i] ?? 0, headerBytes + 4 * i)
    return bytes
  },
  decode(bytes) {
    const count = (bytes.length - headerBytes) / entryBytes
    const words = new Uint32Array(2 * count)
    for (let i = 0; i < words.length; i++) words[i] = bytes.readUInt32LE(headerBytes + 4 * i)
    return { chunk: { count, words }, filled: bytes.readInt32LE(0) }
  },
}
