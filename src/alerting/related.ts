import { compareLevels, type Level } from '../detection/detection.ts'
import { week } from '../duration.ts'
import type { Alert } from './alert.ts'

/** What one detector has found lately about the same as an alert. */
export type Related = {
  readonly detector: string
  readonly title: string
  /** The highest of its alerts, and how many these are. */
  readonly level: Level
  readonly count: number
  /** When the last of them was seen, ms of event time. */
  readonly time: number
}

const lately = week

/** Whether the second alert, while it is open, tells what the first one has to say: the detector of the first one names its own. */
export function isToldBy(alert: Alert, other: Alert): boolean {
  const { partOf = [] } = alert.latest.detector
  return (
    (partOf === 'any' || partOf.includes(other.latest.detector.id)) &&
    other.id !== alert.id &&
    other.status === 'open' &&
    (other.verdict === undefined || other.verdict.word === 'true_positive') &&
    compareLevels(other.level, alert.level) >= 0 &&
    isPartOf(alert, other)
  )
}

/** What other detectors found about the same in the last week, by detector, the latest first. */
export function relatedTo(alert: Alert, others: Iterable<Alert>): readonly Related[] {
  const found = new Map<string, Related>()
  for (const other of others) {
    const { detector, backfill } = other.latest
    if (detector.id === alert.latest.detector.id || detector.status !== 'stable' || backfill) continue
    if (Math.abs(alert.lastSeenAt - other.lastSeenAt) > lately) continue
    if (!isPartOf(alert, other) && !isPartOf(other, alert)) continue
    const { level, count, time } = found.get(detector.id) ?? { level: other.level, count: 0, time: 0 }
    found.set(detector.id, {
      detector: detector.id,
      title: detector.title,
      level: compareLevels(other.level, level) > 0 ? other.level : level,
      count: count + 1,
      time: Math.max(time, other.lastSeenAt),
    })
  }
  return [...found.values()].sort((a, b) => b.time - a.time || (a.detector < b.detector ? -1 : 1))
}

/**
 * About the same entity, or by an event from the network, application or the like that the other one is about. Of an alert about
 * many the user of the last event says nothing.
 */
function isPartOf({ latest: { org, entity, trigger } }: Alert, { latest: other }: Alert): boolean {
  if (org.id !== other.org.id) return false
  const { type, id } = other.entity
  if (type === entity.type) return id === entity.id
  return type !== 'user' && trigger.fields[type] === id
}
