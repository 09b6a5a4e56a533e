import type { Clock } from '../../clock.ts'
import type { Log } from '../../log/log.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import type { ReplayState } from '../replay-state.ts'
import type { ReconcileState } from './reconcile-state.ts'

/** When and how often the log is compared with storage objects; durations in ms. */
export type ReconcileTiming = {
  readonly interval: number
  /** Events younger than this are left for later: rows can be queried only a while after the event. */
  readonly settle: number
  /** How much of what was compared last time is compared again, for rows that came later still. */
  readonly overlap: number
  /** Share of the org's daily API requests that is left to others, 0 to 1. */
  readonly apiReserve: number
}

export type ReconcilerOptions = {
  readonly org: string
  readonly apiVersion: string
  readonly channels: readonly string[]
  readonly timing: ReconcileTiming
  /** Events that happened before this are stamped `origin: backfill`, ms since the epoch. */
  readonly watchFrom: number | undefined
  readonly log: Log
  readonly topic: string
  readonly state: ReconcileState
  readonly replay: Pick<ReplayState, 'gaps' | 'firstSubscription'>
  /** Whether the stream has been up for as long as events take to settle. */
  readonly isStreaming: (settle: number) => boolean
  /** Makes sure that the lease is ours before anything is written under it. @throws STORE_UNAVAILABLE, FENCED */
  readonly ensureHeld: () => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}
