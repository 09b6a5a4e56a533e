import { log10PoissonTail } from '../detection/algorithms/log-tails.ts'
import { formatBudget, hasBudget } from '../detection/definition/budget.ts'
import type { Definition } from '../detection/definition/definition-schema.ts'
import type { Verdict } from '../detection/detection.ts'
import { week } from '../duration.ts'
import type { AlertRecord } from './alert-record.ts'
import { type Period, periodOf, type Total, totalOf } from './comparison.ts'
import type { JobResult } from './job.ts'
import type { Variant } from './variant.ts'
import { lostVerdicts, truePositives } from './verdicts.ts'

/** A firing rule that is tried. */
export type Setting = {
  readonly budget: number
  readonly atLeast: number
  /** What differs from the detector as it is. */
  readonly kind: 'as it is' | 'budget' | 'floor'
}

/** What a setting would have brought. */
export type Trial = {
  readonly setting: Setting
  readonly total: Total
  readonly alerts: readonly AlertRecord[]
  /** Alerts that `always_above` raises, whatever the budget is. */
  readonly ceiling: number
  readonly truePositivesLost: number
}

export type Tuning = {
  readonly period: Period
  /** Alerts count from here on: what came before was still being learned. */
  readonly counted: Period
  readonly truePositives: number
  readonly trials: readonly Trial[]
  readonly proposal: Proposal
}

export type Proposal = {
  readonly trial: Trial
  /**
   * `as it is`: the wish is not passed. `chance`: not by more than chance explains. `fits`: a stricter setting keeps to it.
   * `more`: even the strictest one brings more.
   */
  readonly kind: 'as it is' | 'chance' | 'fits' | 'more'
}

const budgetFactors = [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 1.5, 2, 3, 4, 8]
/** Floors are of the form 1, 1.5, 2, 3, 5 or 7 times a power of ten. */
const mantissas = [1, 1.5, 2, 3, 5, 7]
const floorsBelow = 3
const floorsAbove = 9
/** This much of a long history is left to learning, ms. */
const learning = week
const longHistory = 3 * week
/** So many alerts or more would come with at least this probability, did the wish hold: no reason to change anything. */
const chance = 0.05

/** The settings to try for a detector: as it is, budgets around the wish, and floors with the budget as it is. */
export function settingsFor(definition: Definition, wish: number): readonly [Setting, ...Setting[]] {
  const { budget, at_least: atLeast, when } = definition.fires
  const budgets = hasBudget(definition.baseline.model) ? budgetFactors.map((factor) => factor * wish) : []
  const floors = when === 'below' ? [] : floorsAround(atLeast)
  return [
    { budget, atLeast, kind: 'as it is' },
    ...budgets
      .filter((other) => formatBudget(other) !== formatBudget(budget))
      .map((other): Setting => ({ budget: other, atLeast, kind: 'budget' })),
    ...floors.map((other): Setting => ({ budget, atLeast: other, kind: 'floor' })),
  ]
}

/** The setting as a detector that runs beside the others. */
export function toVariant(detector: string, setting: Setting, index: number): Variant {
  return { detector, name: `setting ${index}`, overlay: toOverlay(detector, setting) }
}

/** What each setting brought, and whether a stricter one is needed to keep to the wish (alerts per ms). */
export function judgeSettings(
  settings: readonly Setting[],
  results: readonly JobResult[],
  { wish, detector }: { readonly wish: number; readonly detector: string },
): Tuning {
  const period = periodOf(results[0]?.days ?? new Map())
  const from = period.to - period.from >= longHistory ? period.from + learning : period.from
  const counted = { from, to: period.to }
  const alerts = results.flatMap((result) => result.alerts)
  const verdicts = results[0]?.verdicts.filter((verdict) => verdict.detector === detector) ?? []
  const names = settings.map((setting, index) => toVariant(detector, setting, index).name)
  const today = alerts.filter((alert) => alert.detector === names[0])
  const trials = settings.map((setting, index) =>
    toTrial(setting, {
      raised: alerts.filter((alert) => alert.detector === names[index]),
      today,
      counted,
      verdicts,
    }),
  )
  return {
    period,
    counted,
    truePositives: truePositives(verdicts).length,
    trials,
    proposal: propose(trials, wish, counted),
  }
}

type Raised = {
  readonly raised: readonly AlertRecord[]
  /** By the detector as it is. */
  readonly today: readonly AlertRecord[]
  readonly counted: Period
  readonly verdicts: readonly Verdict[]
}

function toTrial(setting: Setting, { raised, today, counted, verdicts }: Raised): Trial {
  const alerts = raised.filter(({ openedAt }) => openedAt >= counted.from)
  const asDetector = (list: readonly AlertRecord[]) =>
    list.map((alert) => ({ ...alert, detector: verdicts[0]?.detector ?? alert.detector }))
  return {
    setting,
    alerts,
    total: totalOf(alerts, counted),
    ceiling: alerts.filter(({ reason }) => reason === 'ceiling').length,
    truePositivesLost: lostVerdicts(verdicts, { current: asDetector(today), candidate: asDetector(raised) })
      .length,
  }
}

/**
 * The wish is a limit. Of stricter settings that keep to it the one with the most alerts; a budget rather than a floor, for it
 * follows what is usual for each entity.
 */
function propose(trials: readonly Trial[], wish: number, { from, to }: Period): Proposal {
  const [current, ...others] = trials as readonly [Trial, ...Trial[]]
  const { alerts } = current.total
  const expected = wish * (to - from)
  if (alerts <= expected) return { trial: current, kind: 'as it is' }
  if (10 ** log10PoissonTail(alerts, expected) >= chance) return { trial: current, kind: 'chance' }
  const { budget, atLeast } = current.setting
  const stricter = others.filter(({ setting }) => setting.budget < budget || setting.atLeast > atLeast)
  const [best] = stricter.filter(({ total }) => total.alerts <= expected).sort(byPreference)
  if (best) return { trial: best, kind: 'fits' }
  const strictest = [current, ...stricter].sort((a, b) => a.total.alerts - b.total.alerts)[0] ?? current
  return { trial: strictest, kind: 'more' }
}

const preferred = ['as it is', 'budget', 'floor'] as const

function byPreference(a: Trial, b: Trial): number {
  return (
    b.total.perWeek - a.total.perWeek ||
    preferred.indexOf(a.setting.kind) - preferred.indexOf(b.setting.kind) ||
    a.setting.budget - b.setting.budget ||
    a.setting.atLeast - b.setting.atLeast
  )
}

function floorsAround(floor: number): readonly number[] {
  const power = Math.floor(Math.log10(Math.max(floor, 1)))
  const series = [-1, 0, 1, 2, 3].flatMap((shift) =>
    mantissas.map((mantissa) => Number((mantissa * 10 ** (power + shift)).toPrecision(2))),
  )
  const whole = series.filter((value) => floor >= 10 || Number.isInteger(value))
  const below = whole.filter((value) => value < floor && value >= 1).slice(-floorsBelow)
  return [...below, ...whole.filter((value) => value > floor).slice(0, floorsAbove)]
}

/** What to paste into an overlay. */
export function toOverlay(detector: string, { budget, atLeast, kind }: Setting): string {
  if (kind === 'as it is') return `id: ${detector}\n`
  const fires = kind === 'budget' ? `budget: ${formatBudget(budget)}` : `at_least: ${atLeast}`
  return `id: ${detector}\nfires: { ${fires} }\n`
}
