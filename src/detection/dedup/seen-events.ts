import { hour } from '../../duration.ts'
import { fingerprint } from '../../fingerprint.ts'
import { type Chunk, FingerprintSet } from '../../fingerprint-set.ts'
import { type Codec, KeyedState } from '../../stream/keyed-state.ts'

export type SeenEventsOptions = {
  /** How far event time must go on before the events of an hour are forgotten, ms. 96 hours when absent. */
  readonly keep?: number
  /** Above so many events the oldest hours are dropped, except for the one at hand. 4 million when absent. */
  readonly capacity?: number
}

/**
 * An event of a dropped hour is taken for a replayed one when its source has gone on by more than this since, ms. Live events
 * come minutes late, at most hours; a replay goes back for days.
 */
const replayedFrom = 6 * hour

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
 *
 * A partition with more than `capacity` events within `keep` (4 million in 96 hours: a million a day) loses its oldest hours
 * earlier, and remembers that it did. Nobody can tell then which events of such an hour came before: those within six hours
 * of the newest of their source count as new, older ones as seen. So an event is never left out for being a few hours
 * late, and a replay of days counts nothing twice, unless more than `capacity` events lie within the last six hours: those
 * of dropped hours among them count again. The price: an event of a dropped hour that really comes for the first time, more
 * than six hours behind its source, is left out.
 */
export class SeenEvents {
  /**
   * For the task's `states`. Keys are `<hour>/<number of the chunk>`; only chunks that grew are written. `<hour>/dropped` says
   * that there were more.
   */
  readonly state = new KeyedState<StoredChunk>('seen', chunkCodec)
  readonly #keepHours: number
  readonly #capacity: number
  readonly #segments = new Map<number, Segment>()
  /** The hours that were dropped for lack of room, and when they had been filled. Kept as long as they would have been. */
  readonly #dropped = new Map<number, number>()
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
   * @param newest how far the source that sends such events in order has come, ms since the epoch; it goes back only to
   *   send again. When absent, the event is no replay.
   */
  add(identity: string, eventTime: number, newest: number = eventTime): boolean {
    const eventHour = Math.floor(eventTime / hour)
    if (newest - eventTime > replayedFrom && this.#dropped.has(eventHour)) return false
    const segment = this.#segmentOf(eventHour)
    fingerprint(identity, this.#words)
    if (!segment.set.add(this.#words[0] ?? 0, this.#words[1] ?? 0)) return false
    this.#size += 1
    segment.filled = this.#newestHour
    this.#noteChange(segment)
    if (this.#size > this.#capacity) this.#dropOldest(segment)
    return true
  }

  /** Whether it is remembered. */
  has(identity: string, eventTime: number): boolean {
    fingerprint(identity, this.#words)
    const segment = this.#segments.get(Math.floor(eventTime / hour))
    return segment?.set.has(this.#words[0] ?? 0, this.#words[1] ?? 0) ?? false
  }

  /** To be called when the engine has restored `state`. */
  restored(): void {
    const byHour = Map.groupBy(this.state.entries(), ([key]) => Number(key.split('/')[0]))
    for (const [segmentHour, all] of byHour) {
      const entries = all.filter(([key]) => !isDroppedMark(key))
      const mark = this.state.get(`${segmentHour}/${droppedMark}`)
      if (mark) this.#dropped.set(segmentHour, mark.filled)
      if (entries.length === 0) continue
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
      if (this.#isOld(segment.filled)) this.#forget(segment)
    }
    for (const [droppedHour, filled] of this.#dropped) {
      if (!this.#isOld(filled)) continue
      this.#dropped.delete(droppedHour)
      this.state.delete(`${droppedHour}/${droppedMark}`)
    }
  }

  #isOld(filled: number): boolean {
    return this.#newestHour - filled > this.#keepHours
  }

  #dropOldest(current: Segment): void {
    const others = [...this.#segments.values()].filter((segment) => segment !== current)
    others.sort((a, b) => a.hour - b.hour)
    for (const segment of others) {
      if (this.#size <= this.#capacity) return
      this.#forget(segment)
      this.#dropped.set(segment.hour, segment.filled)
      this.state.set(`${segment.hour}/${droppedMark}`, { chunk: noEvents, filled: segment.filled })
    }
  }

  #forget({ hour: segmentHour, set }: Segment): void {
    this.#segments.delete(segmentHour)
    this.#size -= set.size
    for (const number of set.chunks.keys()) this.state.delete(`${segmentHour}/${number}`)
  }
}

const droppedMark = 'dropped'
const noEvents: Chunk = { count: 0, words: new Uint32Array() }

function isDroppedMark(key: string): boolean {
  return key.endsWith(`/${droppedMark}`)
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
