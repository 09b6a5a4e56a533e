import { day } from '../../../duration.ts'
import { evidenceOf, nextEvidence, staked, upperFactor } from '../../algorithms/e-cusum.ts'
import { negativeBinomialQuantile } from '../../algorithms/log-tails.ts'
import type { Formulas } from '../formulas.ts'
import { enoughOther, isDayOff, workloadOf } from './drift-other-work.ts'
import {
  activeRootOf,
  baselines,
  copyPerDay,
  type Done,
  daysKnown,
  expectedOf,
  expectedOtherOf,
  expectedRootOf,
  isSettled,
  learnDay,
  scaleAmounts,
  spreadOf,
  takeMeans,
} from './drift-reference.ts'
import { type DriftRow, drift, lagDays } from './drift-row.ts'

/**
 * Slow growth of what an entity does per day. The reference is what it did until two weeks ago, so that a growth of some per
 * cent a day cannot pull it along; evidence against "nothing has changed" is gathered day by day, on the square roots of days.
 * Pure but for the row.
 */

/** How fast the reference forgets, and the baseline that takes its place when a growth turns out to be for good; days. */
const referenceHalfLife = 60
const fastHalfLife = 14
/** An entity that is known for no longer has a reference that is fed with a shorter lag; days. */
const youngUntil = 28
const youngLag = 7
/** A growth that fired is the new reference after so many days, and one that stays undecided so long no longer keeps it from learning. */
const longestDispute = 28
/** Nothing is expected to be rarer than this per day. */
const leastMean = 0.05
/** Of a day's root, at most so many standard deviations above its mean are judged or learned, or so many active days. */
const largestDeviation = 6
const mostActive = 3
/** The part of the evidence that is bet on a day of rest or off: who takes more at work need not do so at the weekend. */
const restStake = 0.2
const sinceStart = [
  drift.observed,
  drift.expected,
  drift.otherObserved,
  drift.otherExpected,
  drift.workedDays,
  drift.grownDays,
] as const
/** A single day adds at most this part of what it takes to fire, however much there was: that is for other detectors. */
export const mostPerDay = 1 / 3

/** What is known of a local day when it is closed. */
export type DayContext = {
  /** Its number since the epoch. */
  readonly day: number
  /** Whether it is one of the two days of the week on which the org rests. */
  readonly isRest: boolean
  /** By how much the roots of the entity's peers have grown, 1 or more. */
  readonly peerGrowth: number
  /** Root of a day on which a peer does something; 0 where none is known. */
  readonly peerRoot: number
  /** ln A: what the evidence must reach. */
  readonly bound: number
}

/** What a day adds, and with what it was computed. Null while too little is known. */
export type DayJudgement = {
  readonly evidence: number
  readonly parameters: Readonly<Record<string, number>>
}

/** Closes the day that is open: judges what was done on it, learns it, and what was done two weeks ago becomes reference. */
export function closeDay(
  row: DriftRow,
  context: DayContext,
  isRestDay: (day: number) => boolean,
): DayJudgement | null {
  const done = { amount: row.get(drift.today), other: row.get(drift.otherToday) }
  const isKnown = isSettled(row) && expectedRootOf(row, context.isRest, context.peerRoot) > 0
  const judgement = isKnown ? judge(row, done, context, isRestDay) : null
  if (!isDayOff(row, context.isRest, done.other))
    learnDay(row, baselines.fast, context.isRest, done, fastHalfLife)
  learnReference(row, context, isRestDay)
  row.set(drift.ring + (context.day % lagDays), done.amount)
  row.set(drift.otherRing + (context.day % lagDays), done.other)
  row.set(drift.today, row.get(drift.tomorrow))
  row.set(drift.tomorrow, 0)
  row.set(drift.otherToday, row.get(drift.otherTomorrow))
  row.set(drift.otherTomorrow, 0)
  const alerted = row.get(drift.alerted)
  if (alerted > 0 && context.day - alerted >= longestDispute) reanchor(row)
  return judgement
}

/** What is normal is from now on what the entity does now. */
export function reanchor(row: DriftRow): void {
  copyPerDay(row, baselines.fast, baselines.reference)
  settle(row)
}

/** An analyst expects the growth: the reference is what was done since it began. */
export function acceptGrowth(row: DriftRow): void {
  const ratio = row.get(drift.observed) / Math.max(row.get(drift.expected), 1e-9)
  if (ratio > 1) scaleAmounts(row, baselines.reference, ratio)
  settle(row)
}

/** The growth was an attack: what was done since it began is not learned. `today` is the number of the open day. */
export function rejectGrowth(row: DriftRow, today: number, isRestDay: (day: number) => boolean): void {
  const start = row.get(drift.start)
  for (let past = Math.max(start, today - lagDays); start > 0 && past < today; past++)
    row.set(drift.ring + (past % lagDays), expectedOf(row, isRestDay(past)))
  takeMeans(row, baselines.fast)
  settle(row)
}

/** p = e^−L with L = max(before, 0) + the smaller of what the day adds, by its stake, and `most`. */
export const driftFormulas: Formulas = {
  log10p: ({ before = 0, root = 0, mu = 1, phi = 1, most = 0, stake = 1 }) =>
    Math.min(0, -nextEvidence(before, staked(evidenceOf(root, mu, phi), stake), most) / Math.LN10),
  expected: ({ expected = 0 }) => expected,
  /** Amounts vary twice as much as their roots, so that the spread of a day is 4/φ, and that of a sum smaller by the number of days. */
  usualRange: ({ expected = 0, phi = 1, days = 1 }) => ({
    low: negativeBinomialQuantile(0.05, expected, (phi / 4) * days),
    high: negativeBinomialQuantile(0.95, expected, (phi / 4) * days),
  }),
}

function judge(
  row: DriftRow,
  { amount, other }: Done,
  { day: today, isRest, peerGrowth, peerRoot, bound }: DayContext,
  isRestDay: (day: number) => boolean,
): DayJudgement {
  const workload = workloadOf(row, today, isRestDay)
  const growth = peerGrowth * Math.sqrt(workload)
  const usual = Math.max(expectedOf(row, isRest) * peerGrowth ** 2 * Math.min(1, workload), leastMean)
  const usualRoot = Math.max(expectedRootOf(row, isRest, peerRoot) * growth, Math.sqrt(leastMean))
  const phi = 1 / spreadOf(row, isRest, peerRoot)
  const mu = usualRoot * upperFactor(phi, row.get(isRest ? drift.restDays : drift.workDays))
  const root = Math.min(Math.sqrt(amount), largestRoot(usualRoot, phi, activeRootOf(row, peerRoot)))
  const before = row.get(drift.evidence)
  const most = mostPerDay * bound
  const isOff = isDayOff(row, isRest, other)
  const isAtWork = !isRest && !isOff
  const stake = isAtWork ? 1 : restStake
  const added = staked(evidenceOf(root, mu, phi), stake)
  const evidence = Math.max(0, nextEvidence(before, added, most))
  if (before <= 0 && evidence > 0) begin(row, today)
  row.set(drift.evidence, evidence)
  if (evidence === 0) settle(row)
  else {
    row.add(drift.observed, amount)
    row.add(drift.expected, isOff ? Math.min(usual, amount) : usual)
    row.add(drift.otherObserved, other)
    row.add(drift.otherExpected, expectedOtherOf(row, isRest) * peerGrowth ** 2)
    if (isAtWork) row.add(drift.workedDays, 1)
    if (isAtWork && added > 0) row.add(drift.grownDays, 1)
  }
  if (evidence >= bound && row.get(drift.alerted) === 0) row.set(drift.alerted, today)
  const expected = row.get(drift.expected)
  const length = today - row.get(drift.start) + 1
  const reference = daysKnown(row)
  const parameters = { before, root, mu, phi, most, stake, added, expected, days: length, reference }
  return { evidence, parameters }
}

/** What was done two weeks ago becomes reference, unless it is in dispute. */
function learnReference(
  row: DriftRow,
  { day: today, peerRoot, bound }: DayContext,
  isRestDay: (day: number) => boolean,
): void {
  const past = today - lagAt(today - row.get(drift.since))
  if (past <= row.get(drift.since)) return
  const disputed = row.get(drift.evidence) > mostPerDay * bound
  if (disputed && today - row.get(drift.start) <= lagDays + longestDispute) return
  const isRest = isRestDay(past)
  const raw = row.get(drift.ring + (past % lagDays))
  const usual = Math.max(expectedRootOf(row, isRest, peerRoot), Math.sqrt(leastMean))
  const largest = largestRoot(usual, 1 / spreadOf(row, isRest, peerRoot), activeRootOf(row, peerRoot))
  const amount = isSettled(row) ? Math.min(raw, largest ** 2) : raw
  const done = { amount, other: row.get(drift.otherRing + (past % lagDays)) }
  if (!isDayOff(row, isRest, done.other)) learnDay(row, baselines.reference, isRest, done, referenceHalfLife)
}

function largestRoot(usual: number, phi: number, active: number): number {
  return Math.max(usual * (1 + largestDeviation / Math.sqrt(phi)), mostActive * active)
}

/** An entity known for less than four weeks is held against what it did a week ago; then the reference waits for a week. */
function lagAt(age: number): number {
  if (age <= youngUntil) return youngLag
  return age <= youngUntil + lagDays - youngLag ? age : lagDays
}

function begin(row: DriftRow, today: number): void {
  row.set(drift.start, today)
  for (const index of sinceStart) row.set(index, 0)
}

/** Nothing is in dispute any more. */
function settle(row: DriftRow): void {
  for (const index of [drift.evidence, drift.start, drift.alerted, ...sinceStart]) row.set(index, 0)
}

/** The share of the days of work since the growth began that spoke for it; 0 while there was none. */
export function growingOf(row: DriftRow): number {
  return row.get(drift.grownDays) / Math.max(row.get(drift.workedDays), 1)
}

/** By what factor the entity's other work has grown since the growth began; null where too little of it is usual to tell. */
export function otherGrowthOf(row: DriftRow): number | null {
  const expected = row.get(drift.otherExpected)
  return expected >= enoughOther ? row.get(drift.otherObserved) / expected : null
}

/** Number of the local day of a time. */
export function dayOf(time: number, offset: number): number {
  return Math.floor((time + offset) / day)
}
