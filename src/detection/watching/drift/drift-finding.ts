import { day } from '../../../duration.ts'
import type { Activity } from '../../activity/activity.ts'
import { thresholdFor } from '../../algorithms/frequency.ts'
import { type DayJudgement, growingOf, otherGrowthOf } from '../../baseline/drift/drift-model.ts'
import { type DriftRow, drift } from '../../baseline/drift/drift-row.ts'
import type { OrgDays } from '../../baseline/drift/org-days.ts'
import type { Firing } from '../../definition/detector.ts'
import type { Entity } from '../../detection.ts'
import type { UnrankedFinding } from '../../firing/episodes.ts'
import type { FiringVerdict } from '../../firing/evaluate.ts'
import { sampleOf } from '../../firing/evidence.ts'
import type { OrgTime } from '../../org-time.ts'
import { paneAt } from '../../window/window.ts'

/** An entity whose evidence is worth following; saved as JSON. */
export type Followed = {
  readonly entity: Entity
  /** Plain values: it is saved. */
  readonly activity: Activity
  readonly firing: Pick<Firing, 'budget' | 'atLeast' | 'ruledBy'>
  readonly peers: string
  /** The episode that it led to. */
  episode: string | null
}

/** An episode goes on over a long weekend. */
const quiet = 4 * day

/** What the evidence must reach: ln A, where the part of the budget that falls to one entity is a false alert in A days. */
export function boundOf(
  { members }: OrgDays,
  budget: number,
): { bound: number; threshold: number; looks: number } {
  const looks = Math.max(members, 1) / day
  const threshold = thresholdFor(budget, looks)
  return { bound: -Math.log(threshold), threshold, looks }
}

/** The growth up to the end of the day that is open; null when it does not fire, or when that day speaks against it. */
export function toFinding(
  row: DriftRow,
  { evidence, parameters }: DayJudgement,
  { activity, firing, peers }: Followed,
  orgDays: OrgDays,
  org: OrgTime,
  time: number,
): UnrankedFinding | null {
  const { budget, atLeast, ruledBy } = firing
  const { bound, threshold, looks } = boundOf(orgDays, budget)
  const observed = row.get(drift.observed)
  const grows = evidence > (parameters.before ?? 0)
  if (!grows || evidence < bound || observed < atLeast) return null
  const expected = row.get(drift.expected)
  const otherGrowth = otherGrowthOf(row)
  const length = (parameters.days ?? 1) * day
  const end = (orgDays.open + 1) * day - org.offset(time)
  const log10p = -evidence / Math.LN10
  const excess = Math.log10(threshold) - log10p
  const verdict: FiringVerdict = {
    k: 0,
    length,
    start: end - length,
    end,
    pane: paneAt(time, length),
    observed,
    judgement: {
      model: 'drift',
      log10p,
      expected,
      parameters: { ...parameters, ...(otherGrowth !== null && { otherGrowth }) },
      hourFactor: 1,
      peerWeight: 0,
    },
    log10p,
    tail: null,
    peak: 0,
    budget,
    threshold,
    looks,
    excess,
    reason: 'threshold',
    ...(ruledBy && { ruledBy }),
    longest: quiet,
  }
  const ratio = observed / Math.max(expected, 1e-9)
  const unexplained = otherGrowth === null ? null : ratio / Math.max(1, otherGrowth)
  return {
    verdict,
    found: {
      observed,
      expected,
      ratio,
      excess,
      window: length,
      activity,
      whole: null,
      unexplained,
      growing: growingOf(row),
    },
    time,
    trigger: sampleOf(activity),
    backfill: activity.backfill,
    known: { since: row.get(drift.since) * day, peers },
  }
}
