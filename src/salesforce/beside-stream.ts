import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { StateStore } from '../store/state-store.ts'
import type { Token } from './auth.ts'
import { DirectoryReader } from './directory/directory-reader.ts'
import { DirectoryState } from './directory/directory-state.ts'
import type { OrgOptions } from './org-options.ts'
import type { LoggedEvents } from './reconcile/logged-events.ts'
import { ReconcileState, reconcileScope } from './reconcile/reconcile-state.ts'
import { Reconciler } from './reconcile/reconciler.ts'
import type { ReplayState } from './replay-state.ts'

/** What whoever has the lease of an org does beside its stream: reading its directory, and comparing the log with its storage. */
export interface BesideStream {
  /** What the log holds; undefined where nobody compares. */
  readonly logged: LoggedEvents | undefined
  /** Takes a token that the stream got, and returns when the stream may go on. */
  use(token: Token, signal: AbortSignal): Promise<void>
  noteGap(): void
  /** Works until the signal aborts. Never rejects: what goes wrong is logged. */
  run(signal: AbortSignal): Promise<void>
}

export type BesideStreamOptions = {
  readonly org: OrgOptions
  readonly log: Log
  readonly topics: { readonly events: string }
  readonly store: StateStore
  /** Unique per process. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** How long its leases stand, ms. They need no renewal: whoever takes the org's lease steals them. */
  readonly leaseTtl: number
  readonly replay: ReplayState
  readonly ensureHeld: () => Promise<void>
  /** Whether the stream has been up for so long, ms. */
  readonly isStreaming: (length: number) => boolean
}

/** Each part has a lease of its own, so that their commits do not meet. @throws STORE_UNAVAILABLE, FENCED */
export async function openBesideStream(options: BesideStreamOptions): Promise<BesideStream> {
  const directory = await openDirectory(options)
  const reconciler = await openReconciler(options)
  const { org, logger } = options
  const report = (text: string) => (error: unknown) => logger.warn({ org: org.name, err: error }, text)
  return {
    logged: reconciler?.logged,
    async use(token, signal) {
      reconciler?.use(token)
      await directory?.use(token, signal)
    },
    noteGap: () => reconciler?.noteGap(),
    async run(signal) {
      await Promise.all([
        directory?.run(signal).catch(report('the directory is not read any more')),
        reconciler?.run(signal).catch(report('the log is not compared with storage objects any more')),
      ])
    },
  }
}

async function openDirectory(options: BesideStreamOptions): Promise<DirectoryReader | undefined> {
  const { org, store, owner, topics, leaseTtl } = options
  if (!org.directory?.enabled) return undefined
  const lease = await store.acquire(`directory:${org.name}`, { owner, ttl: leaseTtl, mode: 'steal' })
  if (!lease) return undefined
  return new DirectoryReader({
    ...options,
    org: org.name,
    apiVersion: org.apiVersion,
    interval: org.directory.interval,
    topic: topics.events,
    state: await DirectoryState.load(lease),
  })
}

async function openReconciler(options: BesideStreamOptions): Promise<Reconciler | undefined> {
  const { org, store, owner, topics, leaseTtl } = options
  const { name, apiVersion, channels, watchFrom, reconciliation } = org
  if (!reconciliation?.enabled) return undefined
  const lease = await store.acquire(reconcileScope(name), { owner, ttl: leaseTtl, mode: 'steal' })
  if (!lease) return undefined
  return new Reconciler({
    ...options,
    org: name,
    apiVersion,
    channels,
    watchFrom,
    timing: reconciliation,
    topic: topics.events,
    state: await ReconcileState.load(lease),
  })
}
