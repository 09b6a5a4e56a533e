import type { Clock } from '../clock.ts'
import { formatDuration, minute, second } from '../duration.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { Token } from './auth.ts'
import { Backoff, isGood, reactions, type SessionRecord, type Trouble } from './backoff.ts'
import { needsOf } from './channels.ts'
import type { Batch, Refusal, Session, SessionEnd, Start, Transport } from './transport.ts'
import { reportTrouble } from './trouble-report.ts'

/** Keeps what sessions deliver, and knows where they go on. */
export interface Sink {
  /** Where each of these channels goes on. Called once before each session. */
  begin(channels: readonly string[]): ReadonlyMap<string, Start>
  /** @param time when, by Salesforce's clock, ms since the epoch. @throws STORE_UNAVAILABLE, FENCED */
  subscribed(time: number | undefined): Promise<void>
  /**
   * Makes the events durable and moves the cursors behind them; tries again by itself until the signal aborts, and does
   * not wait for the log any more then.
   * @throws FENCED, or a retryable error after the signal has aborted
   */
  deliver(token: Token, batch: Batch, signal: AbortSignal): Promise<void>
  /** A channel has to go on without its cursor. @throws STORE_UNAVAILABLE, FENCED */
  gap(channel: string, reason: string): Promise<void>
}

export type SupervisorOptions = {
  readonly org: string
  readonly channels: readonly string[]
  /** @throws AUTH_REJECTED, AUTH_UNAVAILABLE, CONFIG_INVALID */
  readonly login: (signal: AbortSignal) => Promise<Token>
  readonly transport: Transport
  readonly sink: Sink
  readonly timing: SupervisorTiming
  readonly random: () => number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly onStatus: (status: StreamStatus) => void
}

/** All in ms. */
export type SupervisorTiming = {
  /** How long a batch may take to become durable before the session is given up. */
  readonly patience: number
  /** When a refused channel is asked for again at the latest. */
  readonly retryRefused: number
  /** Factor on every pause between sessions; 1 outside of tests. */
  readonly pace: number
}

/** What suits Salesforce: it waits 40 s at most for the next connect. */
export const defaultSupervisorTiming: SupervisorTiming = {
  patience: 30 * second,
  retryRefused: 15 * minute,
  pace: 1,
}

/**
 * When a refused channel is asked for again, ms; twice as late each time. One that cannot even be had from its oldest event
 * hardly lacks a permission, so that it may be over soon.
 */
const firstRetry: Readonly<Record<Refusal['kind'], number>> = {
  'replay-invalid': 5 * second,
  'replay-unread': 5 * second,
  denied: 1 * minute,
  limit: Number.POSITIVE_INFINITY,
}

/** Sessions in a row that come to nothing until a new token is asked for, whatever the reason: it says where the org is now. */
const fruitlessPerToken = 3

/** Where the stream of an org stands. */
export type StreamStatus = {
  readonly phase: 'connecting' | 'subscribed' | 'waiting'
  readonly orgId?: string
  /** Channels that Salesforce refuses for now, with its words. */
  readonly refused: readonly Refusal[]
  /** What stands in the way of a session. */
  readonly problem?: string
}

type Refused = Refusal & { readonly until: number; readonly times: number }
type Outcome = { readonly trouble: Trouble; readonly text: string; readonly session: SessionRecord }

const noSession: SessionRecord = { subscribedFor: 0, hasDelivered: false }

/** The stream of one org: session after session, one at a time, for as long as the signal lets it. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #backoff: Backoff
  readonly #refused = new Map<string, Refused>()
  /** Channels whose cursor the server did not find in the request when it was last asked. */
  readonly #unread = new Set<string>()
  #token: Token | undefined
  /** Sessions in a row that failed before they had subscribed. */
  #fruitless = 0
  /** When the org was last heard, by the monotonic clock, ms. */
  #heardAt: number

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#heardAt = options.clock.monotonic()
    this.#backoff = new Backoff({ random: options.random, pace: options.timing.pace })
  }

  /** Resolves when the signal aborts. @throws FENCED when another owner has the lease */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const outcome = await this.#attempt(signal)
      if (signal.aborted) return
      const pause = this.#backoff.pause(outcome.trouble, clock.monotonic(), outcome.session)
      if (isGood(outcome.session)) this.#heardAt = clock.monotonic()
      this.#report(outcome, pause)
      if (this.#needsToken(outcome)) this.#token = undefined
      await clock.sleep(pause, signal)
    }
  }

  #needsToken({ trouble, session }: Outcome): boolean {
    const isFruitless = session.subscribedFor === 0 && trouble !== 'closed' && trouble !== 'refused'
    this.#fruitless = isFruitless ? this.#fruitless + 1 : 0
    return reactions[trouble].renewToken || (isFruitless && this.#fruitless % fruitlessPerToken === 0)
  }

  async #attempt(signal: AbortSignal): Promise<Outcome> {
    this.#status('connecting')
    try {
      this.#token ??= await this.#options.login(signal)
    } catch (error) {
      return failedLogin(error)
    }
    const channels = this.#channelsToAskFor()
    if (channels.length > 0) return this.#runSession(this.#token, channels, signal)
    await this.#options.clock.sleep(this.#untilRetry() ?? 0, signal)
    return { trouble: 'closed', text: 'every channel was refused', session: noSession }
  }

  async #runSession(token: Token, channels: readonly string[], signal: AbortSignal): Promise<Outcome> {
    const { transport, sink, clock, metrics, org } = this.#options
    const starts = sink.begin(channels)
    const session = transport.open({ ...token, channels: starts })
    const leave = () => void session.close()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    const untilRetry = this.#untilRetry()
    const cancelRetry = untilRetry === undefined ? undefined : clock.after(untilRetry, leave)
    let subscribedAt: number | undefined
    let hasDelivered = false
    const record = (): SessionRecord => ({
      subscribedFor: subscribedAt === undefined ? 0 : clock.monotonic() - subscribedAt,
      hasDelivered,
    })
    try {
      for (let step = await session.next(); ; step = await session.next()) {
        if (step.kind === 'ended') return await this.#afterSession(step.end, starts, record())
        if (step.kind === 'batch') {
          await this.#deliver(session, token, step, signal)
          hasDelivered ||= step.messages.length > 0
        } else {
          await sink.subscribed(step.time)
          subscribedAt = clock.monotonic()
          this.#announce(channels)
        }
      }
    } catch (error) {
      if (!(error instanceof ForcewatchError) || error.code === 'FENCED') throw error
      metrics.sessions_total.inc({ org, reason: 'not-kept' })
      return { trouble: 'not-kept', text: describe(error), session: record() }
    } finally {
      metrics.session_up.set({ org }, 0)
      cancelRetry?.()
      signal.removeEventListener('abort', leave)
      await session.close()
    }
  }

  /** When the batch is not safe in time the server has to be let go: it waits 40 s at most for the next connect. */
  async #deliver(session: Session, token: Token, batch: Batch, signal: AbortSignal): Promise<void> {
    const { sink, clock, timing } = this.#options
    const tooLong = new AbortController()
    const giveUp = () => {
      tooLong.abort()
      void session.close()
    }
    const cancel = clock.after(timing.patience, giveUp)
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    try {
      await sink.deliver(token, batch, tooLong.signal)
    } finally {
      cancel()
      signal.removeEventListener('abort', giveUp)
    }
    session.acknowledge()
  }

  async #afterSession(
    end: SessionEnd,
    asked: ReadonlyMap<string, Start>,
    session: SessionRecord,
  ): Promise<Outcome> {
    const { org, metrics } = this.#options
    metrics.sessions_total.inc({ org, reason: end.kind })
    if (end.kind === 'closed') return { trouble: 'closed', text: 'we left', session }
    if (end.kind !== 'refused') {
      const { kind, text, retryAfter } = end
      return { trouble: kind, text, session: retryAfter === undefined ? session : { ...session, retryAfter } }
    }
    for (const refusal of end.refusals) {
      const { channel, kind, text } = refusal
      // A channel that may not even start from the oldest event has another problem than its cursor.
      if (!isAboutCursor(kind) || asked.get(channel) === 'oldest') this.#refuse(refusal)
      // Nothing says that the cursor itself is wrong, so it is not given up at once.
      else if (kind === 'replay-unread' && !this.#unread.has(channel)) this.#unread.add(channel)
      else await this.#options.sink.gap(channel, text)
    }
    const text = end.refusals.map(({ channel, text }) => `${channel}: ${text}`).join('; ')
    return { trouble: 'refused', text, session }
  }

  #refuse(refusal: Refusal): void {
    const { org, clock, timing, logger, metrics } = this.#options
    const { channel, text } = refusal
    const times = (this.#refused.get(channel)?.times ?? 0) + 1
    const wait = Math.min(timing.retryRefused, firstRetry[refusal.kind] * 2 ** (times - 1) * timing.pace)
    this.#refused.set(channel, { ...refusal, times, until: clock.monotonic() + wait })
    metrics.channel_up.set({ org, channel }, 0)
    const { permission, remedy } = needsOf(channel)
    const again = `asked for again in ${formatDuration(wait)}`
    if (refusal.kind === 'limit') {
      logger.error({ org, channel }, `${channel} has used up an allowance of the org: ${text}; ${again}`)
    } else {
      logger.error({ org, channel, permission, remedy }, `Salesforce refuses ${channel}: ${text}; ${again}`)
    }
  }

  #announce(channels: readonly string[]): void {
    const { org, logger, metrics } = this.#options
    for (const channel of channels) {
      metrics.channel_up.set({ org, channel }, 1)
      this.#refused.delete(channel)
      this.#unread.delete(channel)
    }
    metrics.session_up.set({ org }, 1)
    logger.info({ org, channels: channels.length }, 'subscribed')
    this.#status('subscribed')
  }

  #channelsToAskFor(): readonly string[] {
    const now = this.#options.clock.monotonic()
    return this.#options.channels.filter((channel) => (this.#refused.get(channel)?.until ?? 0) <= now)
  }

  /** Until the first of the channels that are left out for now is due again, ms; undefined when none is left out. */
  #untilRetry(): number | undefined {
    const now = this.#options.clock.monotonic()
    const due = [...this.#refused.values()].map(({ until }) => until).filter((until) => until > now)
    return due.length === 0 ? undefined : Math.min(...due) - now
  }

  #report({ trouble, text }: Outcome, pause: number): void {
    const { org, clock, timing, logger } = this.#options
    if (trouble === 'closed') return
    this.#status('waiting', text)
    const instance = this.#token?.instanceUrl
    reportTrouble(logger, {
      org,
      trouble,
      text,
      pause,
      inARow: this.#backoff.count(trouble),
      silence: (clock.monotonic() - this.#heardAt) / timing.pace,
      ...(instance === undefined ? {} : { instance }),
    })
  }

  #status(phase: StreamStatus['phase'], problem?: string): void {
    const refused = [...this.#refused.values()].map(({ channel, kind, text }) => ({ channel, kind, text }))
    const orgId = this.#token?.orgId
    this.#options.onStatus({
      phase,
      refused,
      ...(orgId === undefined ? {} : { orgId }),
      ...(problem === undefined ? {} : { problem }),
    })
  }
}

function isAboutCursor(kind: Refusal['kind']): boolean {
  return kind === 'replay-invalid' || kind === 'replay-unread'
}

function failedLogin(error: unknown): Outcome {
  const mayPass = error instanceof ForcewatchError && error.retryable
  return {
    trouble: mayPass ? 'auth-unavailable' : 'auth-rejected',
    text: describe(error),
    session: noSession,
  }
}

function describe(error: unknown): string {
  const remedy = error instanceof ForcewatchError ? error.remedy : undefined
  return remedy === undefined ? messageOf(error) : `${messageOf(error)} — ${remedy}`
}
