import { hour, minute } from '../duration.ts'
import { ForcewatchError } from '../errors.ts'
import type { Log, NewRecord } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { retrying } from '../retrying.ts'
import type { Token } from './auth.ts'
import {
  type ChannelShare,
  type EventMessage,
  eventDateOf,
  publishedAt,
  sharesOf,
  toEventKey,
} from './event-message.ts'
import type { OrgClock } from './org-clock.ts'
import type { LoggedEvents } from './reconcile/logged-events.ts'
import type { ReplayState } from './replay-state.ts'
import type { Sink } from './supervisor.ts'
import type { Batch, Start } from './transport.ts'

export type EventSinkOptions = {
  /** The org's name in the configuration. */
  readonly org: string
  readonly log: Log
  readonly topic: string
  readonly state: ReplayState
  /** Makes sure that the lease is ours before anything is written under it. @throws STORE_UNAVAILABLE, FENCED */
  readonly ensureHeld: () => Promise<void>
  /** Events that happened before this are stamped `origin: backfill`, ms since the epoch. */
  readonly watchFrom: number | undefined
  /** A heartbeat is written when a live session has delivered nothing for this long, ms. */
  readonly heartbeat: number
  /** Is told what the log holds, where somebody compares it with storage objects. */
  readonly logged?: LoggedEvents
  readonly onGap?: () => void
  /** Is told the time whenever the org says it. */
  readonly clock: OrgClock
  readonly logger: Logger
  readonly metrics: Metrics
}

/** How far our clock may be ahead of Salesforce's where that says no time, ms. What comes in additionally is as real as the rest. */
const clockTolerance = 1 * hour
/** Salesforce keeps what it streams for at least so long, ms. */
const retention = 72 * hour
/** A heartbeat stays this far behind the time, since events arrive a little after they happened, ms. */
const heartbeatDelay = 2 * minute
/** What was missed before a session comes at its beginning: a heartbeat in between would make it late, ms. */
const longestCatchUp = 1 * minute

/** Writes events to the log and then, when they are durable, moves the cursors. */
export class EventSink implements Sink {
  readonly #options: EventSinkOptions
  /** Channels that this session replays although they have no cursor. */
  #replayed: ReadonlySet<string> = new Set()
  /** What this session asks for, and what it has subscribed to. */
  #asked: readonly string[] = []
  #heard: readonly string[] = []
  /** What any session asked for, so also what Salesforce refused. */
  readonly #wanted = new Set<string>()
  #begun = 0
  #heartbeatAllowedFrom = 0
  /** Not of this session alone: sessions that end soon would otherwise never come to a heartbeat. */
  #lastDelivery: number

  constructor(options: EventSinkOptions) {
    this.#options = options
    this.#lastDelivery = options.clock.monotonic()
  }

  begin(channels: readonly string[]): ReadonlyMap<string, Start> {
    const { clock, state, heartbeat } = this.#options
    this.#begun = clock.now()
    this.#asked = channels
    this.#heard = []
    for (const channel of channels) this.#wanted.add(channel)
    this.#heartbeatAllowedFrom = clock.monotonic() + Math.min(longestCatchUp, heartbeat)
    const starts = new Map(channels.map((channel) => [channel, state.start(channel)]))
    this.#replayed = new Set(channels.filter((channel) => starts.get(channel) === 'oldest'))
    return starts
  }

  async subscribed(time: number | undefined): Promise<void> {
    const { state, clock } = this.#options
    clock.tell(time)
    await state.subscribed(this.#firstMoment(time))
    const now = clock.now()
    await this.#noteUnheard(now)
    const unknown = [...this.#wanted].filter((channel) => state.heard(channel) === undefined)
    await state.hear([...new Set([...this.#asked, ...unknown])], now)
    this.#heard = this.#asked
  }

  async deliver(token: Token, batch: Batch, signal: AbortSignal): Promise<void> {
    const { state, clock, ensureHeld } = this.#options
    const { messages, time } = batch
    clock.tell(time)
    await this.#insist('store', ensureHeld, signal)
    if (messages.length > 0) this.#lastDelivery = clock.monotonic()
    const kept = messages.filter((message) => !this.#isFromBefore(message))
    const records = kept.map((message) => this.#toRecord(message, token))
    const heartbeat = this.#dueHeartbeat(token)
    if (heartbeat) records.push(heartbeat)
    if (records.length > 0) await this.#append(records, kept, signal)
    if (messages.length > 0) {
      await this.#insist('store', () => state.subscribed(this.#firstMoment(time)), signal)
    }
    await this.#insist('store', () => state.hear(this.#heard, clock.now()), signal)
    const shares = sharesOf(messages, clock.now())
    if (messages.length > 0 || batch.cursors.size > 0) {
      await this.#insist('store', () => state.advance(batch.cursors, shares), signal)
    }
    this.#count(shares)
  }

  async gap(channel: string, reason: string): Promise<void> {
    const { state, clock, org, logger, metrics } = this.#options
    const gap = await state.recordGap(channel, reason, clock.now())
    metrics.gaps_total.inc({ org, channel })
    logger.warn({ org, ...gap }, `${channel} goes on from the oldest event kept; some may be missing`)
    this.#options.onGap?.()
  }

  /** Where there is no cursor Salesforce cannot say that it is too old. */
  async #noteUnheard(now: number): Promise<void> {
    for (const channel of this.#replayed) {
      const heard = this.#options.state.heard(channel) ?? now
      if (now - heard <= retention) continue
      const since = new Date(heard).toISOString()
      await this.gap(channel, `not subscribed to since ${since}: longer than Salesforce keeps events`)
    }
  }

  /** When the first session began, by the clock of Salesforce if ours is ahead of it. */
  #firstMoment(time: number | undefined): number {
    return Math.min(this.#begun, time ?? this.#begun)
  }

  /** Whether a replay without cursor reached back to before this org was first subscribed to. */
  #isFromBefore(message: EventMessage): boolean {
    const first = this.#options.state.firstSubscription
    if (first === undefined || !this.#replayed.has(message.channel)) return false
    return (publishedAt(message) ?? Number.POSITIVE_INFINITY) < first - clockTolerance
  }

  #toRecord(message: EventMessage, { orgId }: Token): NewRecord {
    const { org, watchFrom } = this.#options
    const isOld = watchFrom !== undefined && (eventDateOf(message) ?? watchFrom) < watchFrom
    const origin = isOld ? 'backfill' : 'stream'
    return { key: orgId, value: message.value, headers: { org, origin } }
  }

  /** Without it a quiet org's windows would stay open, since event time comes from records. */
  #dueHeartbeat({ orgId }: Token): NewRecord | undefined {
    const { clock, heartbeat, org } = this.#options
    const now = clock.monotonic()
    if (now - this.#lastDelivery < heartbeat || now < this.#heartbeatAllowedFrom) return undefined
    this.#lastDelivery = now
    const EventDate = new Date(clock.now() - heartbeatDelay).toISOString()
    return {
      key: orgId,
      value: JSON.stringify({ channel: '/forcewatch/heartbeat', data: { payload: { EventDate } } }),
      headers: { org, origin: 'heartbeat' },
    }
  }

  /** An append that is not waited for any more may still succeed: then the next session brings the same events again. */
  async #append(
    records: readonly NewRecord[],
    messages: readonly EventMessage[],
    signal: AbortSignal,
  ): Promise<void> {
    const { log, topic, org, logged } = this.#options
    const end = logged?.appending(messages.map(toEventKey).filter((key) => key !== undefined))
    const action = () =>
      untilAborted(
        log.append(topic, records),
        signal,
        () =>
          new ForcewatchError('LOG_UNAVAILABLE', `org ${org}: a batch was given up before the log took it.`),
      )
    try {
      await this.#insist('log', action, signal)
      end?.('appended')
    } catch (error) {
      end?.('failed')
      throw error
    }
  }

  /** Repeats what may be repeated. The session stands still meanwhile, so nothing is lost. */
  #insist(what: 'log' | 'store', action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, logger, org } = this.#options
    return retrying(action, {
      clock,
      signal,
      onRetry: (error, wait) =>
        logger.warn({ org }, `the ${what} did not take a batch: ${error.message}; again in ${wait} ms`),
    })
  }

  #count(shares: ReadonlyMap<string, ChannelShare>): void {
    const { org, metrics } = this.#options
    for (const [channel, { events, newest }] of shares) {
      metrics.events_received_total.inc({ org, channel }, events)
      if (newest !== undefined) metrics.last_event_timestamp_seconds.set({ org, channel }, newest / 1000)
    }
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => Error): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const giveUp = () => aborted.reject(reason())
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
