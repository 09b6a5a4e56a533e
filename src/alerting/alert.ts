import type { Detection, Level, Verdict } from '../detection/detection.ts'

/** One alert: everything one detector has to say about one entity until it has been quiet for long enough. */
export type Alert = {
  /** Hash of org, detector, entity and first detection: equal whenever the same detections are processed again. */
  readonly id: string
  readonly status: 'open' | 'resolved'
  /** The highest level so far; it never falls. */
  readonly level: Level
  /** Event times, ms. `resolvedAt` only while resolved. */
  readonly openedAt: number
  readonly lastSeenAt: number
  readonly resolvedAt?: number
  /** Number of detections that belong to it. */
  readonly count: number
  /** The detection with the highest level, then the largest excess. */
  readonly peak: Detection
  readonly latest: Detection
  /** What an analyst said about it last; absent until somebody does. */
  readonly verdict?: Pick<Verdict, 'id' | 'word' | 'time' | 'by' | 'note'>
  /** What happened to it, and what did not and why; oldest first, the newest 50 entries. */
  readonly history: readonly AlertHistoryEntry[]
}

/** One line of the life of an alert, for people. */
export type AlertHistoryEntry = {
  /** Event time, ms; of `delivered`, `failed` and `judged` the time of the clock. */
  readonly time: number
  readonly event:
    | 'opened'
    | 'level-rose'
    | 'resolved'
    | 'reopened'
    | 'notified'
    | 'not-notified'
    | 'delivered'
    | 'failed'
    | 'judged'
  readonly detail: string
}
