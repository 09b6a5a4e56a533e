import { day } from '../../duration.ts'
import { evidenceOf, nextEvidence, upperFactor } from '../algorithms/e-cusum.ts'
import { clippedSpread, winsorCap } from '../algorithms/gamma-poisson.ts'
import { negativeBinomialQuantile } from '../algorithms/log-tails.ts'
import { type DriftRow, drift, lagDays } from './drift-row.ts'
import type { Formulas } from './formulas.ts'

/**
 * Slow growth of what an entity does per day. The reference is what it did until two weeks ago, so that a growth of some per
 * cent a day cannot pull it along; evidence against "nothing has changed" is gathered day by day. Pure but for the row.
 */

/** How fast the reference forgets, and the baseline that takes its place when a growth turns out to be for good. */
const referenceHalfLife = 60
const fastHalfLife = 14
/** Days of reference before anything is judged. */
const enoughDays = 5
/** An entity that is known for no longer has a reference that is fed with a shorter lag; days. */
const youngUntil = 28
const youngLag = 7
/** A growth that fired is the new reference after so many days, and one that stays undecided so long no longer keeps it from learning. */
const longestDispute = 28
/** The spread 1/φ of days, shrunk to this one with the weight of so many days. */
const usualSpread = { value: 0.15, days: 3 } as const
/** A kind of day is shrunk to the mean of both with the weight of so many days. */
const kindWeight = 0.5
/** Nothing is expected to be rarer than this per day. */
const leastMean = 0.05
/** A single day adds at most this part of what it takes to fire, however much there was: that is for other detectors. */
export const mostPerDay = 1 / 3

/** What is known of a local day when it is closed. */
export type DayContext = {
  /** Its number since the epoch. */
  readonly day: number
  /** Whether it is one of the two days of the week on which the org rests. */
  readonly isRest: boolean
  /** By how much the entity's peers have grown, 1 or more. */
  readonly peerGrowth: number
  /** ln A: what the evidence must reach. */
  readonly bound: number
}

/** What a day adds, and with what it was computed. Null while too little is known. */
export type DayJudgement = {
  readonly evidence: number
  readonly parameters: Readonly<Record<string, number>>
}

/** What was to be expected of such a day by the reference; 0 while there is none. */
export function expectedOf(row: DriftRow, isRest: boolean): number {
  const [amount, days] = isRest ? [drift.restAmount, drift.restDays] : [drift.workAmount, drift.workDays]
  const total = row.get(drift.workDays) + row.get(drift.restDays)
  if (total <= 0) return 0
  const mean = (row.get(drift.workAmount) + row.get(drift.restAmount)) / total
  return (row.get(amount) + kindWeight * mean) / (row.get(days) + kindWeight)
}

/** Whether the reference says enough for a judgement. */
export function isSettled(row: DriftRow): boolean {
  return row.get(drift.workDays) + row.get(drift.restDays) >= enoughDays
}

/** Closes the day that is open: judges what was done on it, learns it, and what was done two weeks ago becomes reference. */
export function closeDay(
  row: DriftRow,
  context: DayContext,
  isRestDay: (day: number) => boolean,
): DayJudgement | null {
  const amount = row.get(drift.today)
  const judgement = isSettled(row) ? judge(row, amount, context) : null
  learnFast(row, amount, context.isRest)
  learnReference(row, context, isRestDay)
  row.set(drift.ring + (context.day % lagDays), amount)
  row.set(drift.today, row.get(drift.tomorrow))
  row.set(drift.tomorrow, 0)
  const alerted = row.get(drift.alerted)
  if (alerted > 0 && context.day - alerted >= longestDispute) reanchor(row)
  return judgement
}

/** What is normal is from now on what the entity does now. */
export function reanchor(row: DriftRow): void {
  for (const [reference, fast] of [
    [drift.workAmount, drift.fastWorkAmount],
    [drift.restAmount, drift.fastRestAmount],
  ] as const) {
    const days = row.get(fast + 1)
    if (days > 0) row.set(reference, (row.get(fast) / days) * row.get(reference + 1))
  }
  settle(row)
}

/** An analyst expects the growth: the reference is what was done since it began. */
export function acceptGrowth(row: DriftRow): void {
  const ratio = row.get(drift.observed) / Math.max(row.get(drift.expected), 1e-9)
  if (ratio > 1) {
    for (const index of [drift.workAmount, drift.restAmount]) row.set(index, row.get(index) * ratio)
    row.set(drift.scatter, row.get(drift.scatter) * ratio ** 2)
    row.set(drift.squares, row.get(drift.squares) * ratio ** 2)
  }
  settle(row)
}

/** The growth was an attack: what was done since it began is not learned. `today` is the number of the open day. */
export function rejectGrowth(row: DriftRow, today: number, isRestDay: (day: number) => boolean): void {
  const start = row.get(drift.start)
  for (let past = Math.max(start, today - lagDays); start > 0 && past < today; past++)
    row.set(drift.ring + (past % lagDays), expectedOf(row, isRestDay(past)))
  for (const [fast, isRest] of [
    [drift.fastWorkAmount, false],
    [drift.fastRestAmount, true],
  ] as const)
    row.set(fast, expectedOf(row, isRest) * row.get(fast + 1))
  settle(row)
}

/** p = e^−L with L = max(before, 0) + the smaller of what the day adds and `most`. */
export const driftFormulas: Formulas = {
  log10p: ({ before = 0, day: amount = 0, mu = 0, phi = 1, most = 0 }) =>
    Math.min(0, -nextEvidence(before, amount, mu, phi, most) / Math.LN10),
  expected: ({ expected = 0 }) => expected,
  usualRange: ({ expected = 0, phi = 1, days = 1 }) => ({
    low: negativeBinomialQuantile(0.05, expected, phi * days),
    high: negativeBinomialQuantile(0.95, expected, phi * days),
  }),
}

function judge(
  row: DriftRow,
  amount: number,
  { day: today, isRest, peerGrowth, bound }: DayContext,
): DayJudgement {
  const usual = Math.max(expectedOf(row, isRest) * peerGrowth, leastMean)
  const days = row.get(drift.workDays) + row.get(drift.restDays)
  const phi = phiOf(row)
  const mu = usual * upperFactor(row.get(drift.workAmount) + row.get(drift.restAmount), phi, days)
  const before = row.get(drift.evidence)
  const most = mostPerDay * bound
  const evidence = Math.max(0, nextEvidence(before, amount, mu, phi, most))
  if (before <= 0 && evidence > 0) begin(row, today)
  row.set(drift.evidence, evidence)
  if (evidence === 0) settle(row)
  else {
    row.set(drift.observed, row.get(drift.observed) + amount)
    row.set(drift.expected, row.get(drift.expected) + usual)
  }
  if (evidence >= bound && row.get(drift.alerted) === 0) row.set(drift.alerted, today)
  const expected = row.get(drift.expected)
  const length = today - row.get(drift.start) + 1
  const added = evidenceOf(amount, mu, phi)
  const parameters = { before, day: amount, mu, phi, most, added, expected, days: length, reference: days }
  return { evidence, parameters }
}

function phiOf(row: DriftRow): number {
  const days = row.get(drift.workDays) + row.get(drift.restDays)
  const own = clippedSpread(row.get(drift.scatter), row.get(drift.squares))
  return (usualSpread.days + days) / (usualSpread.days * usualSpread.value + days * own)
}

/** What was done two weeks ago becomes reference, unless it is in dispute. */
function learnReference(
  row: DriftRow,
  { day: today, bound }: DayContext,
  isRestDay: (day: number) => boolean,
): void {
  const past = today - lagAt(today - row.get(drift.since))
  if (past <= row.get(drift.since)) return
  const disputed = row.get(drift.evidence) > mostPerDay * bound
  if (disputed && today - row.get(drift.start) <= lagDays + longestDispute) return
  const isRest = isRestDay(past)
  const usual = Math.max(expectedOf(row, isRest), leastMean)
  const raw = row.get(drift.ring + (past % lagDays))
  const learned = isSettled(row) ? Math.min(raw, winsorCap(usual, phiOf(row))) : raw
  const kept = 2 ** (-1 / referenceHalfLife)
  for (const index of [
    drift.workAmount,
    drift.workDays,
    drift.restAmount,
    drift.restDays,
    drift.scatter,
    drift.squares,
  ])
    row.set(index, row.get(index) * kept)
  if (row.get(drift.workDays) + row.get(drift.restDays) >= 1) {
    row.add(drift.scatter, (learned - usual) ** 2 - usual)
    row.add(drift.squares, usual ** 2)
  }
  row.add(isRest ? drift.restAmount : drift.workAmount, learned)
  row.add(isRest ? drift.restDays : drift.workDays, 1)
}

/** An entity known for less than four weeks is held against what it did a week ago; then the reference waits for a week. */
function lagAt(age: number): number {
  if (age <= youngUntil) return youngLag
  return age <= youngUntil + lagDays - youngLag ? age : lagDays
}

function learnFast(row: DriftRow, amount: number, isRest: boolean): void {
  const kept = 2 ** (-1 / fastHalfLife)
  for (const index of [drift.fastWorkAmount, drift.fastWorkDays, drift.fastRestAmount, drift.fastRestDays])
    row.set(index, row.get(index) * kept)
  row.add(isRest ? drift.fastRestAmount : drift.fastWorkAmount, amount)
  row.add(isRest ? drift.fastRestDays : drift.fastWorkDays, 1)
}

function begin(row: DriftRow, today: number): void {
  row.set(drift.start, today)
  row.set(drift.observed, 0)
  row.set(drift.expected, 0)
}

/** Nothing is in dispute any more. */
function settle(row: DriftRow): void {
  for (const index of [drift.evidence, drift.start, drift.observed, drift.expected, drift.alerted])
    row.set(index, 0)
}

/** Number of the local day of a time. */
export function dayOf(time: number, offset: number): number {
  return Math.floor((time + offset) / day)
}
