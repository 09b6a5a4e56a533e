import { basename } from 'node:path'
import type { DetectorFile } from '../detection/definition/parse-detector.ts'
import { compareLevels, type Entity, type Level, levels } from '../detection/detection.ts'
import { day, week } from '../duration.ts'
import type { AlertRecord } from './alert-record.ts'
import type { Use } from './allowances.ts'
import type { JobResult } from './job.ts'
import type { Change, Plan } from './plan.ts'
import { type LostVerdict, lostVerdicts, overlap, truePositives } from './verdicts.ts'

/** What changes for the analysts when the candidate comes into force. */
export type Comparison = {
  readonly period: Period
  readonly events: number
  readonly malformed: number
  readonly current: Total
  readonly candidate: Total
  readonly detectors: readonly DetectorComparison[]
  readonly lostVerdicts: readonly LostVerdict[]
  /** Verdicts `true_positive` that were found in the history. */
  readonly verdicts: number
}

/** Days with events, ms of event time, [from, to). */
export type Period = { readonly from: number; readonly to: number }

export type Total = {
  readonly alerts: number
  readonly perWeek: number
  readonly byLevel: Readonly<Record<Level, number>>
  /** Alerts opened on each day of the period. */
  readonly daily: readonly number[]
}

export type DetectorComparison = {
  readonly detector: string
  readonly title: string
  readonly change: Change
  readonly status: { readonly current: string | null; readonly candidate: string | null }
  /** Null where the set has no such detector. */
  readonly current: Total | null
  readonly candidate: Total | null
  readonly appear: readonly AlertRecord[]
  readonly disappear: readonly AlertRecord[]
  readonly levelChanges: readonly { readonly current: AlertRecord; readonly candidate: AlertRecord }[]
  readonly topEntities: readonly EntityCount[]
  readonly exceptions: readonly ExceptionUse[]
  readonly overrides: readonly OverrideUse[]
}

export type EntityCount = { readonly entity: Entity; readonly current: number; readonly candidate: number }

/** `overlay`: the name of the file if that is one; `number` counts within the file. */
type Place = {
  readonly side: 'current' | 'candidate' | 'both'
  readonly overlay: string | null
  readonly number: number
}

/** `alerts`: those that there would be without it. */
export type ExceptionUse = Place & {
  readonly reason: string
  readonly owner: string
  readonly activities: number
  readonly entities: number
  readonly alerts: readonly AlertRecord[]
}

export type OverrideUse = Place & { readonly activities: number; readonly entities: number }

const topCount = 5
/** Fewer events than this share of an average day are strays: a wrong clock must not stretch the period. */
const straysBelow = 0.001

/** `results`: of the set of today, and of what was run of the candidate. */
export function compareResults(
  plan: Plan,
  results: { readonly current: JobResult; readonly candidate: JobResult | undefined },
): Comparison {
  const { current } = results
  const period = periodOf(current.days)
  const sides = { current: current.alerts, candidate: candidateAlerts(plan, results) }
  const detectors = [...plan.changes].map(([id, change]) =>
    compareDetector(id, change, { plan, results, sides, period }),
  )
  return {
    period,
    events: current.events,
    malformed: current.malformed,
    current: totalOf(sides.current, period),
    candidate: totalOf(sides.candidate, period),
    detectors,
    lostVerdicts: lostVerdicts(current.verdicts, sides),
    verdicts: truePositives(current.verdicts).length,
  }
}

type Sides = { readonly current: readonly AlertRecord[]; readonly candidate: readonly AlertRecord[] }

/** What was not run of the candidate is the same as today. */
function candidateAlerts(
  plan: Plan,
  { current, candidate }: { readonly current: JobResult; readonly candidate: JobResult | undefined },
): readonly AlertRecord[] {
  const shared = current.alerts.filter(
    ({ detector }) => plan.changes.get(detector) === 'same' && !plan.candidate.includes(detector),
  )
  return [...shared, ...(candidate?.alerts ?? [])]
}

type Context = {
  readonly plan: Plan
  readonly results: { readonly current: JobResult; readonly candidate: JobResult | undefined }
  readonly sides: Sides
  readonly period: Period
}

function compareDetector(id: string, change: Change, context: Context): DetectorComparison {
  const { plan, sides, period } = context
  const current = sides.current.filter(({ detector }) => detector === id)
  const candidate = sides.candidate.filter(({ detector }) => detector === id)
  const { pairs, appear, disappear } = matchAlerts(current, candidate)
  const before = plan.definitions.current.get(id)?.definition
  const after = plan.definitions.candidate.get(id)?.definition
  return {
    detector: id,
    title: (after ?? before)?.title ?? id,
    change,
    status: { current: before?.status ?? null, candidate: after?.status ?? null },
    current: before ? totalOf(current, period) : null,
    candidate: after ? totalOf(candidate, period) : null,
    appear,
    disappear,
    levelChanges: pairs.filter((pair) => pair.current.level !== pair.candidate.level),
    topEntities: topEntities(current, candidate),
    ...usesOf(id, change, context),
  }
}

/** Alerts are the same when they are about one entity and their times overlap. */
export function matchAlerts(current: readonly AlertRecord[], candidate: readonly AlertRecord[]) {
  const open = new Map(Map.groupBy(candidate, subjectOf))
  const pairs: { current: AlertRecord; candidate: AlertRecord }[] = []
  const disappear: AlertRecord[] = []
  for (const alert of inOrder(current)) {
    const others = open.get(subjectOf(alert)) ?? []
    const match = others.find(({ id }) => id === alert.id) ?? others.find((other) => overlap(alert, other))
    if (!match) {
      disappear.push(alert)
      continue
    }
    pairs.push({ current: alert, candidate: match })
    open.set(
      subjectOf(alert),
      others.filter((other) => other !== match),
    )
  }
  return { pairs, disappear, appear: inOrder([...open.values()].flat()) }
}

export function subjectOf({ org, detector, entity }: AlertRecord): string {
  return JSON.stringify([org.id, detector, entity.type, entity.id])
}

function inOrder(alerts: readonly AlertRecord[]): AlertRecord[] {
  return alerts.toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
}

function topEntities(current: readonly AlertRecord[], candidate: readonly AlertRecord[]): EntityCount[] {
  const counts = new Map<string, { entity: Entity; current: number; candidate: number }>()
  for (const [side, alerts] of Object.entries({ current, candidate })) {
    for (const alert of alerts) {
      const key = subjectOf(alert)
      const count = counts.get(key) ?? { entity: alert.entity, current: 0, candidate: 0 }
      counts.set(key, count)
      count[side as 'current' | 'candidate']++
    }
  }
  return [...counts.values()]
    .sort(
      (a, b) => b.current + b.candidate - (a.current + a.candidate) || (a.entity.id < b.entity.id ? -1 : 1),
    )
    .slice(0, topCount)
}

function usesOf(id: string, change: Change, { plan, results }: Context) {
  const exceptions: ExceptionUse[] = []
  const overrides: OverrideUse[] = []
  for (const side of ['current', 'candidate'] as const) {
    if (side === 'candidate' && change === 'same') continue
    const result = results[side]
    const allowances = result?.allowances.get(id)
    const file = plan.definitions[side].get(id)
    if (!result || !allowances || !file) continue
    const placeOf = (list: 'exceptions' | 'overrides', index: number): Place => ({
      side: change === 'same' ? ('both' as const) : side,
      ...entryOf(file, list, index),
    })
    const hidden = matchAlerts(
      result.alerts.filter(({ detector }) => detector === id),
      result.unexcepted.filter(({ detector }) => detector === id),
    ).appear
    for (const [index, use] of allowances.exceptions.entries()) {
      const { reason = '', owner = '' } = file.definition.exceptions[index] ?? {}
      const alerts = hidden.filter(({ entity }) => use.entities.has(entity.id))
      exceptions.push({ ...placeOf('exceptions', index), reason, owner, ...sizeOf(use), alerts })
    }
    for (const [index, use] of allowances.overrides.entries())
      overrides.push({ ...placeOf('overrides', index), ...sizeOf(use) })
  }
  return { exceptions: mergeSides(exceptions), overrides: mergeSides(overrides) }
}

/** Where an entry of a list to which overlays add stands. */
function entryOf(
  { source, shipped }: DetectorFile,
  list: 'exceptions' | 'overrides',
  index: number,
): Pick<Place, 'overlay' | 'number'> {
  if (index < (shipped?.definition[list].length ?? Number.POSITIVE_INFINITY))
    return { overlay: null, number: index + 1 }
  const { file, path } = source.problemAt([list, index], '')
  return { overlay: basename(file), number: Number(/\d+/.exec(path)?.[0] ?? index) + 1 }
}

/** What stands in both files and did the same in both is told once. */
function mergeSides<U extends ExceptionUse | OverrideUse>(uses: readonly U[]): readonly U[] {
  const words = ({ side: _, ...use }: U) => JSON.stringify(use)
  const before = new Set(uses.filter(({ side }) => side === 'current').map(words))
  const both = uses.filter((use) => use.side === 'candidate' && before.has(words(use))).map(words)
  return uses.flatMap((use) => {
    if (!both.includes(words(use))) return [use]
    return use.side === 'candidate' ? [{ ...use, side: 'both' as const }] : []
  })
}

function sizeOf({ activities, entities }: Use) {
  return { activities, entities: entities.size }
}

export function totalOf(alerts: readonly AlertRecord[], { from, to }: Period): Total {
  const daily = new Array<number>(Math.round((to - from) / day)).fill(0)
  const byLevel = Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>
  for (const { openedAt, level } of alerts) {
    byLevel[level]++
    const index = Math.floor((openedAt - from) / day)
    if (index in daily) daily[index] = (daily[index] ?? 0) + 1
  }
  const weeks = Math.max((to - from) / week, Number.MIN_VALUE)
  return { alerts: alerts.length, perWeek: to > from ? alerts.length / weeks : 0, byLevel, daily }
}

/** From the first day to the last one that is more than strays. */
export function periodOf(days: ReadonlyMap<number, number>): Period {
  const total = [...days.values()].reduce((sum, count) => sum + count, 0)
  const least = (straysBelow * total) / Math.max(days.size, 1)
  const numbers = [...days].filter(([, count]) => count >= least).map(([number]) => number)
  if (numbers.length === 0) return { from: 0, to: 0 }
  const first = numbers.reduce((a, b) => Math.min(a, b))
  const last = numbers.reduce((a, b) => Math.max(a, b))
  return { from: first * day, to: (last + 1) * day }
}

/** The higher level first, then the earlier alert. */
export function byWeight(a: AlertRecord, b: AlertRecord): number {
  return compareLevels(b.level, a.level) || a.openedAt - b.openedAt
}
