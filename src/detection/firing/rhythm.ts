import { second } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { textOf } from '../activity/payload.ts'

/** At what pace the events of an episode come, and whether they all come from one place. Saved as JSON. */
export type Rhythm = {
  /** Time of the newest beat, ms; null before the first one. */
  last: number | null
  /** The newest times between two beats, ms, oldest first. */
  readonly gaps: number[]
  /** Network and client of the first event. */
  origin: string | null
  /** Whether another event came from elsewhere, or from another client. */
  mixed: boolean
}

/** Events closer together than this are one beat: a client that fails often tries twice at once. */
const oneBeat = 10 * second
const keptGaps = 16
const enoughGaps = 4
/** A missed beat or two make a gap so much longer than the usual one; chance and people make much longer ones. */
const longest = 3.5
/** Jitter makes a gap so much shorter. */
const shortest = 1 / 5

export function createRhythm(): Rhythm {
  return { last: null, gaps: [], origin: null, mixed: false }
}

/** Takes the next event in. One that is late tells nothing about the pace. */
export function beat(rhythm: Rhythm, activity: Activity): void {
  const origin = originOf(activity)
  rhythm.origin ??= origin
  if (rhythm.origin !== origin) rhythm.mixed = true
  const { last, gaps } = rhythm
  if (last !== null && activity.time - last < oneBeat) return
  rhythm.last = activity.time
  if (last === null) return
  if (gaps.length === keptGaps) gaps.shift()
  gaps.push(activity.time - last)
}

/**
 * The time from one beat to the next (median, ms) when the events come at a fixed rhythm, from one network and one client;
 * null when they do not. Every gap then lies between a fifth and three and a half times of the median: a machine with
 * jitter and a missed beat, but no burst with a pause after it, and hardly ever events that come at random.
 */
export function rhythmOf({ gaps, mixed }: Rhythm): number | null {
  if (mixed || gaps.length < enoughGaps) return null
  const ascending = gaps.toSorted((a, b) => a - b)
  const median = ascending[ascending.length >> 1] as number
  const least = ascending[0] as number
  const most = ascending.at(-1) as number
  return least >= shortest * median && most <= longest * median ? median : null
}

const clientFields = ['Browser', 'Platform', 'ClientVersion', 'LoginType', 'UserAgent'] as const

function originOf(activity: Activity): string {
  const client = clientFields.map((field) => textOf(activity.raw, field) ?? '')
  return [activity.network ?? '', activity.app ?? '', ...client].join('|').slice(0, 300)
}
