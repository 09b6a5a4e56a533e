import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Random } from '../random.ts'

/** One event on the bus. `payload` is JSON text: it is written once and sent many times. */
export type BusEvent = {
  readonly channel: string
  /** What kind of event it is: not what its channel is called where that is a custom one. */
  readonly name: string
  readonly replayId: number
  readonly uuid: string
  readonly payload: string
  /** When it was published on the bus, ms since the epoch: what retention is counted from. */
  readonly publishedAt: number
}

/** How much can be replayed. */
export type Retention = {
  /** How long an event can be replayed, in ms (Salesforce: 72 h). */
  readonly age: number
  /** Bound of the simulator's own memory: events kept per channel. */
  readonly perChannel: number
}

/** Where a subscription starts: after an event, with the oldest one kept, or with the next one to be published. */
export type Replay =
  | { readonly kind: 'events'; readonly events: readonly BusEvent[] }
  | { readonly kind: 'invalid' }

/** Every event of an org that can still be replayed, and those who listen for new ones. */
export interface EventBus {
  /** @param name kind of event; what the channel is called when absent */
  publish(channel: string, payload: Record<string, unknown>, name?: string): BusEvent
  /** Calls back for each event published from now on, synchronously, until the returned function is called. */
  listen(listener: (event: BusEvent) => void): () => void
  /** What `ext.replay` asks for: -1 nothing old, -2 everything kept, N everything after N, which must still be kept. */
  replay(channel: string, replayId: number): Replay
  /** Forgets every event and starts the ids anew, as after a refresh of a sandbox. */
  reset(): void
}

export type EventBusOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly retention: Retention
}

/** An empty bus. */
export function createEventBus({ clock, random, retention }: EventBusOptions): EventBus {
  const kept = new Map<string, BusEvent[]>()
  const listeners = new Set<(event: BusEvent) => void>()
  const ids = createReplayIds(random)
  const shuffled = createShuffler(random)

  function fresh(channel: string): BusEvent[] {
    const events = kept.get(channel) ?? []
    const oldest = clock.now() - retention.age
    const expired = events.findIndex((event) => event.publishedAt >= oldest)
    if (expired !== 0) events.splice(0, expired < 0 ? events.length : expired)
    return events
  }

  return {
    publish(channel, payload, name = channel.slice('/event/'.length)) {
      const event: BusEvent = {
        channel,
        name,
        replayId: ids.next(),
        uuid: random.uuid(),
        payload: JSON.stringify(shuffled(payload)),
        publishedAt: clock.now(),
      }
      const events = kept.get(channel) ?? []
      kept.set(channel, events)
      events.push(event)
      // Trimmed a tenth at a time, since removing the first element of a long list each time is slow.
      if (events.length > retention.perChannel * 1.1) events.splice(0, events.length - retention.perChannel)
      for (const listener of listeners) listener(event)
      return event
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    replay(channel, replayId) {
      const events = fresh(channel)
      if (replayId === -1) return { kind: 'events', events: [] }
      if (replayId === -2) return { kind: 'events', events: events.slice() }
      const index = events.findIndex((event) => event.replayId === replayId)
      return index < 0 ? { kind: 'invalid' } : { kind: 'events', events: events.slice(index + 1) }
    },
    reset() {
      kept.clear()
      ids.reset()
    },
  }
}

/** Ids rise with gaps of random size and are shared by all channels of an org. */
export function createReplayIds(random: Random): { next(): number; reset(): void } {
  let last = 0
  const reset = () => {
    last = 1_000_000 + random.integer(8_000_000)
  }
  reset()
  return {
    next() {
      last += random.chance(0.8) ? 1 : 1 + random.integer(40)
      return last
    },
    reset,
  }
}

/** The 22-character fingerprint that stands for an event's definition; the same for the same channel. */
export function schemaOf(channel: string): string {
  return createHash('md5').update(channel).digest('base64url')
}

/** Salesforce promises no order of keys: each payload gets one of a few orders, chosen at random. */
function createShuffler(random: Random) {
  const orders = new Map<string, readonly (readonly string[])[]>()
  return (payload: Record<string, unknown>): Record<string, unknown> => {
    const keys = Object.keys(payload)
    const shape = keys.join()
    const choices = orders.get(shape) ?? Array.from({ length: 4 }, () => shuffle(keys, random))
    orders.set(shape, choices)
    const result: Record<string, unknown> = {}
    for (const key of random.pick(choices)) result[key] = payload[key]
    return result
  }
}

function shuffle<T>(list: readonly T[], random: Random): readonly T[] {
  return list
    .map((item) => ({ item, rank: random.next() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item)
}
