import { formatBudget } from '../detection/definition/budget.ts'
import type { Definition } from '../detection/definition/definition-schema.ts'
import type { Verdict } from '../detection/detection.ts'
import { week } from '../duration.ts'
import type { AlertRecord } from './alert-record.ts'
import { type Period, periodOf, type Total, totalOf } from './comparison.ts'
import type { JobResult, Variant } from './job.ts'
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
  /** Null when nothing that was tried is any good. */
  readonly trial: Trial | null
  /** `fits`: close to what is wanted. `fewer`: even the most generous setting brings fewer. `more`: even the strictest brings more. */
  readonly kind: 'fits' | 'as it is' | 'fewer' | 'more'
}

/** Models that know no probability. */
const withoutBudget: readonly string[] = ['none', 'decay']
const budgetFactors = [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 1.5, 2, 3, 4, 8]
/** Floors are of the form 1, 1.5, 2, 3, 5 or 7 times a power of ten. */
const mantissas = [1, 1.5, 2, 3, 5, 7]
const floorsBelow = 3
const floorsAbove = 9
/** This much of a long history is left to learning, ms. */
const learning = week
const longHistory = 3 * week
/** Fewer alerts than this part of the wish do not fit it. */
const closeEnough = 0.5

/** The settings to try for a detector: budgets around the wish with the floor as it is, and floors with the budget as it is. */
export function settingsFor({ fires, baseline }: Definition, wish: number): readonly Setting[] {
  const { budget, at_least: atLeast, always_above: above = Number.POSITIVE_INFINITY } = fires
  const ceiling = typeof above === 'number' ? above : Math.max(...Object.values(above))
  const budgets = withoutBudget.includes(baseline.model) ? [] : budgetFactors.map((factor) => factor * wish)
  const floors = fires.when === 'below' ? [] : floorsAround(atLeast).filter((floor) => floor < ceiling)
  return [
    { budget, atLeast, kind: 'as it is' },
    ...budgets
      .filter((other) => formatBudget(other) !== formatBudget(budget))
      .map((other): Setting => ({ budget: other, atLeast, kind: 'budget' })),
    ...floors.map((other): Setting => ({ budget, atLeast: other, kind: 'floor' })),
  ]
}

/** The setting as a detector that runs beside the others. */
export function toVariant(detector: string, { budget, atLeast }: Setting, index: number): Variant {
  return { detector, name: `setting ${index}`, fires: { budget, at_least: atLeast } }
}

/** What each setting brought, and the one that comes nearest to the wish (alerts per ms) from below. */
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
    proposal: propose(trials, wish * week),
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

/** The most alerts that do not pass the wish; a budget rather than a floor, for it follows what is usual for each entity. */
function propose(trials: readonly Trial[], perWeek: number): Proposal {
  const within = trials.filter(({ total }) => total.perWeek <= perWeek).sort(byPreference)
  const [best] = within
  const strictest = trials.toSorted((a, b) => a.total.perWeek - b.total.perWeek)[0] ?? null
  if (!best) return { trial: strictest, kind: 'more' }
  if (best.setting.kind === 'as it is') return { trial: best, kind: 'as it is' }
  return { trial: best, kind: best.total.perWeek < closeEnough * perWeek ? 'fewer' : 'fits' }
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
  const fires = kind === 'budget' ? `budget: ${formatBudget(budget)}` : `at_least: ${atLeast}`
  return `id: ${detector}\nfires: { ${fires} }\n`
}
