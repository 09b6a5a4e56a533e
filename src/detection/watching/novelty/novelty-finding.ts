import type { Activity } from '../../activity/activity.ts'
import { knownSince, type ValueMemory } from '../../baseline/novelty/value-memory.ts'
import type { Detector } from '../../definition/detector.ts'
import type { Entity } from '../../detection.ts'
import type { UnrankedFinding } from '../../firing/episodes.ts'
import type { FiringVerdict } from '../../firing/evaluate.ts'
import { sampleOf } from '../../firing/evidence.ts'
import { formatNews } from '../../firing/explain.ts'
import type { News } from './new-values.ts'

/** What fires when an entity brings up so much that is new. */
export function toNoveltyFinding(
  { baseline, measure }: Detector,
  verdict: FiringVerdict,
  subject: { readonly activity: Activity; readonly entity: Entity; readonly memory: ValueMemory },
  news: readonly News[],
): UnrankedFinding {
  const { activity, entity, memory } = subject
  const { observed, judgement, excess, length } = verdict
  const expected = judgement?.expected ?? 0
  const ratio = observed / Math.max(expected, 1e-9)
  const sample = sampleOf(activity)
  return {
    verdict,
    found: { observed, expected, ratio, excess, window: length, activity, whole: null },
    time: activity.time,
    trigger: { ...sample, fields: { ...sample.fields, news: describeNews(measure, news) } },
    backfill: activity.backfill,
    known: { since: knownSince(memory), peers: baseline.peersOf(activity, entity) },
  }
}

function describeNews({ fields }: Detector['measure'], news: readonly News[]): string {
  const named = fields.map(({ name }, field) => ({
    name,
    values: [...new Set(news.filter((each) => each.field === field).map(({ text }) => text))],
  }))
  return formatNews(named.filter(({ values }) => values.length > 0))
}
