import { hour, minute } from '../../../duration.ts'
import { silentActivity } from '../../activity/silent-activity.ts'
import { thresholdFor } from '../../algorithms/frequency.ts'
import { countsFormulas } from '../../baseline/counts-model.ts'
import { areKnown, type Feeders, presenceOf } from '../../baseline/silence/feeders.ts'
import {
  countedIn,
  expectedIn,
  meanHour,
  type QuietProfile,
  quietestHour,
  sizeOf,
} from '../../baseline/silence/quiet-profile.ts'
import type { Detector } from '../../definition/detector.ts'
import type { FiringVerdict } from '../../firing/evaluate.ts'
import type { OrgTime } from '../../org-time.ts'
import { paneAt } from '../../window/window.ts'

/** The id under which all entities of an org together are kept. */
export const everything = ''
/** Windows end at whole panes, ms. */
export const paneLength = 5 * minute
/** Events are published some minutes after they happened. */
export const grace = 10 * minute

/** What is usual must be this part of a mean hour at least: a few people at the weekend come or do not. */
const busyShare = 0.5
/** Only (nearly) nothing at all is silence: at most this part of what is expected. */
const quietShare = 0.05
/** It is over when the last half hour brings this part of what is expected. */
const resumedShare = 0.25
const latest = 30 * minute
/** A sliding window is looked at all the time, which gives chance about as many tries as so many separate windows. */
const independentLooks = 3
/** The other channels tell how busy the org is as far as they usually carry so much in the window. */
const tellingFrom = 10
/** That somebody who is seen nowhere else is away, or busy otherwise for hours: leave, part time, meetings. */
const awayChance = 1 / 3

/** Everything that an entity is judged by: itself and the others of its org. */
export type Company = {
  readonly detector: Detector
  readonly org: OrgTime
  /** Of all entities of the org, {@link everything} among them. */
  readonly ids: readonly string[]
  readonly profileOf: (id: string) => QuietProfile
  /** Absent where nobody is known to feed it. */
  readonly feedersOf: (id: string) => Feeders | undefined
}

/** Whether the window [from, to) holds so little of an entity that it fires; null when not. */
export function judgeSilence(company: Company, id: string, from: number, to: number): FiringVerdict | null {
  const { detector, org, ids } = company
  const profile = company.profileOf(id)
  const observed = countedIn(profile, from, to)
  const usual = usualOf(company, id, from, to)
  if (!usual) return null
  const expected = usual.amount * usual.busy
  const { budget, atLeast } = detector.firesFor(silentActivity(org.ref, to, id))
  // Of an org that is hardly at work those who use the channel may all be away: the fewer there are, the more must be expected.
  if (expected * usual.busy < atLeast || observed > quietShare * expected) return null
  const length = to - from
  const lately = countedIn(profile, to + grace - latest, to + grace + paneLength)
  if (lately * length > resumedShare * expected * latest) return null
  const looks = (ids.length * independentLooks) / length
  const perWindow = budget / detector.windows.length
  const threshold = thresholdFor(perWindow, looks)
  const r = sizeOf(profile)
  const feeders = company.feedersOf(id)
  const parameters = {
    mu: expected,
    r,
    below: 1,
    ...(feeders && areKnown(feeders) && presentAmong(feeders, expected, r, from)),
  }
  const log10p = countsFormulas.log10p(parameters, observed)
  const excess = Math.log10(threshold) - log10p
  if (excess < 0) return null
  return {
    k: detector.windows.indexOf(length),
    length,
    start: from,
    end: to,
    pane: paneAt(to, length),
    observed,
    judgement: { model: 'counts', log10p, expected, parameters, hourFactor: 1, peerWeight: 0 },
    log10p,
    tail: null,
    peak: 0,
    budget: perWindow,
    threshold,
    looks,
    excess,
    reason: 'threshold',
    longest: length,
  }
}

/** What those bring who feed the channel and are at work, and how likely all others are away, as parameters of the model. */
function presentAmong(
  feeders: Feeders,
  expected: number,
  r: number,
  from: number,
): { readonly away: number; readonly present: number; readonly presentSize: number } {
  const { brought, variance, away } = presenceOf(feeders, expected, from, quietShare)
  const spread = brought > 0 ? variance / brought ** 2 : 0
  return { away: awayChance ** away, present: brought, presentSize: 1 / (1 / r + spread) }
}

/** What the window usually holds, and how busy the org is against other days, at most 1. */
type Usual = { readonly amount: number; readonly busy: number }

/** Null where nobody can tell. */
function usualOf(company: Company, id: string, from: number, to: number): Usual | null {
  const { org, ids, profileOf } = company
  const usual = expectedIn(profileOf(id), from, to, org.offset)
  if (usual === null) return null
  if (id === everything) {
    const least = quietestHour(profileOf(id))
    return least === null ? null : { amount: Math.min(usual, (least * (to - from)) / hour), busy: 1 }
  }
  if (usual < (busyShare * meanHour(profileOf(id)) * (to - from)) / hour) return null
  const shares: number[] = []
  for (const other of ids) {
    if (other === id || other === everything) continue
    const expected = expectedIn(profileOf(other), from, to, org.offset)
    if (expected !== null && expected >= tellingFrom)
      shares.push(countedIn(profileOf(other), from, to) / expected)
  }
  shares.sort((a, b) => a - b)
  const busy = shares[Math.floor((shares.length - 1) / 4)]
  return busy === undefined ? null : { amount: usual, busy: Math.min(1, busy) }
}
