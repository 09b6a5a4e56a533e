import type { Clock } from '../../clock.ts'
import type { Log } from '../../log/log.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import type { StateStore } from '../../store/state-store.ts'
import type { OrgOptions } from '../org-options.ts'
import type { BackfillProgress } from './backfill-state.ts'

/** How much at once, and how long to wait; durations in ms. */
export type BackfillPacing = {
  /** Events that are held in memory at most: a longer stretch of time is cut in half. */
  readonly mostEvents: number
  /** Before the org's allowance is asked for again, when too little is left. */
  readonly wait: number
  /** After an error that may pass. */
  readonly retryAfter: number
}

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
  readonly pacing?: Partial<BackfillPacing>
  /** Told after each step, and (`waiting`) before a pause for the org's allowance. */
  readonly onProgress: (progress: BackfillProgress, waiting: boolean) => void
}

/** What a backfill did. `late`: the org has been watched before, so that detection is past what was filled in. */
export type BackfillResult = BackfillProgress & {
  readonly late: boolean
  readonly byStream: ReadonlyMap<string, number>
  readonly calls: number
}
