import { type DriftRow, drift } from './drift-row.ts'

/**
 * What an entity does per day, for days of work and of rest: the mean amount, and mean and spread of its square root. The sizes of
 * what people export have tails so heavy that the mean of two weeks says little about that of the next two; of their roots it does,
 * and so no few large days look like growth. The square of a root is the amount, so that two sums hold both moments.
 */

/** Where the sums of a baseline begin in a row: per kind of day the amount, its roots, active days, other work and days. */
type Baseline = { readonly work: number; readonly rest: number }

export const baselines = {
  reference: { work: drift.workAmount, rest: drift.restAmount },
  fast: { work: drift.fastWorkAmount, rest: drift.fastRestAmount },
} as const satisfies Record<string, Baseline>

const sum = { amount: 0, roots: 1, active: 2, other: 3, days: 4, count: 5 } as const

/** A kind of day is shrunk to the mean of both with the weight of so many days. */
const kindWeight = 0.5
/** Whoever was never seen at something may yet do it: so much of an active day is added to each kind of day. */
const activePrior = 0.25
/** The spread 1/φ of roots that is expected of an entity, in the weight of so many days. */
const usualSpread = { value: 0.05, days: 3 } as const
const spreadRange = { least: 0.01, most: 20 } as const

/** How many days the reference holds, decayed. */
export function daysKnown(row: DriftRow): number {
  return row.get(drift.workDays) + row.get(drift.restDays)
}

/** Days of work in the reference before anything is judged: a free weekend, or the one day before a holiday, says nothing of them. */
const enoughDays = 5

/** Whether the reference says enough for a judgement. */
export function isSettled(row: DriftRow): boolean {
  return row.get(drift.workDays) >= enoughDays
}

/** What has been done per day lately, whatever its kind; 0 while nothing was seen. */
export function recentMeanOf(row: DriftRow): number {
  const days = row.get(drift.fastWorkDays) + row.get(drift.fastRestDays)
  return days > 0 ? (row.get(drift.fastWorkAmount) + row.get(drift.fastRestAmount)) / days : 0
}

/** What was to be expected of such a day by the reference; 0 while there is none. */
export function expectedOf(row: DriftRow, isRest: boolean): number {
  return meanOf(row, isRest, sum.amount, 0)
}

/**
 * The same of the square root of what is done on such a day. `peerRoot` is the root of a peer's active day, 0 where there is none: the
 * fewer active days the reference has, the more it is like that.
 */
export function expectedRootOf(row: DriftRow, isRest: boolean, peerRoot: number): number {
  return meanOf(row, isRest, sum.roots, activeRootOf(row, peerRoot))
}

/** Root of an active day of the reference, with one of a peer among them; 0 where both are missing. */
export function activeRootOf(row: DriftRow, peerRoot: number): number {
  const active = row.get(drift.workActive) + row.get(drift.restActive)
  const own = row.get(drift.workRoots) + row.get(drift.restRoots)
  if (peerRoot > 0) return (own + peerRoot) / (active + 1)
  return active > 0 ? own / active : 0
}

/**
 * The spread 1/φ = variance/mean² of the roots of such days, as sampled, shrunk to the usual one. The usual is one of the busier
 * kind of day: where hardly anything is done, a little more of it says little.
 */
export function spreadOf(row: DriftRow, isRest: boolean, peerRoot: number): number {
  const at = baselines.reference[isRest ? 'rest' : 'work']
  const days = row.get(at + sum.days)
  const mean = expectedRootOf(row, isRest, peerRoot)
  const scatter = days > 0 ? row.get(at + sum.amount) - row.get(at + sum.roots) ** 2 / days : 0
  const busier = Math.max(mean, expectedRootOf(row, !isRest, peerRoot))
  const usual = usualSpread.days * usualSpread.value * busier ** 2
  const active = activePrior * (activeRootOf(row, peerRoot) - mean) ** 2
  const variance =
    (usual + active + (scatter * days) / Math.max(days - 1, 1)) / (usualSpread.days + activePrior + days)
  return Math.min(spreadRange.most, Math.max(spreadRange.least, variance / Math.max(mean, 1e-9) ** 2))
}

/** How much other work was to be expected of such a day by the reference, or by the faster baseline. */
export function expectedOtherOf(
  row: DriftRow,
  isRest: boolean,
  from: Baseline = baselines.reference,
): number {
  return meanOf(row, isRest, sum.other, 0, from)
}

/** What was done on a day: the amount, and how much other work. */
export type Done = { readonly amount: number; readonly other: number }

/** Adds a day; what a baseline knew before is halved in `halfLife` days. */
export function learnDay(
  row: DriftRow,
  { work, rest }: Baseline,
  isRest: boolean,
  { amount, other }: Done,
  halfLife: number,
): void {
  const kept = 2 ** (-1 / halfLife)
  for (const at of [work, rest])
    for (let index = at; index < at + sum.count; index++) row.set(index, row.get(index) * kept)
  const at = isRest ? rest : work
  row.add(at + sum.amount, amount)
  row.add(at + sum.roots, Math.sqrt(amount))
  if (amount > 0) row.add(at + sum.active, 1)
  row.add(at + sum.other, other)
  row.add(at + sum.days, 1)
}

/** Makes days in `to` like those in `from`; how many days it knows stays. Kinds of days that `from` has not seen stay as they are. */
export function copyPerDay(row: DriftRow, from: Baseline, to: Baseline): void {
  for (const kind of ['work', 'rest'] as const) {
    const days = row.get(from[kind] + sum.days)
    if (days <= 0) continue
    const scale = row.get(to[kind] + sum.days) / days
    for (const what of [sum.amount, sum.roots, sum.active, sum.other])
      row.set(to[kind] + what, row.get(from[kind] + what) * scale)
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
    row.set(at + sum.roots, expectedRootOf(row, isRest, 0) * days)
  }
}

/** Every day held `ratio` times as much. */
export function scaleAmounts(row: DriftRow, { work, rest }: Baseline, ratio: number): void {
  for (const at of [work, rest]) {
    row.set(at + sum.amount, row.get(at + sum.amount) * ratio)
    row.set(at + sum.roots, row.get(at + sum.roots) * Math.sqrt(ratio))
  }
}

function meanOf(
  row: DriftRow,
  isRest: boolean,
  what: number,
  active: number,
  { work, rest }: Baseline = baselines.reference,
): number {
  const total = row.get(work + sum.days) + row.get(rest + sum.days)
  if (total <= 0) return 0
  const mean = (row.get(work + what) + row.get(rest + what)) / total
  const own = isRest ? rest : work
  const prior = active > 0 ? activePrior : 0
  return (
    (row.get(own + what) + kindWeight * mean + prior * active) /
    (row.get(own + sum.days) + kindWeight + prior)
  )
}
