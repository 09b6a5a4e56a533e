import type { Clock } from '../clock.ts'
import { minute, second } from '../duration.ts'
import { ForcewatchError, hasCode, messageOf } from '../errors.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { toId18 } from '../salesforce-id.ts'
import type { Lease, StateStore } from '../store/state-store.ts'
import { requestToken, type Token } from './auth.ts'
import { openBesideStream } from './beside-stream.ts'
import { createCometd, type SessionLimits } from './cometd/cometd-session.ts'
import { EventSink } from './event-sink.ts'
import { createOrgClock, type OrgClock } from './org-clock.ts'
import type { OrgOptions } from './org-options.ts'
import { ingestScope, ReplayState } from './replay-state.ts'
import {
  defaultSupervisorTiming,
  type StreamStatus,
  Supervisor,
  type SupervisorTiming,
} from './supervisor.ts'
import type { Transport } from './transport.ts'

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
  readonly #orgClock: OrgClock
  readonly #stopping = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #phase: IngestStatus['phase'] = 'stopped'
  #stream: StreamStatus = { phase: 'connecting', refused: [] }
  /** When the phase became what it is, by the monotonic clock, ms. */
  #phaseSince = 0

  constructor(options: IngestOptions) {
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#logger = options.logger.child({ stage: 'ingest' })
    this.#orgClock = createOrgClock(options.clock)
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
    return store.acquire(ingestScope(org.name), { owner, ttl: this.#timing.leaseTtl, mode: 'wait' })
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
    const beside = await openBesideStream({
      ...this.#options,
      clock: this.#orgClock,
      logger,
      leaseTtl: this.#timing.leaseTtl,
      replay: state,
      ensureHeld,
      isStreaming: (length) => this.#phase === 'subscribed' && clock.monotonic() - this.#phaseSince >= length,
    })
    const sink = new EventSink({
      org: org.name,
      log,
      topic: topics.events,
      state,
      ensureHeld,
      watchFrom: org.watchFrom,
      heartbeat: this.#timing.heartbeat,
      ...(beside.logged ? { logged: beside.logged } : {}),
      onGap: () => beside.noteGap(),
      clock: this.#orgClock,
      logger,
      metrics,
    })
    const supervisor = new Supervisor({
      org: org.name,
      channels: org.channels,
      transport: this.#options.transport ?? createCometd(cometd),
      login: async (stop) => {
        const token = await this.#login(stop)
        await beside.use(token, stop)
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
        if (this.#phase !== status.phase) this.#phaseSince = clock.monotonic()
        this.#phase = status.phase
      },
    })
    const leaving = new AbortController()
    const working = beside.run(AbortSignal.any([signal, leaving.signal]))
    try {
      await supervisor.run(signal)
    } finally {
      leaving.abort()
      await working
    }
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
