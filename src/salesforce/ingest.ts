import type { Clock } from '../clock.ts'
import { minute, second } from '../duration.ts'
import { ForcewatchError, hasCode, messageOf } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { toId18 } from '../salesforce-id.ts'
import type { Lease, StateStore } from '../store/state-store.ts'
import { type AuthOptions, requestToken, type Token } from './auth.ts'
import { createCometd, type SessionLimits } from './cometd/cometd-session.ts'
import { DirectoryReader } from './directory/directory-reader.ts'
import { DirectoryState } from './directory/directory-state.ts'
import { EventSink } from './event-sink.ts'
import { ReplayState } from './replay-state.ts'
import {
  defaultSupervisorTiming,
  type StreamStatus,
  Supervisor,
  type SupervisorTiming,
} from './supervisor.ts'
import type { Transport } from './transport.ts'

/** A Salesforce org to watch. */
export type OrgOptions = {
  readonly name: string
  readonly loginUrl: string
  readonly auth: AuthOptions
  readonly channels: readonly string[]
  /** Such as `66.0`. */
  readonly apiVersion: string
  /** Id that the org must have; any when absent. */
  readonly orgId?: string
  /** Events from before this time teach but do not notify, ms since the epoch. */
  readonly watchFrom?: number
  /** How often it is read who the users are, ms; never when absent or not enabled. */
  readonly directory?: { readonly enabled: boolean; readonly interval: number }
}

export type IngestOptions = {
  readonly org: OrgOptions
  readonly log: Log
  readonly topics: { readonly events: string }
  readonly store: StateStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Unique per process. */
  readonly owner: string
  readonly timing?: Partial<IngestTiming>
  /** How events are received; CometD when absent. */
  readonly transport?: Transport
}

/** All in ms. */
export type IngestTiming = SupervisorTiming & {
  /** A heartbeat is written when a live session has delivered nothing for this long. */
  readonly heartbeat: number
  /** How long the lease stands without renewal; it is renewed three times as often. */
  readonly leaseTtl: number
  /** How often a standby asks for the lease. */
  readonly standby: number
  readonly session: Partial<SessionLimits>
}

/** Where the ingest of an org stands, for readiness and operators. */
export type IngestStatus = Omit<StreamStatus, 'phase'> & {
  readonly org: string
  /** `standby`: another process has the lease. */
  readonly phase: 'stopped' | 'standby' | StreamStatus['phase']
  /** A session has subscribed and delivers. */
  readonly ready: boolean
}

/** Brings the events of one org into the log. */
export interface Ingest {
  /** Begins in the background; what stands in the way is logged and tried again for ever. */
  start(): void
  /** Takes nothing more, leaves the session and gives up the lease. */
  stop(): Promise<void>
  status(): IngestStatus
}

/** Ingest of one org. Nothing happens before `start`. */
export function createIngest(options: IngestOptions): Ingest {
  return new OrgIngest(options)
}

/** A dead holder's lease is taken over after at most ttl + standby: 20 s. */
const defaultTiming: IngestTiming = {
  ...defaultSupervisorTiming,
  heartbeat: 5 * minute,
  leaseTtl: 15 * second,
  standby: 5 * second,
  session: {},
}

class OrgIngest implements Ingest {
  readonly #options: IngestOptions
  readonly #timing: IngestTiming
  readonly #logger: Logger
  readonly #stopping = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #phase: IngestStatus['phase'] = 'stopped'
  #stream: StreamStatus = { phase: 'connecting', refused: [] }

  constructor(options: IngestOptions) {
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#logger = options.logger.child({ stage: 'ingest' })
  }

  start(): void {
    this.#work = this.#run(this.#stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#work
    this.#phase = 'stopped'
  }

  status(): IngestStatus {
    const { refused, orgId, problem } = this.#stream
    return {
      org: this.#options.org.name,
      phase: this.#phase,
      ready: this.#phase === 'subscribed',
      refused,
      ...(orgId === undefined ? {} : { orgId }),
      ...(problem === undefined ? {} : { problem }),
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, org } = this.#options
    while (!signal.aborted) {
      try {
        const lease = await this.#acquire()
        if (lease) await this.#hold(lease, signal)
        else this.#standBy()
      } catch (error) {
        this.#stream = { ...this.#stream, problem: messageOf(error) }
        this.#logger.error({ org: org.name, err: error }, 'ingest was interrupted; it starts again')
      }
      await clock.sleep(this.#timing.standby, signal)
    }
  }

  #acquire(): Promise<Lease | null> {
    const { store, org, owner } = this.#options
    return store.acquire(`ingest:${org.name}`, { owner, ttl: this.#timing.leaseTtl, mode: 'wait' })
  }

  #standBy(): void {
    if (this.#phase === 'standby') return
    this.#phase = 'standby'
    this.#logger.info({ org: this.#options.org.name }, 'standing by: another process has the lease')
  }

  /** Works for as long as the lease is ours. */
  async #hold(lease: Lease, signal: AbortSignal): Promise<void> {
    const { clock, org } = this.#options
    const lost = new AbortController()
    let renewedAt = clock.monotonic()
    const renew = async () => {
      const now = clock.monotonic()
      await lease.renew()
      renewedAt = now
    }
    const tryToRenew = () =>
      renew().catch((error: unknown) => {
        if (hasCode(error, 'FENCED')) lost.abort()
        else this.#logger.warn({ org: org.name, err: error }, 'the lease could not be renewed')
      })
    const cancelRenewal = clock.every(this.#timing.leaseTtl / 3, () => void tryToRenew())
    // After a pause of the whole process the lease may be somebody else's, and no timer has told us yet.
    const ensureHeld = async () => {
      if (clock.monotonic() - renewedAt >= this.#timing.leaseTtl) await renew()
    }
    try {
      await this.#supervise(lease, ensureHeld, AbortSignal.any([signal, lost.signal]))
      if (lost.signal.aborted) this.#reportLoss()
    } catch (error) {
      if (!hasCode(error, 'FENCED')) throw error
      this.#reportLoss()
    } finally {
      cancelRenewal()
      await lease.release().catch((error: unknown) => {
        this.#logger.warn({ org: org.name, err: error }, 'the lease could not be given up; it will expire')
      })
    }
  }

  async #supervise(lease: Lease, ensureHeld: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { org, log, topics, clock, metrics } = this.#options
    const cometd = { clock, apiVersion: org.apiVersion, limits: this.#timing.session }
    const logger = this.#logger
    const state = await ReplayState.load(lease)
    const sink = new EventSink({
      org: org.name,
      log,
      topic: topics.events,
      state,
      ensureHeld,
      watchFrom: org.watchFrom,
      heartbeat: this.#timing.heartbeat,
      clock,
      logger,
      metrics,
    })
    const directory = await this.#openDirectory()
    const supervisor = new Supervisor({
      org: org.name,
      channels: org.channels,
      transport: this.#options.transport ?? createCometd(cometd),
      login: async (stop) => {
        const token = await this.#login(stop)
        await directory?.use(token, stop)
        return token
      },
      sink,
      timing: this.#timing,
      random: Math.random,
      clock,
      logger,
      metrics,
      onStatus: (status) => {
        this.#stream = status
        this.#phase = status.phase
      },
    })
    const leaving = new AbortController()
    const reading = directory?.run(AbortSignal.any([signal, leaving.signal])).catch((error: unknown) => {
      this.#logger.warn({ org: org.name, err: error }, 'the directory is not read any more')
    })
    try {
      await supervisor.run(signal)
    } finally {
      leaving.abort()
      await reading
    }
  }

  /** Whoever has the org's lease reads its directory too, under a lease of its own so that their commits do not meet. */
  async #openDirectory(): Promise<DirectoryReader | undefined> {
    const { org, store, owner, log, topics, clock, metrics } = this.#options
    if (!org.directory?.enabled) return undefined
    const { leaseTtl: ttl } = this.#timing
    const lease = await store.acquire(`directory:${org.name}`, { owner, ttl, mode: 'steal' })
    if (!lease) return undefined
    return new DirectoryReader({
      org: org.name,
      apiVersion: org.apiVersion,
      interval: org.directory.interval,
      log,
      topic: topics.events,
      state: await DirectoryState.load(lease),
      clock,
      logger: this.#logger,
      metrics,
    })
  }

  async #login(signal: AbortSignal): Promise<Token> {
    const { org, clock } = this.#options
    const token = await requestToken({
      org: org.name,
      loginUrl: org.loginUrl,
      auth: org.auth,
      clock,
      signal,
    })
    if (org.orgId === undefined || toId18(org.orgId) === token.orgId) return token
    throw new ForcewatchError(
      'AUTH_REJECTED',
      `org ${org.name}: login_url leads to org ${token.orgId}, but org_id says ${org.orgId}`,
      {
        remedy:
          'Correct login_url or org_id. A refreshed sandbox has a new id: then also give the org a new name, so that its old cursors are not used.',
      },
    )
  }

  #reportLoss(): void {
    this.#phase = 'standby'
    this.#logger.warn({ org: this.#options.org.name }, 'another process has taken the lease: standing by')
  }
}
