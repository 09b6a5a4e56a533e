import type { Verdict } from '../detection/detection.ts'
import { day } from '../duration.ts'
import type { AlertRecord } from './alert-record.ts'

/** A true alert of which the candidate says nothing. */
export type LostVerdict = {
  readonly verdict: Verdict
  /** What the set of today raised; null where it was silent too, as when the history begins too late. */
  readonly current: AlertRecord | null
  /** Other detectors of the candidate that raise an alert for the same entity at that time. */
  readonly stillBy: readonly string[]
}

/** What `current` and `candidate` raised. */
type Sides = { readonly current: readonly AlertRecord[]; readonly candidate: readonly AlertRecord[] }

/** An alert that is judged began at most so long before, ms. */
const judgedWithin = 30 * day

/** The true positives among the verdicts: the last word about each alert counts. */
export function truePositives(verdicts: readonly Verdict[]): readonly Verdict[] {
  const last = new Map(
    verdicts.toSorted((a, b) => a.time - b.time).map((verdict) => [verdict.alert, verdict]),
  )
  return [...last.values()].filter(({ word }) => word === 'true_positive')
}

/** The verdicts `true_positive` of which the candidate says nothing. */
export function lostVerdicts(verdicts: readonly Verdict[], sides: Sides): readonly LostVerdict[] {
  return truePositives(verdicts).flatMap((verdict) => {
    const about = (alert: AlertRecord) =>
      alert.org.id === verdict.org.id && alert.entity.id === verdict.entity.id
    const known = sides.current.filter(about)
    const current =
      known.find(({ id, episodes }) => id === verdict.alert || shares(episodes, verdict.episodes)) ??
      known.findLast(({ detector, openedAt }) => detector === verdict.detector && isJudged(verdict, openedAt))
    const raised = sides.candidate.filter(
      (alert) => about(alert) && (current ? overlap(alert, current) : isJudged(verdict, alert.openedAt)),
    )
    if (raised.some(({ detector }) => detector === verdict.detector)) return []
    const stillBy = [...new Set(raised.map(({ detector }) => detector))]
    return [{ verdict, current: current ?? null, stillBy }]
  })
}

/** Whether the times of two alerts overlap. */
export function overlap(one: AlertRecord, other: AlertRecord): boolean {
  return one.openedAt <= other.until && other.openedAt <= one.until
}

function isJudged({ time }: Verdict, openedAt: number): boolean {
  return openedAt <= time && time - openedAt <= judgedWithin
}

function shares(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one))
}
