import { day, minute, second } from '../../duration.ts'
import { ForcewatchError, hasCode } from '../../errors.ts'
import { retrying } from '../../retrying.ts'
import type { Lease } from '../../store/state-store.ts'
import { requestToken, type Token } from '../auth.ts'
import { needsOf, streamName } from '../channels.ts'
import { errorCodeOf, toReadProblem } from '../directory/read-users.ts'
import { mayPass } from '../may-pass.ts'
import { ReconcileState, reconcileScope } from '../reconcile/reconcile-state.ts'
import { ReplayState } from '../replay-state.ts'
import { createOrgRest, type OrgRest } from '../storage/org-rest.ts'
import { beingWatched, leaseTtl, take, takeOver } from './backfill-lease.ts'
import type { BackfillOptions, BackfillPacing, BackfillResult } from './backfill-options.ts'
import { type BackfillProgress, BackfillState, backfillScope, type Unread } from './backfill-state.ts'
import { type Chunk, type DatedRecord, History, TooManyEvents } from './history.ts'
import { cut, lateIn, merge, remedyFor } from './unread.ts'

const unhurried: BackfillPacing = { mostEvents: 50_000, wait: 5 * minute, retryAfter: 15 * second }
const shortestChunk = second
const recordsAtOnce = 500
/** How often the org's allowance is asked for, in calls. */
const callsBetweenLooks = 50
/** New tokens that are refused one after the other before it is given up. */
const mostTokens = 3

/**
 * Fills the log with what an org has kept of the last days, oldest first over all kinds of events, so that detection learns them in the order
 * in which they happened. Goes on where an earlier run stopped. It holds the org's lease meanwhile: the service waits, and its events come after.
 * What may pass is waited for; anything else ends it, with what has been filled in so far.
 * @throws USAGE when the org is being watched; ORG_REJECTED, AUTH_REJECTED, AUTH_UNAVAILABLE, LOG_REJECTED, FENCED, STORE_UNAVAILABLE
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

class Run {
  readonly #options: BackfillOptions
  readonly #lease: Lease
  readonly #signal: AbortSignal
  readonly #pacing: BackfillPacing
  readonly #byStream = new Map<string, number>()
  #calls = 0
  #callsLeft = 0
  #length: number = day
  /** What an earlier run had to leave out, and this one has not looked into yet. */
  #todo: Unread[] = []
  /** What this one has to leave out. */
  readonly #unread: Unread[] = []

  constructor(options: BackfillOptions, lease: Lease, signal: AbortSignal) {
    this.#options = options
    this.#pacing = { ...unhurried, ...options.pacing }
    this.#lease = lease
    this.#signal = signal
  }

  async run(): Promise<BackfillResult> {
    const { org, store, owner } = this.#options
    const { firstSubscription } = await ReplayState.load(this.#lease)
    const own = await take(store, backfillScope(org.name), owner)
    const state = await BackfillState.load(own)
    let progress = this.#begin(state.progress, firstSubscription)
    this.#todo = progress.unread.flatMap((unread) => cut(unread, day))
    const token = await this.#login()
    let tokensRefused = 0
    const history = this.#open(token)
    let rest = this.#rest(token)
    while ((this.#todo.length > 0 || progress.reached < progress.to) && !this.#signal.aborted) {
      this.#options.onProgress(progress, false)
      try {
        if (tokensRefused > 0) {
          const fresh = await this.#insist(() => this.#login())
          this.#calls += rest.calls
          rest = this.#rest(fresh)
        }
        await this.#mindAllowance(rest, progress)
        const [piece] = this.#todo
        const reached = await (piece
          ? this.#refill(history, rest, piece, progress)
          : this.#fill(history, rest, progress))
        await this.#insist(() => state.save(reached))
        progress = reached
        tokensRefused = 0
      } catch (error) {
        if (this.#signal.aborted) break
        tokensRefused = toReadProblem(error).kind === 'token' ? tokensRefused + 1 : 0
        await this.#options.clock.sleep(this.#judge(error, tokensRefused), this.#signal)
      }
    }
    this.#options.onProgress(progress, false)
    this.#calls += rest.calls
    if (this.#signal.aborted && !this.#options.signal.aborted) throw beingWatched(org.name)
    if (progress.reached >= progress.to) await this.#handOver(progress.to)
    const late = firstSubscription !== undefined
    return { ...progress, late, byStream: this.#byStream, calls: this.#calls }
  }

  /** An unfinished range goes on; a finished one is followed by what came since. */
  #begin(before: BackfillProgress | undefined, firstSubscription: number | undefined): BackfillProgress {
    const { clock, length, org } = this.#options
    if (before && before.reached < before.to) return before
    const { stored = [], unread = [], filed = false } = before ?? {}
    const now = clock.now()
    const to = firstSubscription ?? now - (org.reconciliation?.settle ?? 0)
    const from = Math.min(Math.max(now - length, before?.to ?? 0), to)
    return { from, to, reached: from, events: 0, stored, unread, filed }
  }

  #open({ orgId }: Token): History {
    const { org, logger } = this.#options
    return new History({
      org: org.name,
      orgId,
      channels: org.channels,
      mostEvents: this.#pacing.mostEvents,
      onUnread: (what, text) => logger.warn({ org: org.name, remedy: remedyFor(what) }, text),
    })
  }

  /** Up to midnight UTC, since log files are about days; less where there is too much in a day. */
  #nextChunk({ reached, to }: BackfillProgress): Chunk {
    const midnight = (Math.floor(reached / day) + 1) * day
    return { from: reached, to: Math.min(to, midnight, reached + this.#length) }
  }

  /** What was left out before, as far as it can be read now. */
  async #refill(
    history: History,
    rest: OrgRest,
    piece: Unread,
    progress: BackfillProgress,
  ): Promise<BackfillProgress> {
    const found = await this.#unlessTooMany(history.reread(rest, piece), piece.to - piece.from)
    if (!found) {
      this.#todo.splice(0, 1, ...cut(piece, this.#length))
      return progress
    }
    await this.#append(found.events)
    this.#todo.shift()
    this.#unread.push(...found.unread)
    if (piece.source === 'files')
      this.#unread.push(...lateIn([piece.channel], piece, this.#options.clock.now()))
    return this.#advanced(progress, found.events.length)
  }

  /** The next chunk; at the end of the range also what log files will tell of it later. */
  async #fill(history: History, rest: OrgRest, progress: BackfillProgress): Promise<BackfillProgress> {
    const { org, clock } = this.#options
    const chunk = this.#nextChunk(progress)
    const read = history.read(rest, chunk, new Set(progress.stored))
    const found = await this.#unlessTooMany(read, chunk.to - chunk.from)
    if (!found) return this.#fill(history, rest, progress)
    const { events, stored } = found
    await this.#append(events)
    if (events.length < this.#pacing.mostEvents / 4) this.#length = Math.min(day, this.#length * 2)
    this.#unread.push(...found.unread)
    const filed = progress.filed || found.filed
    if (filed && chunk.to >= progress.to) {
      const onlyFiled = org.channels.filter((channel) => !stored.has(streamName(channel)))
      this.#unread.push(...lateIn(onlyFiled, progress, clock.now()))
    }
    return this.#advanced({ ...progress, reached: chunk.to, stored: [...stored], filed }, events.length)
  }

  #advanced(progress: BackfillProgress, events: number): BackfillProgress {
    const unread = [...merge([...this.#unread, ...this.#todo])]
    return { ...progress, events: progress.events + events, unread }
  }

  async #append(events: readonly DatedRecord[]): Promise<void> {
    const { log, topic } = this.#options
    for (let start = 0; start < events.length; start += recordsAtOnce) {
      const records = events.slice(start, start + recordsAtOnce).map(({ record }) => record)
      await this.#insist(() => log.append(topic, records))
    }
    for (const { stream } of events) this.#byStream.set(stream, (this.#byStream.get(stream) ?? 0) + 1)
  }

  /** Undefined when there was too much in so many ms: chunks are shorter from then on. */
  async #unlessTooMany<T>(reading: Promise<T>, length: number): Promise<T | undefined> {
    try {
      return await reading
    } catch (error) {
      if (!(error instanceof TooManyEvents) || this.#length <= shortestChunk) throw error
      this.#length = Math.max(shortestChunk, Math.floor(Math.min(this.#length, length) / 2))
      return undefined
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
      await clock.sleep(this.#pacing.wait, this.#signal)
    }
  }

  /** Reconciliation goes on where this stopped. */
  async #handOver(to: number): Promise<void> {
    const { org, store, owner } = this.#options
    // A service that has taken over meanwhile reconciles by itself.
    await this.#lease.renew()
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

  /** How long to wait before it is tried again, ms. @throws what no repetition helps against */
  #judge(error: unknown, tokensRefused: number): number {
    const { org, logger } = this.#options
    const { text } = toReadProblem(error)
    if (tokensRefused > 0 ? tokensRefused > mostTokens : !mayPass(error)) throw this.#explain(error, text)
    const isOverLimit = errorCodeOf(error) === 'REQUEST_LIMIT_EXCEEDED'
    const pause = isOverLimit ? this.#pacing.wait : this.#pacing.retryAfter
    logger.warn({ org: org.name }, `${text}; again in ${pause / second} s`)
    return pause
  }

  /** What Salesforce refused, in the words of an operator; a mistake of ours stays what it is. */
  #explain(error: unknown, text: string): unknown {
    if (errorCodeOf(error) === '' || error instanceof ForcewatchError) return error
    return new ForcewatchError('ORG_REJECTED', `org ${this.#options.org.name}: ${text}`, {
      remedy:
        'What was filled in so far stays. Run `forcewatch doctor`, mend what it finds, and run the same backfill again: it goes on there.',
      cause: error,
    })
  }

  #insist<T>(action: () => Promise<T>): Promise<T> {
    const { clock, logger, org } = this.#options
    return retrying(action, {
      clock,
      signal: this.#signal,
      onRetry: (error, pause) =>
        logger.warn({ org: org.name }, `backfill waits: ${error.message}; again in ${pause} ms`),
    })
  }
}
