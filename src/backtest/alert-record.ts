import type { Alert } from '../alerting/alert.ts'
import type { Detection, Entity, Level, OrgRef } from '../detection/detection.ts'

/** What a backtest keeps of an alert. Plain values. */
export type AlertRecord = {
  readonly id: string
  readonly org: OrgRef
  readonly detector: string
  readonly entity: Entity
  /** Event times, ms. `until`: when it would resolve, nothing more coming. */
  readonly openedAt: number
  readonly lastSeenAt: number
  readonly until: number
  /** The highest it reached. */
  readonly level: Level
  /** Detections. */
  readonly count: number
  /** The largest that was observed, and why it fired. */
  readonly observed: number
  readonly reason: Detection['reason']
  /** The sentence of its peak. */
  readonly summary: string
  /** Ids of its episodes, the newest ones. */
  readonly episodes: readonly string[]
}

const episodesKept = 16

/** `previous`: the same alert before. `detector`: the id to show, where it is not the one that ran. */
export function toAlertRecord(alert: Alert, previous: AlertRecord | undefined): AlertRecord {
  const { id, latest, peak, openedAt, lastSeenAt, level, count } = alert
  return {
    id,
    org: latest.org,
    detector: latest.detector.id,
    entity: latest.entity,
    openedAt,
    lastSeenAt,
    until: lastSeenAt + latest.detector.keepOpen,
    level,
    count,
    observed: Math.max(latest.observed, peak.observed, previous?.observed ?? 0),
    reason: peak.reason,
    summary: peak.summary,
    episodes: [...new Set([...(previous?.episodes ?? []), latest.episode])].slice(-episodesKept),
  }
}
