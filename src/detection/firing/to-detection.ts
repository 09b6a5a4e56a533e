import type { Detector } from '../definition/detector.ts'
import type { Detection, DetectorRef, Statistics } from '../detection.ts'
import { detectionId, type Episode, type Finding } from './episode.ts'
import { contributorsOf, type Evidence, factsOf } from './evidence.ts'
import { enumerate } from './evidence-words.ts'
import { summarize } from './explain.ts'
import { toExplanation } from './explanation.ts'
import { unitOf } from './format.ts'
import type { NamedBy } from './named.ts'
import { spanOf } from './span.ts'

const namedInSentence = 3
const usersListed = 20

/** A finding, and whom escalations name. */
type Told = Finding & { readonly namedBy?: readonly NamedBy[] }

/** A finding of an episode as it goes into topic `detections`. `place` is the episode's id and the finding's number in it. */
export function toDetection(
  source: { readonly detector: Detector; readonly set: string },
  { org, entity, evidence, detected }: Episode,
  place: { readonly id: string; readonly sequence: number },
  { verdict, level, time, trigger, backfill, because, about = [], namedBy = [] }: Told,
  statistics: Statistics | null,
): Detection {
  const { detector, set } = source
  const { observed, reason, length, start, end, limit, ruledBy } = verdict
  const window = { length, start, end }
  const { measure } = detector
  const { joined = [] } = detected ?? {}
  const span = spanOf(verdict, evidence, measure)
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
    ...(span && { span }),
    statistics,
    ...(reason === 'ceiling' && limit !== undefined && { limit }),
    reason,
    summary: namedBy
      .map(describeNamed)
      .join('')
      .concat(
        summarize({
          detector,
          entity,
          observed,
          window,
          span,
          evidence,
          reason,
          statistics,
          trigger,
          limit,
          limitOf: ruledBy?.alwaysAbove,
        }),
        because ? `; ${because}` : '',
        joined.length > 0 ? `; ${others} did the same` : '',
      ),
    explanation: toExplanation({
      detector,
      set,
      entity,
      observed,
      reason,
      statistics,
      trigger,
      joined,
      repeated: factsOf(evidence, entity.type).repeated,
      ruledBy,
      about: [...usersOf(evidence, measure, observed), ...about],
    }),
    trigger,
    samples: [...evidence.samples],
    contributors: contributorsOf(evidence),
    backfill,
  }
}

/** By name where each of them may have to be frozen. */
function usersOf(
  { tally }: Evidence,
  { expression }: Detector['measure'],
  observed: number,
): Detection['explanation'] {
  const names = Object.keys(tally.user ?? {})
  if (expression !== 'distinct(user)' || names.length === 0) return []
  const shown = names.slice(0, usersListed)
  const more = Math.max(names.length, observed) - shown.length
  return [{ label: 'Users', value: `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}` }]
}

/** `Logged in from there: ann@acme.example, bob@acme.example, cem@acme.example and 4 more. ` */
function describeNamed({ escalation: { because }, names }: NamedBy): string {
  const shown = names.slice(0, namedInSentence)
  const more = names.length - shown.length
  const who = more > 0 ? `${shown.join(', ')} and ${more} more` : enumerate(shown)
  return `${because === null ? '' : `${because}: `}${who}. `
}

function toRef(detector: Detector, set: string): DetectorRef {
  const { id, title, description, tags, falsepositives, runbook, status, alert } = detector
  const { repeat, keepOpen, partOf } = alert
  return {
    ...{ id, title, description, tags, falsepositives, runbook, status, set, repeat, keepOpen },
    ...(partOf && { partOf }),
  }
}
