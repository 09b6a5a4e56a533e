import type { Detection } from '../detection/detection.ts'
import { day, formatDuration } from '../duration.ts'
import { smallestLog10p } from './message.ts'
import type { Notification } from './notifier.ts'

/**
 * A detection as one flat JSON object for machines. The time in ISO 8601, the window as in detector files; null where nothing
 * is expected.
 */
export type DetectionLine = {
  readonly time: string
  readonly detector: string
  readonly level: string
  readonly entity: { readonly type: string; readonly id: string }
  readonly observed: number
  readonly expected: number | null
  readonly low: number | null
  readonly high: number | null
  /** Tail probability after calibration, no smaller than anybody can know: 1e-12. */
  readonly p: number | null
  readonly window: string
  readonly summary: string
  /** By chance once in so many days over all entities of the org; null where nothing is expected. */
  readonly once_in_days: number | null
  /** What the event that fired it has that its user never had: `network`, `client`, … */
  readonly new: readonly string[]
  readonly explanation: Readonly<Record<string, string>>
  /** Of the event that fired it: who, from where, with what. */
  readonly fields: Detection['trigger']['fields']
  readonly contributors: Detection['contributors']
  /** Identifiers of up to 20 events. */
  readonly events: readonly string[]
  /** Hash of the set of detectors. */
  readonly set: string
}

/** A detection → its line. */
export function toDetectionLine(detection: Detection): DetectionLine {
  const { time, detector, level, entity, observed, statistics, window, summary } = detection
  const { explanation, contributors, samples, trigger } = detection
  return {
    time: new Date(time).toISOString(),
    detector: detector.id,
    level,
    entity,
    observed,
    expected: statistics?.expected ?? null,
    low: statistics?.low ?? null,
    high: statistics?.high ?? null,
    p: statistics ? 10 ** Math.max(statistics.log10p, smallestLog10p) : null,
    window: formatDuration(window.length),
    summary,
    once_in_days: statistics ? statistics.onceIn / day : null,
    new: Object.keys(trigger.fields).flatMap((name) => (/^new_/.test(name) ? name.slice(4) : [])),
    explanation: Object.fromEntries(explanation.map(({ label, value }) => [label, value])),
    fields: trigger.fields,
    contributors,
    events: samples,
    set: detector.set,
  }
}

/** A notification as one JSON object: the detection at its peak, and the alert it belongs to. */
export function toAlertLine({ alert, cause, key }: Notification) {
  const { peak, level, id, status, latest } = alert
  return { ...toDetectionLine(peak), level, cause, status, alert: id, key, org: latest.org.name }
}
