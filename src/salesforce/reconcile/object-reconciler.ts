import { hour, minute } from '../../duration.ts'
import { retrying } from '../../retrying.ts'
import type { Token } from '../auth.ts'
import { isCustomChannel, needsOf, streamName } from '../channels.ts'
import type { Gap } from '../replay-state.ts'
import type { OrgRest } from '../storage/org-rest.ts'
import { columnsOf, type StoredEvent } from '../storage/read-stored.ts'
import { toStoredRecord } from '../storage/stored-record.ts'
import { type Comparison, compare, readMissing, type Slice } from './compare.ts'
import { LoggedEvents } from './logged-events.ts'
import { readLogged } from './read-logged.ts'
import type { ReconcilerOptions } from './reconcile-options.ts'
import type { GapClosing } from './reconcile-state.ts'

export type ObjectReconcilerOptions = ReconcilerOptions & {
  readonly channel: string
  readonly object: string
  readonly logged: LoggedEvents
}

/** A storage object that cannot be relied on, in words, and how to mend it. */
export type Silence = { readonly text: string; readonly remedy: string }

/** Progress is saved after so much event time; after more of it where the log has to be read for each piece, ms. */
const pieceLength = hour
const oldPieceLength = 6 * hour
/** Events of one kind in such a piece: a quarter of the 50 million that Salesforce allows an org in a day, and more. */
const mostRecalled = 16_000_000
/** Events near the edge of a gap may belong to it, ms. */
const gapMargin = minute
/** An object without a row where the stream brought so many events is not stored, or not yet. */
const enoughToTell = 20
/** So long it may be that its rows only come late, ms. */
const patience = 6 * hour
/** Records in one append. */
const recordsAtOnce = 500

/** How many events of a gap the log lacked, and how many it has got. */
export type Counts = { found: number; injected: number }
type OpenGap = {
  readonly key: string
  readonly from: number
  readonly to: number
  readonly counts: Counts
  /** Of a custom channel: other objects have to be compared too. */
  readonly isShared: boolean
}

/** Compares one storage object of an org with the log. */
export class ObjectReconciler {
  readonly #options: ObjectReconcilerOptions
  readonly #type: string
  #columns: readonly string[] = []
  /** What was found in gaps that are still open, by key. */
  readonly #counts = new Map<string, Counts>()
  /** Gaps of custom channels that this object has been compared over, by key. */
  readonly #covered = new Map<string, Counts>()
  /** Gaps that ended before this have been looked into, or cannot be for now; ms since the epoch. */
  #tried = Number.NEGATIVE_INFINITY

  constructor(options: ObjectReconcilerOptions) {
    this.#options = options
    this.#type = streamName(options.channel)
  }

  /** The storage object. */
  get name(): string {
    return this.#options.object
  }

  /** Whether custom channels are what brings its events. */
  get isMember(): boolean {
    const { channels, channel } = this.#options
    return !channels.includes(channel)
  }

  /** What it had of a gap of a custom channel; undefined until it has been compared over it. */
  covered(gapKey: string): Counts | undefined {
    return this.#covered.get(gapKey)
  }

  /** What to do when it cannot be read. */
  get remedy(): string {
    const { channel, object } = this.#options
    return (
      `Give the integration user a permission set with ${needsOf(channel).permission}, API Enabled and read access to ${object}, and ` +
      `enable its storage in Setup → Event Manager; or switch this off with orgs[].reconciliation.enabled: false.`
    )
  }

  /** When the oldest gap that nobody has tried to close ended, ms since the epoch. */
  nextGap(): number | undefined {
    const ends = this.#openGaps().map(({ to }) => to)
    const untried = ends.filter((to) => to > this.#tried)
    return untried.length === 0 ? undefined : Math.min(...untried)
  }

  /**
   * Compares everything from where it stopped, or from the oldest gap, up to what has settled; appends what the log lacks, then moves on.
   * Stops early when `most` calls have been made. Answers why the object cannot be relied on, if it cannot.
   * @throws FENCED, LOG_REJECTED, and what `toReadProblem` understands
   */
  async reconcile(
    rest: OrgRest,
    token: Token,
    most: number,
    signal: AbortSignal,
  ): Promise<Silence | undefined> {
    const { state, replay, timing, clock, object } = this.#options
    const end = clock.now() - timing.settle
    this.#tried = end
    const gaps = this.#openGaps()
    const settled = gaps.filter(({ to }) => to <= end)
    const checked = state.checked(object) ?? replay.firstSubscription
    if (checked === undefined) return undefined
    const oldest = Math.min(checked - timing.overlap, ...settled.map(({ from }) => from))
    for (let from = oldest; from < end; ) {
      if (signal.aborted || rest.calls >= most) return undefined
      const length = from < this.#options.logged.since ? oldPieceLength : pieceLength
      const slice = { type: this.#type, object, from, to: Math.min(from + length, end) }
      const result = await compare(rest, slice, (piece) => this.#loggedFor(piece, token, signal))
      const silence = this.#silence(slice, result)
      if (silence && clock.now() - checked < patience) return silence
      await this.#inject(rest, token, gaps, result.missing, signal)
      const closed = silence ? [] : settled.filter(({ to }) => to <= slice.to)
      await this.#advance(slice.to, closed, signal)
      if (silence) return silence
      from = slice.to
    }
    return undefined
  }

  #openGaps(): OpenGap[] {
    const { replay, state } = this.#options
    const open = [...replay.gaps].filter(
      ([key, gap]) => this.#concerns(gap) && !state.isClosed(key) && !this.#covered.has(key),
    )
    return open.map(([key, gap]) => {
      const counts = this.#counts.get(key) ?? { found: 0, injected: 0 }
      this.#counts.set(key, counts)
      return { key, ...this.#rangeOf(gap), counts, isShared: gap.channel !== this.#options.channel }
    })
  }

  #concerns({ channel }: Gap): boolean {
    return channel === this.#options.channel || (this.isMember && isCustomChannel(channel))
  }

  #rangeOf({ from, to }: Gap): { readonly from: number; readonly to: number } {
    const end = Date.parse(to)
    const start = from === undefined ? this.#options.replay.firstSubscription : Date.parse(from)
    return { from: (start ?? end) - gapMargin, to: end }
  }

  /** What the log holds of a slice: remembered, or read from it where that is long ago. */
  async #loggedFor({ from }: Slice, { orgId }: Token, signal: AbortSignal): Promise<LoggedEvents> {
    const { logged, log, topic } = this.#options
    if (from >= logged.since) return logged
    const recalled = new LoggedEvents({ since: from, sliceLength: pieceLength, capacity: mostRecalled })
    const to = from + oldPieceLength + minute
    for await (const event of readLogged({ log, topic, orgId, from: from - minute, signal }))
      if (event.type === this.#type && event.time < to) recalled.note(event)
    return recalled
  }

  #silence({ from, to }: Slice, { stored }: Comparison): Silence | undefined {
    const { logged, object } = this.#options
    const streamed = stored > 0 ? 0 : logged.count(this.#type, from, to)
    if (streamed < enoughToTell) return undefined
    return {
      text: `${object} holds no event where the stream of ${this.#type} brought some`,
      remedy: `Setup → Event Manager → ${this.#type}: Enable Storage.`,
    }
  }

  async #inject(
    rest: OrgRest,
    token: Token,
    gaps: readonly OpenGap[],
    missing: readonly StoredEvent[],
    signal: AbortSignal,
  ): Promise<void> {
    if (missing.length === 0) return
    const { org, object, metrics } = this.#options
    const labels = { org, event: this.#type }
    metrics.reconcile_found_total.inc(labels, missing.length)
    for (const { time } of missing) countIn(gaps, time, 'found')
    this.#reportUnexplained(gaps, missing)
    if (this.#columns.length === 0) this.#columns = await columnsOf(rest, object)
    for await (const events of readMissing(rest, object, this.#columns, missing)) {
      for (let start = 0; start < events.length; start += recordsAtOnce) {
        const injected = await this.#append(events.slice(start, start + recordsAtOnce), token, signal)
        metrics.reconcile_injected_total.inc(labels, injected.length)
        for (const { time } of injected) countIn(gaps, time, 'injected')
      }
    }
  }

  /** Leaves out what the stream has brought meanwhile. */
  async #append(
    events: readonly StoredEvent[],
    { orgId }: Token,
    signal: AbortSignal,
  ): Promise<readonly StoredEvent[]> {
    const {
      log,
      topic,
      org,
      channel,
      logged,
      ensureHeld,
      watchFrom = Number.NEGATIVE_INFINITY,
    } = this.#options
    await this.#insist(ensureHeld, signal)
    const fresh = events.filter((event) => !logged.has({ type: this.#type, ...event }))
    const records = fresh.map(({ row, time }) =>
      toStoredRecord(row, { channel, orgId, org, origin: time < watchFrom ? 'backfill' : 'reconcile' }),
    )
    const end = logged.appending(
      fresh.map(({ identifier, time }) => ({ type: this.#type, identifier, time })),
    )
    try {
      if (records.length > 0) await this.#insist(() => log.append(topic, records), signal)
      end('appended')
    } catch (error) {
      end('failed')
      throw error
    }
    return fresh
  }

  async #advance(to: number, gaps: readonly OpenGap[], signal: AbortSignal): Promise<void> {
    const { state, clock, org, object, metrics, logger } = this.#options
    const at = new Date(clock.now()).toISOString()
    const closings = gaps
      .filter(({ isShared }) => !isShared)
      .map(({ key, counts }): [string, GapClosing] => [key, { at, ...counts }])
    await this.#insist(() => state.advance(object, to, new Map(closings)), signal)
    metrics.reconcile_checked_timestamp_seconds.set(
      { org, event: this.#type },
      (state.checked(object) ?? to) / 1000,
    )
    for (const { key, from, to: end, counts, isShared } of gaps) {
      const range = { from: new Date(from).toISOString(), to: new Date(end).toISOString() }
      logger.info({ org, event: this.#type, ...range, ...counts }, 'a gap was closed from the storage object')
      if (isShared) this.#covered.set(key, counts)
      this.#counts.delete(key)
    }
  }

  /** Salesforce passed them over while the stream was up: nobody else tells of that. */
  #reportUnexplained(gaps: readonly OpenGap[], missing: readonly StoredEvent[]): void {
    const { isStreaming, timing, metrics, org, object, logger } = this.#options
    if (!isStreaming(timing.settle)) return
    const lost = missing.filter(({ time }) => !gaps.some((gap) => contains(gap, time)))
    const [first, last] = [lost[0], lost.at(-1)]
    if (!first || !last) return
    metrics.reconcile_unexplained_total.inc({ org, event: this.#type }, lost.length)
    const range = { from: new Date(first.time).toISOString(), to: new Date(last.time).toISOString() }
    logger.warn(
      { org, event: this.#type, events: lost.length, ...range },
      `Salesforce did not stream ${lost.length} events of ${this.#type}; they are taken from ${object}`,
    )
  }

  #insist(action: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, logger, org } = this.#options
    return retrying(action, {
      clock,
      signal,
      onRetry: (error, wait) =>
        logger.warn({ org }, `reconciliation waits: ${error.message}; again in ${wait} ms`),
    })
  }
}

function contains({ from, to }: Pick<OpenGap, 'from' | 'to'>, time: number): boolean {
  return time >= from && time <= to
}

function countIn(gaps: readonly OpenGap[], time: number, what: 'found' | 'injected'): void {
  for (const gap of gaps) if (contains(gap, time)) gap.counts[what]++
}
