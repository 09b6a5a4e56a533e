import { createHash } from 'node:crypto'
import { compareLevels, type Detection, type Verdict } from '../detection/detection.ts'
import { formatDuration } from '../duration.ts'
import type { Alert, AlertHistoryEntry } from './alert.ts'

/** What alerting remembers of one (org, detector, entity) besides its alerts. */
export type Subject = {
  /** Id of the alert that was opened last. */
  readonly alert: string
  /** The highest sequence seen of each episode, the newest {@link episodesKept} episodes, newest last. */
  readonly episodes: readonly (readonly [episode: string, sequence: number])[]
}

/** Something that happened to an alert. */
export type AlertChange = {
  readonly event: 'opened' | 'updated' | 'level-rose' | 'resolved' | 'reopened' | 'judged'
  /** The alert afterwards. */
  readonly alert: Alert
  /** The detection behind it; null for `resolved` and `judged`. */
  readonly detection: Detection | null
  /** Event time, ms; of `judged` the time of the verdict. */
  readonly time: number
}

const episodesKept = 16
const historyKept = 50

/** Detections with the same key are about the same thing: one org, one detector, one entity. */
export function subjectKey({ org, detector, entity }: Detection): string {
  return JSON.stringify([org.id, detector.id, entity.type, entity.id])
}

/** Whether the detection has been seen before: processing it again must change nothing. */
export function isRepeated(subject: Subject | undefined, { episode, sequence }: Detection): boolean {
  const seen = subject?.episodes.find(([id]) => id === episode)
  return seen !== undefined && sequence <= seen[1]
}

/** The subject after a detection that now belongs to the alert `alertId`. */
export function noteDetection(
  subject: Subject | undefined,
  { episode, sequence }: Detection,
  alertId: string,
): Subject {
  const others = (subject?.episodes ?? []).filter(([id]) => id !== episode)
  return { alert: alertId, episodes: [...others, [episode, sequence] as const].slice(-episodesKept) }
}

/**
 * What a detection does to the latest alert of its subject, in order. Two changes when the alert had been quiet for long
 * enough before: it resolves first, whether or not a progress message has said so, so that the outcome does not depend
 * on how often those come. The last change carries the alert that the detection belongs to.
 */
export function applyDetection(previous: Alert | undefined, detection: Detection): readonly AlertChange[] {
  if (previous === undefined) return [opened(detection)]
  const resolution = applyTime(previous, detection.time)
  if (resolution === null) return [continued(previous, detection)]
  return [resolution, continued(resolution.alert, detection)]
}

/** Event time has come to `time`: resolves an open alert that has been quiet for its detector's `keepOpen`, else null. */
export function applyTime(alert: Alert, time: number): AlertChange | null {
  if (alert.status === 'resolved') return null
  const { keepOpen } = alert.latest.detector
  const resolvedAt = alert.lastSeenAt + keepOpen
  if (time < resolvedAt) return null
  const entry = {
    time: resolvedAt,
    event: 'resolved',
    detail: `quiet for ${formatDuration(keepOpen)}`,
  } as const
  return {
    event: 'resolved',
    alert: addHistory({ ...alert, status: 'resolved', resolvedAt }, entry),
    detection: null,
    time: resolvedAt,
  }
}

/** An analyst's verdict becomes the alert's, unless it has this one or a later one already: then null. */
export function applyVerdict(alert: Alert, { id, word, time, by, note }: Verdict): AlertChange | null {
  const last = alert.verdict
  if (last && (last.id === id || time < last.time)) return null
  const detail = [word.replace('_', ' '), ...(by ? [`by ${by}`] : []), ...(note ? [`: ${note}`] : [])]
  const entry = { time, event: 'judged', detail: detail.join(' ').replace(' : ', ': ') } as const
  const judged = { ...alert, verdict: { id, word, time, by, note } }
  return { event: 'judged', alert: addHistory(judged, entry), detection: null, time }
}

/** Adds an entry; an equal `not-notified` entry at the end is replaced, so that a busy alert keeps its older history. */
export function addHistory(alert: Alert, entry: AlertHistoryEntry): Alert {
  const last = alert.history.at(-1)
  const repeats =
    entry.event === 'not-notified' && last?.event === entry.event && last.detail === entry.detail
  const kept = repeats ? alert.history.slice(0, -1) : alert.history
  return { ...alert, history: [...kept, entry].slice(-historyKept) }
}

function opened(detection: Detection): AlertChange {
  const { level, time } = detection
  const alert: Alert = {
    id: createHash('sha256')
      .update(`alert\n${subjectKey(detection)}\n${detection.id}`)
      .digest('hex')
      .slice(0, 32),
    status: 'open',
    level,
    openedAt: time,
    lastSeenAt: time,
    count: 1,
    peak: detection,
    latest: detection,
    history: [{ time, event: 'opened', detail: level }],
  }
  return { event: 'opened', alert, detection, time }
}

/**
 * A detection for a subject that has an alert. One that is older than what the alert has already seen is late: it
 * counts, but wakes up a resolved alert only when it raises the level or is the first that is no backfill: then there is
 * something to tell that nobody was told.
 */
function continued(alert: Alert, detection: Detection): AlertChange {
  const { time } = detection
  const updated = withDetection(alert, detection)
  const rises = compareLevels(detection.level, alert.level) > 0
  if (alert.resolvedAt === undefined) {
    if (!rises) return { event: 'updated', alert: updated, detection, time }
    const entry = { time, event: 'level-rose', detail: `${alert.level} → ${updated.level}` } as const
    return { event: 'level-rose', alert: addHistory(updated, entry), detection, time }
  }
  if (time - alert.resolvedAt > alert.latest.detector.repeat) return opened(detection)
  const news = rises || (alert.latest.backfill && !detection.backfill)
  if (time <= alert.lastSeenAt && !news) return { event: 'updated', alert: updated, detection, time }
  const { resolvedAt: _, ...open } = updated
  const entry = { time, event: 'reopened', detail: updated.level } as const
  return { event: 'reopened', alert: addHistory({ ...open, status: 'open' }, entry), detection, time }
}

function withDetection(alert: Alert, detection: Detection): Alert {
  return {
    ...alert,
    level: compareLevels(detection.level, alert.level) > 0 ? detection.level : alert.level,
    lastSeenAt: Math.max(alert.lastSeenAt, detection.time),
    count: alert.count + 1,
    peak: isGreater(detection, alert.peak) ? detection : alert.peak,
    latest: detection.time >= alert.latest.time ? detection : alert.latest,
  }
}

/** Of equals the later one: it says as well what has joined since. */
function isGreater(a: Detection, b: Detection): boolean {
  return (compareLevels(a.level, b.level) || excess(a) - excess(b) || a.observed - b.observed) >= 0
}

/** How far beyond the threshold, in powers of ten; 0 without statistics. */
function excess({ statistics }: Detection): number {
  return statistics === null ? 0 : Math.log10(statistics.threshold) - statistics.log10p
}
