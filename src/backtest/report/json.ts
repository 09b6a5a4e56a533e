import type { AlertRecord } from '../alert-record.ts'
import type { Comparison } from '../comparison.ts'

/** A comparison as objects, one a line: the summary, each detector, each alert that differs, each verdict that is lost. */
export function toObjects(comparison: Comparison): readonly object[] {
  const { period, events, malformed, current, candidate, detectors, verdicts } = comparison
  return [
    {
      kind: 'summary',
      from: toIso(period.from),
      to: toIso(period.to),
      events,
      malformed,
      current: omitDaily(current),
      candidate: omitDaily(candidate),
      true_positives: verdicts,
      verdicts_lost: comparison.lostVerdicts.length,
    },
    ...detectors.map((detector) => ({
      kind: 'detector',
      detector: detector.detector,
      change: detector.change,
      status: detector.status,
      current: detector.current && omitDaily(detector.current),
      candidate: detector.candidate && omitDaily(detector.candidate),
      appear: detector.appear.length,
      disappear: detector.disappear.length,
      level_changes: detector.levelChanges.length,
      top_entities: detector.topEntities,
      exceptions: detector.exceptions.map(({ alerts, ...use }) => ({ ...use, alerts: alerts.length })),
      overrides: detector.overrides,
    })),
    ...detectors.flatMap(({ appear, disappear, levelChanges, exceptions }) => [
      ...appear.map((alert) => toObject('appears', alert)),
      ...disappear.map((alert) => toObject('disappears', alert)),
      ...levelChanges.map((pair) => ({
        ...toObject('level-changes', pair.candidate),
        previous_level: pair.current.level,
      })),
      ...exceptions.flatMap(({ number, side, alerts }) =>
        alerts.map((alert) => ({ ...toObject('hidden', alert), exception: number, side })),
      ),
    ]),
    ...comparison.lostVerdicts.map(({ verdict, current: raised, stillBy }) => ({
      kind: 'lost-verdict',
      detector: verdict.detector,
      entity: verdict.entity,
      alert: verdict.alert,
      judged: toIso(verdict.time),
      raised_today: raised && toIso(raised.openedAt),
      still_by: stillBy,
    })),
  ]
}

function toObject(kind: string, { org, detector, entity, level, openedAt, summary, id, count }: AlertRecord) {
  return {
    kind,
    detector,
    org: org.name,
    entity,
    level,
    time: toIso(openedAt),
    summary,
    id,
    detections: count,
  }
}

function omitDaily({ alerts, perWeek, byLevel }: Comparison['current']) {
  return { alerts, per_week: Number(perWeek.toFixed(3)), by_level: byLevel }
}

function toIso(time: number): string {
  return new Date(time).toISOString()
}
