import { day, hour, minute } from '../../../duration.ts'
import { hourOfWeek, hoursPerWeek } from '../../algorithms/season.ts'
import type { ZoneOffset } from '../../algorithms/zone-offset.ts'

/** What a channel usually carries in each hour of the week, and what it has carried lately. Saved as JSON. */
export type QuietProfile = {
  /** First event and newest one, ms. */
  readonly since: number
  newest: number
  /** Counts by pane of five minutes; the pane with the index `i` lies at `i` modulo the length. `head`: index of the newest. */
  readonly panes: number[]
  head: number
  /** Number of the first hour (since the epoch) that has not been learned. */
  learnedTo: number
  /** Per hour of the week, decayed: what was counted, and how often it was watched. */
  readonly counted: number[]
  readonly watched: number[]
  /** Decayed sums of (y−μ)²−μ and μ² over the hours: their quotient is the spread 1/φ. */
  spread: number
  weight: number
}

const pane = 5 * minute
/** An hour of the week is known once it has been watched, until it is nearly forgotten. What other days are like says nothing of a weekend. */
const knownAfter = 0.5
/** Watched on two earlier days it speaks for itself. */
const settledAfter = 1.2
/** Prior of the spread: that of a channel with a standard deviation of a third, with the weight of so many hours. */
const priorSpread = 0.1
const priorHours = 20

/** One burst must not make an hour look busy: so much of it is learned at most. */
const burstFactor = 3
const burstLeast = 10

/** `keep`: how far back counts can be asked for, ms. */
export function createQuietProfile(time: number, keep: number): QuietProfile {
  const zeros = () => new Array<number>(hoursPerWeek).fill(0)
  const head = Math.floor(time / pane)
  return {
    since: time,
    newest: time,
    panes: new Array<number>(Math.ceil(keep / pane) + 1).fill(0),
    head,
    learnedTo: Math.floor(time / hour) + 1,
    counted: zeros(),
    watched: zeros(),
    spread: 0,
    weight: 0,
  }
}

/** Counts one event; one from before the oldest pane is passed over. */
export function countAt(profile: QuietProfile, time: number): void {
  moveTo(profile, time)
  profile.newest = Math.max(profile.newest, time)
  const index = Math.floor(time / pane)
  const { panes, head } = profile
  if (index > head - panes.length) panes[index % panes.length] = at(panes, index % panes.length) + 1
}

/** What was counted in [from, to), both rounded down to five minutes. */
export function countedIn({ panes, head }: QuietProfile, from: number, to: number): number {
  let sum = 0
  const last = Math.min(Math.floor(to / pane) - 1, head)
  for (let i = Math.max(Math.floor(from / pane), head - panes.length + 1); i <= last; i++)
    sum += at(panes, i % panes.length)
  return sum
}

/** Of the hours that were learned at once: how many there were, how many of them count, what they held, and how much of it is learned. */
export type HoursLearned = {
  passed: number
  watched: number
  counted: number
  learned: number
}

/**
 * Learns every hour that ended by `time`. `isWatched` says of an hour [start, end) whether it tells what is usual. `halfLife` as for
 * every baseline, ms; the profile of the week fades with twice that.
 */
export function learnHours(
  profile: QuietProfile,
  time: number,
  halfLife: number,
  offset: ZoneOffset,
  isWatched: (start: number, end: number) => boolean,
): HoursLearned {
  const hours: HoursLearned = { passed: 0, watched: 0, counted: 0, learned: 0 }
  const end = Math.floor(time / hour)
  const oldest = (profile.head - profile.panes.length + 1) * pane
  const kept = 2 ** (-hour / (2 * halfLife))
  for (; profile.learnedTo < end; profile.learnedTo++) {
    const start = profile.learnedTo * hour
    if (end - profile.learnedTo > (28 * day) / hour) continue
    fade(profile, kept)
    hours.passed++
    if (start < oldest || !isWatched(start, start + hour)) continue
    const counted = countedIn(profile, start, start + hour)
    hours.watched++
    hours.counted += counted
    hours.learned += learn(profile, hourOfWeek(start, offset), counted)
  }
  return hours
}

/** What [from, to) holds as a rule, see {@link steadyRateOf}; null while one of its hours is not known. */
export function expectedIn(
  profile: QuietProfile,
  from: number,
  to: number,
  offset: ZoneOffset,
): number | null {
  let sum = 0
  for (let start = from; start < to; ) {
    const end = Math.min(to, (Math.floor(start / hour) + 1) * hour)
    const isLearned = Math.floor(start / hour) < profile.learnedTo
    const rate = steadyRateOf(profile, hourOfWeek(start, offset), isLearned)
    if (rate === null) return null
    sum += (rate * (end - start)) / hour
    start = end
  }
  return sum
}

/** What an hour usually holds in the mean of those hours of the week that are known, per hour. */
export function meanHour({ counted, watched }: QuietProfile): number {
  let sum = 0
  let known = 0
  for (let h = 0; h < hoursPerWeek; h++) {
    if (at(watched, h) < knownAfter) continue
    sum += at(counted, h) / at(watched, h)
    known++
  }
  return known === 0 ? 0 : sum / known
}

/** What the quietest hour of the week usually holds; null while fewer than a week's hours are known. */
export function quietestHour(profile: QuietProfile): number | null {
  let least = Number.POSITIVE_INFINITY
  for (let h = 0; h < hoursPerWeek; h++) {
    const rate = rateOf(profile, h)
    if (rate === null) return null
    least = Math.min(least, rate)
  }
  return least
}

/** The size of the negative binomial by which what comes varies. */
export function sizeOf({ spread, weight }: QuietProfile): number {
  const hours = Math.min(weight, 1000)
  const own = Math.min(20, Math.max(0.02, spread / Math.max(weight, 1e-9)))
  return 1 / ((priorHours * priorSpread + hours * own) / (priorHours + hours))
}

function moveTo(profile: QuietProfile, time: number): void {
  const next = Math.floor(time / pane)
  const { panes, head } = profile
  for (let i = Math.max(head + 1, next - panes.length + 1); i <= next; i++) panes[i % panes.length] = 0
  profile.head = Math.max(head, next)
}

/** Answers how much of the amount was learned. */
function learn(profile: QuietProfile, h: number, amount: number): number {
  const rate = rateOf(profile, h)
  const learned = rate === null ? amount : Math.min(amount, burstFactor * rate + burstLeast)
  if (rate !== null && rate >= 1) {
    profile.spread += (learned - rate) ** 2 - rate
    profile.weight += rate ** 2
  }
  profile.counted[h] = at(profile.counted, h) + learned
  profile.watched[h] = at(profile.watched, h) + 1
  return learned
}

function fade(profile: QuietProfile, kept: number): void {
  for (let h = 0; h < hoursPerWeek; h++) {
    profile.counted[h] = at(profile.counted, h) * kept
    profile.watched[h] = at(profile.watched, h) * kept
  }
  profile.spread *= kept
  profile.weight *= kept
}

function rateOf({ counted, watched }: QuietProfile, h: number): number | null {
  return at(watched, h) >= knownAfter ? at(counted, h) / at(watched, h) : null
}

/**
 * What an hour of the week usually holds, as far as the busier one of its neighbours holds as much: an hour that is busy alone
 * is that of a job, which may be late, and whose events do not spread over the hour.
 */
function steadyRateOf(profile: QuietProfile, h: number, isLearned: boolean): number | null {
  const rate = dayRateOf(profile, h, isLearned)
  const before = rateOf(profile, (h + hoursPerWeek - 1) % hoursPerWeek)
  const after = rateOf(profile, (h + 1) % hoursPerWeek)
  if (rate === null || (before === null && after === null)) return rate
  return Math.min(rate, Math.max(before ?? 0, after ?? 0))
}

/**
 * A single Saturday on which somebody was at work says nothing of the next: it counts as far as the days around it hold as much.
 * `isLearned`: whether what is known of the hour includes the one in question.
 */
function dayRateOf(profile: QuietProfile, h: number, isLearned: boolean): number | null {
  const rate = rateOf(profile, h)
  const before = at(profile.watched, h) - (isLearned ? 1 : 0)
  if (rate === null || before >= settledAfter) return rate
  const around = [hoursPerWeek - 24, 24].map((away) => rateOf(profile, (h + away) % hoursPerWeek))
  return Math.min(rate, ...around.map((other) => other ?? rate))
}

function at(values: readonly number[], index: number): number {
  return values[index] as number
}
