import type { Clock } from '../../clock.ts'
import { day, hour, minute, second } from '../../duration.ts'
import { ForcewatchError, hasCode } from '../../errors.ts'
import type { Log } from '../../log/log.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import { retrying } from '../../retrying.ts'
import type { Lease, StateStore } from '../../store/state-store.ts'
import { requestToken, type Token } from '../auth.ts'
import { needsOf } from '../channels.ts'
import { toReadProblem } from '../directory/read-users.ts'
import type { OrgOptions } from '../org-options.ts'
import { ReconcileState, reconcileScope } from '../reconcile/reconcile-state.ts'
import { ingestScope, ReplayState } from '../replay-state.ts'
import { createOrgRest, type OrgRest } from '../storage/org-rest.ts'
import { type BackfillProgress, BackfillState, backfillScope } from './backfill-state.ts'
import { type Chunk, History, TooManyEvents } from './history.ts'

export type BackfillOptions = {
  readonly org: OrgOptions
  readonly log: Log
  readonly topic: string
  readonly store: StateStore
  /** How far back, ms. */
  readonly length: number
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly signal: AbortSignal
  /** Told after each step, and (`waiting`) before a pause for the org's allowance. */
  readonly onProgress: (progress: BackfillProgress, waiting: boolean) => void
}

/** What a backfill did. `late`: the org has been watched before, so that detection is past what was filled in. */
export type BackfillResult = BackfillProgress & {
  readonly late: boolean
  readonly byStream: ReadonlyMap<string, number>
  readonly calls: number
}

const leaseTtl = 15 * second
/** Events that are held in memory at most: a longer stretch of time is cut in half. */
const mostEvents = 50_000
const shortestChunk = minute
const recordsAtOnce = 500
/** How often the org's allowance is asked for, in calls; and how long a backfill waits while little is left, ms. */
const callsBetweenLooks = 50
const wait = 5 * minute
const retryAfter = 15 * second

/**
 * Fills the log with what an org has kept of the last days, oldest first over all kinds of events, so that detection learns them in the order
 * in which they happened. Goes on where an earlier run stopped. It holds the org's lease meanwhile: the service waits, and its events come after.
 * @throws USAGE when the org is being watched; AUTH_REJECTED, AUTH_UNAVAILABLE, LOG_REJECTED, FENCED, STORE_UNAVAILABLE
 */
export async function backfill(options: BackfillOptions): Promise<BackfillResult> {
  const { clock } = options
  const lease = await takeOver(options)
  const lost = new AbortController()
  const cancel = clock.every(leaseTtl / 3, () => {
    lease.renew().catch((error: unknown) => {
      if (hasCode(error, 'FENCED')) lost.abort()
    })
  })
  try {
    return await new Run(options, lease, AbortSignal.any([options.signal, lost.signal])).run()
  } finally {
    cancel()
    await lease.release().catch(() => undefined)
  }
}

/** A backfill that was killed still has the lease for a while. @throws USAGE when somebody keeps it */
async function takeOver({ org, store, owner, clock, signal }: BackfillOptions): Promise<Lease> {
  const end = clock.monotonic() + leaseTtl + second
  for (;;) {
    const lease = await store.acquire(ingestScope(org.name), { owner, ttl: leaseTtl, mode: 'wait' })
    if (lease) return lease
    if (clock.monotonic() > end || signal.aborted) throw beingWatched(org.name)
    await clock.sleep(second, signal)
  }
}

class Run {
  readonly #options: BackfillOptions
  readonly #lease: Lease
  readonly #signal: AbortSignal
  readonly #byStream = new Map<string, number>()
  #calls = 0
  #callsLeft = 0
  #length: number = day

  constructor(options: BackfillOptions, lease: Lease, signal: AbortSignal) {
    this.#options = options
    this.#lease = lease
    this.#signal = signal
  }

  async run(): Promise<BackfillResult> {
    const { org, store, owner } = this.#options
    const { firstSubscription } = await ReplayState.load(this.#lease)
    const own = await take(store, backfillScope(org.name), owner)
    const state = await BackfillState.load(own)
    let progress = this.#begin(state.progress, firstSubscription)
    let token = await this.#login()
    const stored = new Set(progress.stored)
    const history = this.#open(token, stored)
    let rest = this.#rest(token)
    while (progress.reached < progress.to && !this.#signal.aborted) {
      this.#options.onProgress(progress, false)
      try {
        await this.#mindAllowance(rest, progress)
        const chunk = this.#nextChunk(progress)
        const events = await this.#fill(history, rest, chunk)
        progress = { ...progress, reached: chunk.to, events: progress.events + events, stored: [...stored] }
        const reached = progress
        await this.#insist(() => state.save(reached))
      } catch (error) {
        const { kind } = this.#judge(error)
        await this.#options.clock.sleep(retryAfter, this.#signal)
        if (kind === 'token') token = await this.#login()
        this.#calls += rest.calls
        rest = this.#rest(token)
      }
    }
    this.#options.onProgress(progress, false)
    this.#calls += rest.calls
    if (progress.reached >= progress.to) await this.#handOver(progress.to)
    const late = firstSubscription !== undefined
    return { ...progress, late, byStream: this.#byStream, calls: this.#calls }
  }

  /** An unfinished range goes on; a finished one is followed by what came since. */
  #begin(before: BackfillProgress | undefined, firstSubscription: number | undefined): BackfillProgress {
    const { clock, length, org } = this.#options
    if (before && before.reached < before.to) return before
    const now = clock.now()
    const to = firstSubscription ?? now - (org.reconciliation?.settle ?? 0)
    const from = Math.min(Math.max(now - length, before?.to ?? 0), to)
    return { from, to, reached: from, events: 0, stored: [] }
  }

  #open({ orgId }: Token, stored: Set<string>): History {
    const { org, logger } = this.#options
    return new History({
      org: org.name,
      orgId,
      channels: org.channels,
      stored,
      mostEvents,
      onDenied: (what, text) =>
        logger.warn(
          {
            org: org.name,
            remedy:
              what === 'EventLogFile'
                ? 'Give the integration user View Event Log Files and API Enabled.'
                : `Give the integration user read access to ${what}, and enable its storage in Setup → Event Manager.`,
          },
          `${what} cannot be read: ${text}; its history is left out`,
        ),
    })
  }

  /** Up to midnight UTC, since log files are about days; less where there is too much in a day. */
  #nextChunk({ reached, to }: BackfillProgress): Chunk {
    const midnight = (Math.floor(reached / day) + 1) * day
    return { from: reached, to: Math.min(to, midnight, reached + this.#length) }
  }

  async #fill(history: History, rest: OrgRest, chunk: Chunk): Promise<number> {
    const { log, topic } = this.#options
    try {
      const events = await history.read(rest, chunk)
      for (let start = 0; start < events.length; start += recordsAtOnce) {
        const records = events.slice(start, start + recordsAtOnce).map(({ record }) => record)
        await this.#insist(() => log.append(topic, records))
      }
      for (const { stream } of events) this.#byStream.set(stream, (this.#byStream.get(stream) ?? 0) + 1)
      if (events.length < mostEvents / 4) this.#length = Math.min(day, this.#length * 2)
      return events.length
    } catch (error) {
      if (!(error instanceof TooManyEvents) || this.#length <= shortestChunk) throw error
      this.#length = Math.max(shortestChunk, Math.min(this.#length, chunk.to - chunk.from) / 2)
      return this.#fill(history, rest, {
        from: chunk.from,
        to: Math.min(chunk.to, chunk.from + this.#length),
      })
    }
  }

  /** Waits while the org has no more API requests left than what is reserved for others. */
  async #mindAllowance(rest: OrgRest, progress: BackfillProgress): Promise<void> {
    const { org, clock } = this.#options
    if (rest.calls < this.#callsLeft) return
    for (;;) {
      const allowance = await rest.allowance()
      const left = allowance
        ? allowance.remaining - (org.reconciliation?.apiReserve ?? 0) * allowance.max
        : callsBetweenLooks
      if (left > 0 || this.#signal.aborted) {
        this.#callsLeft = rest.calls + Math.min(callsBetweenLooks, Math.max(1, left))
        return
      }
      this.#options.onProgress(progress, true)
      await clock.sleep(wait, this.#signal)
    }
  }

  /** Reconciliation goes on where this stopped. */
  async #handOver(to: number): Promise<void> {
    const { org, store, owner } = this.#options
    const state = await ReconcileState.load(await take(store, reconcileScope(org.name), owner))
    for (const channel of org.channels) {
      const { storage } = needsOf(channel)
      if (storage !== undefined) await state.advance(storage, to, new Map())
    }
  }

  #login(): Promise<Token> {
    const { org, clock } = this.#options
    return requestToken({
      org: org.name,
      loginUrl: org.loginUrl,
      auth: org.auth,
      clock,
      signal: this.#signal,
    })
  }

  #rest(token: Token): OrgRest {
    const { org, clock, metrics } = this.#options
    this.#callsLeft = 0
    return createOrgRest({
      ...{ org: org.name, token, apiVersion: org.apiVersion, purpose: 'backfill' },
      ...{ clock, metrics, signal: this.#signal },
    })
  }

  /** What may be tried again; anything else is thrown. */
  #judge(error: unknown): ReturnType<typeof toReadProblem> {
    if (this.#signal.aborted && !this.#options.signal.aborted) throw beingWatched(this.#options.org.name)
    if (error instanceof ForcewatchError) throw error
    const problem = toReadProblem(error)
    if (!this.#signal.aborted)
      this.#options.logger.warn(
        { org: this.#options.org.name },
        `${problem.text}; again in ${retryAfter / second} s`,
      )
    return problem
  }

  #insist(action: () => Promise<void>): Promise<void> {
    const { clock, logger, org } = this.#options
    return retrying(action, {
      clock,
      signal: this.#signal,
      onRetry: (error, pause) =>
        logger.warn({ org: org.name }, `backfill waits: ${error.message}; again in ${pause} ms`),
    })
  }
}

async function take(store: StateStore, scope: string, owner: string): Promise<Lease> {
  const lease = await store.acquire(scope, { owner, ttl: hour, mode: 'steal' })
  if (!lease) throw new ForcewatchError('STORE_UNAVAILABLE', `the lease on ${scope} cannot be had`)
  return lease
}

function beingWatched(org: string): ForcewatchError {
  return new ForcewatchError('USAGE', `org ${org} is being watched by another process`, {
    remedy:
      'Stop `forcewatch run` (or its ingest role), backfill, and start it again. It is best done before the first start.',
  })
}
