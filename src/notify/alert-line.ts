import type { Detection } from '../detection/detection.ts'
import { formatDuration } from '../duration.ts'
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
}

/** A detection → its line. */
export function toDetectionLine(detection: Detection): DetectionLine {
  const { time, detector, level, entity, observed, statistics, window, summary } = detection
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
  }
}

/** A notification as one JSON object: the detection at its peak, and the alert it belongs to. */
export function toAlertLine({ alert, cause, key }: Notification) {
  const { peak, level, id, status, latest } = alert
  return { ...toDetectionLine(peak), level, cause, status, alert: id, key, org: latest.org.name }
}
