import { hour, minute } from '../../../duration.ts'
import type { Codec } from '../../../stream/keyed-state.ts'
import type { HoursLearned } from './quiet-profile.ts'

/** Whose events a channel usually carries, and when these users were last at work in other channels. */
export type Feeders = {
  /** By user id; under '' what nobody is named for. */
  readonly users: Map<string, Feeder>
  /** The minute in which the last place went to somebody else. */
  turn: number
}

export const feedersCodec: Codec<Feeders> = {
  encode: ({ users, turn }) => Buffer.from(JSON.stringify({ users: [...users], turn })),
  decode(bytes) {
    const { users, turn } = JSON.parse(bytes.toString()) as { users: [string, Feeder][]; turn: number }
    return { users: new Map(users), turn }
  },
}

export function createFeeders(): Feeders {
  return { users: new Map(), turn: Number.NEGATIVE_INFINITY }
}

/** What was counted is kept apart from what has been learned of it, as of the channel itself. */
type Feeder = {
  name: string
  /** Fading: events in the channel, moments of work elsewhere, hours it was watched, and those of them in which it fed the channel. */
  events: number
  elsewhere: number
  watched: number
  fed: number
  /** Since the last hour that was learned. */
  newEvents: number
  newElsewhere: number
  /** Numbers of the last moments of work elsewhere, in order. */
  readonly seen: number[]
}

/** What is to be expected of the feeders of a channel, of whom some may be away. */
export type Presence = {
  /** Events that those bring who are at work, and the variance that follows from how little is known of that. */
  readonly brought: number
  readonly variance: number
  /** How many of the others must be away for (nearly) nothing to come beside that. */
  readonly away: number
}

/** Those who feed a channel most are kept; the last place goes round among the others, once a minute. */
const mostFeeders = 24
/** What somebody does elsewhere within so long is one sign of work, ms. */
const moment = 5 * minute
/** Hours after which a feeder is known. */
const knownAfter = 48
/** A program comes at night as well: who feeds a channel in nearly every hour does so without showing up elsewhere. */
const steadyShare = 0.9
/** Stands for what nobody is named for. */
const nobody = ''

export function countFeeder(feeders: Feeders, user: string | null, name: string | null, time: number): void {
  const id = user ?? nobody
  const feeder = feeders.users.get(id) ?? admit(feeders, id, time)
  if (feeder) feeder.name = name ?? id
  const counted = feeder ?? feeders.users.get(nobody) ?? place(feeders, nobody)
  counted.newEvents++
}

/** Notes that the user is at work in another channel. False where nobody is waiting for that. `keep`: how far back is asked, ms. */
export function noteElsewhere(feeders: Feeders, user: string | null, time: number, keep: number): boolean {
  const feeder = feeders.users.get(user ?? nobody)
  const now = Math.floor(time / moment)
  if (!feeder || user === null || now <= (feeder.seen.at(-1) ?? 0)) return false
  feeder.newElsewhere++
  feeder.seen.push(now)
  while ((feeder.seen[0] as number) * moment < time - keep) feeder.seen.shift()
  return true
}

/** Learns what was counted in the hours that the channel has learned, as far as it has. `halfLife` as for every baseline, ms. */
export function learnFeeders(
  feeders: Feeders,
  { passed, watched, counted, learned }: HoursLearned,
  halfLife: number,
): void {
  const kept = 2 ** ((-passed * hour) / halfLife)
  const share = learned / Math.max(counted, 1)
  for (const feeder of feeders.users.values()) {
    feeder.events = feeder.events * kept + feeder.newEvents * share
    feeder.elsewhere = feeder.elsewhere * kept + (watched > 0 ? feeder.newElsewhere : 0)
    feeder.watched = feeder.watched * kept + watched
    feeder.fed = feeder.fed * kept + (feeder.newEvents > 0 ? watched : 0)
    feeder.newEvents = 0
    feeder.newElsewhere = 0
  }
}

/** Whether any of them has been watched for long enough to tell; where all come and go there are many of them. */
export function areKnown(feeders: Feeders): boolean {
  return [...feeders.users.values()].some(({ watched }) => watched >= knownAfter)
}

/**
 * What the feeders bring of `expected` events in a window from `from` on, judged by what they do in other channels: as many as
 * they usually bring for so many signs of work. `negligible`: the part of `expected` that the others may bring all the same.
 */
export function presenceOf(feeders: Feeders, expected: number, from: number, negligible: number): Presence {
  const total = totalOf(feeders)
  let brought = 0
  let variance = 0
  const missing: number[] = []
  for (const [id, feeder] of feeders.users) {
    const usual = (feeder.events / total) * expected
    const signs = id === nobody || isSteady(feeder) ? null : signsOf(feeder, from)
    const own = signs === null ? usual : Math.min(usual, signs.length * ratioOf(feeder))
    brought += own
    if (signs !== null) variance += own ** 2 / Math.max(1, countStints(signs))
    missing.push(usual - own)
  }
  return { brought, variance, away: countBeyond(missing, negligible * expected) }
}

/** How many are left when the smallest are taken away that make up `amount` at most. */
function countBeyond(amounts: readonly number[], amount: number): number {
  let left = amount
  const ascending = amounts.toSorted((a, b) => a - b)
  const first = ascending.findIndex((one) => {
    left -= one
    return left < 0
  })
  return first < 0 ? 0 : ascending.length - first
}

/** Those who bring at least `leastShare`, largest first, and whether they have been at work elsewhere since `from`. */
export function largestFeeders(
  feeders: Feeders,
  from: number,
  leastShare: number,
): readonly { readonly name: string; readonly share: number; readonly isAtWork: boolean }[] {
  const total = totalOf(feeders)
  return [...feeders.users]
    .filter(([id, { events }]) => id !== nobody && events >= leastShare * total)
    .map(([, feeder]) => ({
      name: feeder.name,
      share: feeder.events / total,
      isAtWork: signsOf(feeder, from).length > 0,
    }))
    .sort((a, b) => b.share - a.share)
}

/** Whoever has the last place leaves it, and how much it counts, to the next. Null where it is not yet time for that. */
function admit(feeders: Feeders, id: string, time: number): Feeder | null {
  const { users } = feeders
  if (id === nobody || users.size < mostFeeders) return place(feeders, id)
  const turn = Math.floor(time / minute)
  if (turn <= feeders.turn) return null
  feeders.turn = turn
  const [last, feeder] = [...users]
    .filter(([user]) => user !== nobody)
    .reduce((least, one) => (weightOf(one[1]) < weightOf(least[1]) ? one : least))
  users.delete(last)
  return place(feeders, id, weightOf(feeder))
}

function place({ users }: Feeders, id: string, events = 0): Feeder {
  const feeder: Feeder = {
    name: id,
    events,
    elsewhere: 0,
    watched: 0,
    fed: 0,
    newEvents: 0,
    newElsewhere: 0,
    seen: [],
  }
  users.set(id, feeder)
  return feeder
}

function weightOf({ events, newEvents }: Feeder): number {
  return events + newEvents
}

function totalOf(feeders: Feeders): number {
  return [...feeders.users.values()].reduce((sum, { events }) => sum + events, 1e-9)
}

function isSteady({ watched, fed }: Feeder): boolean {
  return watched >= knownAfter && fed >= steadyShare * watched
}

function signsOf({ seen }: Feeder, from: number): readonly number[] {
  return seen.filter((one) => one * moment >= from)
}

/** What somebody does within an hour is one piece of work, which goes with the channel or does not. */
function countStints(signs: readonly number[]): number {
  return new Set(signs.map((one) => Math.floor((one * moment) / hour))).size
}

/** Events in the channel for each sign of work elsewhere. */
function ratioOf({ events, elsewhere }: Feeder): number {
  return elsewhere > 0 ? events / elsewhere : 0
}
