import type { Detector } from '../definition/detector.ts'
import type { Detection, DetectorRef, Statistics } from '../detection.ts'
import { detectionId, type Episode, type Finding } from './episode.ts'
import { contributorsOf } from './evidence.ts'
import { summarize } from './explain.ts'
import { toExplanation } from './explanation.ts'
import { unitOf } from './format.ts'

/** A finding of an episode as it goes into topic `detections`. `place` is the episode's id and the finding's number in it. */
export function toDetection(
  source: { readonly detector: Detector; readonly set: string },
  { org, entity, evidence, detected }: Episode,
  place: { readonly id: string; readonly sequence: number },
  { verdict, level, time, trigger, backfill, because, about }: Finding,
  statistics: Statistics | null,
): Detection {
  const { detector, set } = source
  const { observed, reason, length, start, end, limit, ruledBy } = verdict
  const window = { length, start, end }
  const { measure } = detector
  const { joined = [] } = detected ?? {}
  const others = joined.length === 1 ? 'one other' : `${joined.length} others`
  return {
    kind: 'detection',
    id: detectionId(place.id, place.sequence),
    episode: place.id,
    sequence: place.sequence,
    org,
    detector: toRef(detector, set),
    entity,
    level,
    time,
    window,
    measure: { expression: measure.expression, unit: unitOf(measure, observed) },
    observed,
    statistics,
    reason,
    summary: summarize({
      detector,
      entity,
      observed,
      window,
      reason,
      statistics,
      trigger,
      limit,
      limitOf: ruledBy?.alwaysAbove,
    }).concat(because ? `; ${because}` : '', joined.length > 0 ? `; ${others} did the same` : ''),
    explanation: toExplanation({
      detector,
      set,
      entity,
      observed,
      reason,
      statistics,
      trigger,
      joined,
      ruledBy,
      about,
    }),
    trigger,
    samples: [...evidence.samples],
    contributors: contributorsOf(evidence),
    backfill,
  }
}

function toRef(detector: Detector, set: string): DetectorRef {
  const { id, title, description, tags, falsepositives, runbook, status, alert } = detector
  const { repeat, keepOpen } = alert
  return { id, title, description, tags, falsepositives, runbook, status, set, repeat, keepOpen }
}
