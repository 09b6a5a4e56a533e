import { type DriftRow, drift } from './drift-row.ts'

/**
 * What an entity does per day, for days of work and of rest: the mean amount, and mean and spread of its square root. The sizes of
 * what people export have tails so heavy that the mean of two weeks says little about that of the next two; of their roots it does,
 * and so no few large days look like growth. The square of a root is the amount, so that two sums hold both moments.
 */

/** Where the sums of a baseline begin in a row: per kind of day the amount, its roots, and the number of days. */
type Baseline = { readonly work: number; readonly rest: number }

export const baselines = {
  reference: { work: drift.workAmount, rest: drift.restAmount },
  fast: { work: drift.fastWorkAmount, rest: drift.fastRestAmount },
} as const satisfies Record<string, Baseline>

const sum = { amount: 0, roots: 1, days: 2, count: 3 } as const

/** A kind of day is shrunk to the mean of both with the weight of so many days. */
const kindWeight = 0.5
/** The spread 1/φ of roots that is expected of an entity, in the weight of so many days. */
const usualSpread = { value: 0.05, days: 3 } as const
const spreadRange = { least: 0.01, most: 20 } as const

/** How many days the reference holds, decayed. */
export function daysKnown(row: DriftRow): number {
  return row.get(drift.workDays) + row.get(drift.restDays)
}

/** What was to be expected of such a day by the reference; 0 while there is none. */
export function expectedOf(row: DriftRow, isRest: boolean): number {
  return meanOf(row, isRest, sum.amount)
}

/** The same of the square root of what is done on such a day. */
export function expectedRootOf(row: DriftRow, isRest: boolean): number {
  return meanOf(row, isRest, sum.roots)
}

/**
 * The spread 1/φ = variance/mean² of the roots of such days, as sampled, shrunk to the usual one. The usual is one of the busier
 * kind of day: where hardly anything is done, a little more of it says little.
 */
export function spreadOf(row: DriftRow, isRest: boolean): number {
  const at = baselines.reference[isRest ? 'rest' : 'work']
  const days = row.get(at + sum.days)
  const scatter = days > 0 ? row.get(at + sum.amount) - row.get(at + sum.roots) ** 2 / days : 0
  const busier = Math.max(expectedRootOf(row, false), expectedRootOf(row, true))
  const usual = usualSpread.days * usualSpread.value * busier ** 2
  const variance = (usual + (scatter * days) / Math.max(days - 1, 1)) / (usualSpread.days + days)
  const spread = variance / Math.max(expectedRootOf(row, isRest), 1e-9) ** 2
  return Math.min(spreadRange.most, Math.max(spreadRange.least, spread))
}

/** Adds a day; what a baseline knew before is halved in `halfLife` days. */
export function learnDay(
  row: DriftRow,
  { work, rest }: Baseline,
  isRest: boolean,
  amount: number,
  halfLife: number,
): void {
  const kept = 2 ** (-1 / halfLife)
  for (const at of [work, rest])
    for (let index = at; index < at + sum.count; index++) row.set(index, row.get(index) * kept)
  const at = isRest ? rest : work
  row.add(at + sum.amount, amount)
  row.add(at + sum.roots, Math.sqrt(amount))
  row.add(at + sum.days, 1)
}

/** Makes days in `to` like those in `from`; how many days it knows stays. Kinds of days that `from` has not seen stay as they are. */
export function copyPerDay(row: DriftRow, from: Baseline, to: Baseline): void {
  for (const kind of ['work', 'rest'] as const) {
    const days = row.get(from[kind] + sum.days)
    if (days <= 0) continue
    const scale = row.get(to[kind] + sum.days) / days
    for (const what of [sum.amount, sum.roots]) row.set(to[kind] + what, row.get(from[kind] + what) * scale)
  }
}

/** Makes days of `baseline` those that the reference expects, without spread. */
export function takeMeans(row: DriftRow, { work, rest }: Baseline): void {
  for (const [at, isRest] of [
    [work, false],
    [rest, true],
  ] as const) {
    const days = row.get(at + sum.days)
    row.set(at + sum.amount, expectedOf(row, isRest) * days)
    row.set(at + sum.roots, expectedRootOf(row, isRest) * days)
  }
}

/** Every day held `ratio` times as much. */
export function scaleAmounts(row: DriftRow, { work, rest }: Baseline, ratio: number): void {
  for (const at of [work, rest]) {
    row.set(at + sum.amount, row.get(at + sum.amount) * ratio)
    row.set(at + sum.roots, row.get(at + sum.roots) * Math.sqrt(ratio))
  }
}

function meanOf(row: DriftRow, isRest: boolean, what: number): number {
  const { work, rest } = baselines.reference
  const total = daysKnown(row)
  if (total <= 0) return 0
  const mean = (row.get(work + what) + row.get(rest + what)) / total
  const own = isRest ? rest : work
  return (row.get(own + what) + kindWeight * mean) / (row.get(own + sum.days) + kindWeight)
}
