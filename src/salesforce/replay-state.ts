import { hour } from '../duration.ts'
import type { Lease, StateEntry } from '../store/state-store.ts'
import type { ChannelShare, Cursor } from './event-message.ts'
import type { Start } from './transport.ts'

/** A stretch of time in which events of a channel may be missing from the log. */
export type Gap = {
  readonly channel: string
  /** EventDate of the last event that we have, ISO; when the channel was heard last if there was none. */
  readonly from?: string
  /** ISO. */
  readonly to: string
  /** What Salesforce no longer knew. */
  readonly cursor?: Cursor
  readonly reason: string
}

const sections = {
  cursor: 'cursor',
  newest: 'newest',
  heard: 'heard',
  gap: 'gaps',
  first: 'first-subscription',
} as const
const firstKey = 'time'
/** How much later than remembered a channel may have been heard, ms. */
const heardPrecision = 1 * hour
/** Gaps that are remembered per org, the newest ones. */
const maxGaps = 1000

/**
 * How far each channel of an org has come, in the store under our lease. A cursor moves only after the log has acknowledged
 * the events before it.
 */
export class ReplayState {
  readonly #lease: Lease
  readonly #cursors = new Map<string, Cursor>()
  readonly #newest = new Map<string, number>()
  readonly #heard = new Map<string, number>()
  readonly #gaps = new Map<string, Gap>()
  #firstSubscription: number | undefined

  private constructor(lease: Lease) {
    this.#lease = lease
  }

  /** @throws STORE_UNAVAILABLE, FENCED */
  static async load(lease: Lease): Promise<ReplayState> {
    const state = new ReplayState(lease)
    for await (const { section, key, value } of lease.restore()) {
      if (section === sections.cursor) state.#cursors.set(key, value.toString())
      if (section === sections.newest) state.#newest.set(key, Date.parse(value.toString()))
      if (section === sections.heard) state.#heard.set(key, Date.parse(value.toString()))
      if (section === sections.gap) state.#gaps.set(key, JSON.parse(value.toString()))
      if (section === sections.first && key === firstKey)
        state.#firstSubscription = Date.parse(value.toString())
    }
    return state
  }

  /** Every gap on record, by a key that stays. */
  get gaps(): ReadonlyMap<string, Gap> {
    return this.#gaps
  }

  /** When this org was subscribed to for the first time, ms since the epoch. */
  get firstSubscription(): number | undefined {
    return this.#firstSubscription
  }

  /**
   * Where a channel goes on. Without a cursor it starts with the next event only if the org has never been subscribed to:
   * later that would skip what was published since the last session.
   */
  start(channel: string): Start {
    const after = this.#cursors.get(channel)
    if (after !== undefined) return { after }
    return this.#firstSubscription === undefined ? 'now' : 'oldest'
  }

  /** Remembers the first subscription; any later call does nothing. @throws STORE_UNAVAILABLE, FENCED */
  async subscribed(time: number): Promise<void> {
    if (this.#firstSubscription !== undefined) return
    await this.#lease.commit({ puts: [toEntry(sections.first, firstKey, toIso(time))] })
    this.#firstSubscription = time
  }

  /** When a channel was subscribed to last, or else first asked for, ms since the epoch; undefined when it never was. */
  heard(channel: string): number | undefined {
    return this.#heard.get(channel)
  }

  /** Remembers that these channels were subscribed to at this time, ms since the epoch. @throws STORE_UNAVAILABLE, FENCED */
  async hear(channels: readonly string[], time: number): Promise<void> {
    const forgotten = Number.NEGATIVE_INFINITY
    const due = channels.filter((channel) => time - (this.heard(channel) ?? forgotten) >= heardPrecision)
    if (due.length === 0) return
    await this.#lease.commit({ puts: due.map((channel) => toEntry(sections.heard, channel, toIso(time))) })
    for (const channel of due) this.#heard.set(channel, time)
  }

  /** Moves the cursors behind this batch, all of them or none. @throws STORE_UNAVAILABLE, FENCED */
  async advance(
    cursors: ReadonlyMap<string, Cursor>,
    shares: ReadonlyMap<string, ChannelShare>,
  ): Promise<void> {
    const newest = [...shares].flatMap(([channel, { newest: date }]) =>
      date !== undefined && date > (this.#newest.get(channel) ?? 0) ? [[channel, date] as const] : [],
    )
    const puts = [
      ...[...cursors].map(([channel, cursor]) => toEntry(sections.cursor, channel, cursor)),
      ...newest.map(([channel, date]) => toEntry(sections.newest, channel, toIso(date))),
    ]
    if (puts.length === 0) return
    await this.#lease.commit({ puts })
    for (const [channel, cursor] of cursors) this.#cursors.set(channel, cursor)
    for (const [channel, date] of newest) this.#newest.set(channel, date)
  }

  /**
   * Forgets a cursor that Salesforce does not know any more, and keeps a record of the gap, which ends now, in the place of the oldest one.
   * @throws STORE_UNAVAILABLE, FENCED
   */
  async recordGap(channel: string, reason: string, now: number): Promise<Gap> {
    const from = this.#newest.get(channel) ?? this.heard(channel)
    const cursor = this.#cursors.get(channel)
    const gap: Gap = {
      channel,
      ...(from === undefined ? {} : { from: toIso(from) }),
      to: toIso(now),
      ...(cursor === undefined ? {} : { cursor }),
      reason,
    }
    const key = `${channel} ${gap.to}`
    const forgotten = oldestFirst(this.#gaps.keys()).slice(0, Math.max(0, this.#gaps.size + 1 - maxGaps))
    await this.#lease.commit({
      puts: [toEntry(sections.gap, key, JSON.stringify(gap)), toEntry(sections.heard, channel, gap.to)],
      deletes: [
        { section: sections.cursor, key: channel },
        ...forgotten.map((old) => ({ section: sections.gap, key: old })),
      ],
    })
    this.#cursors.delete(channel)
    this.#heard.set(channel, now)
    for (const old of forgotten) this.#gaps.delete(old)
    this.#gaps.set(key, gap)
    return gap
  }
}

/** The gaps among the entries of an org's scope, by key. */
export async function readGaps(entries: AsyncIterable<StateEntry>): Promise<ReadonlyMap<string, Gap>> {
  const gaps = new Map<string, Gap>()
  for await (const { section, key, value } of entries)
    if (section === sections.gap) gaps.set(key, JSON.parse(value.toString()))
  return gaps
}

/** Where the state of an org is kept. */
export function ingestScope(org: string): string {
  return `ingest:${org}`
}

/** By the time at the end of a gap's key. */
function oldestFirst(keys: Iterable<string>): string[] {
  const timeOf = (key: string) => key.slice(key.lastIndexOf(' '))
  return [...keys].sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
}

function toEntry(section: string, key: string, value: string): StateEntry {
  return { section, key, value: Buffer.from(value) }
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
