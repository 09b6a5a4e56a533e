import { createHash } from 'node:crypto'
import { hour, minute } from '../../duration.ts'
import {
  compareLevels,
  type Detection,
  type Entity,
  type EventSample,
  type Level,
  type OrgRef,
} from '../detection.ts'
import { paneAt, panesPerWindow } from '../window/window.ts'
import type { FiringVerdict } from './evaluate.ts'
import type { Evidence } from './evidence.ts'

/** One uninterrupted excess of one entity, from its first remarkable event on; `detected` once it has fired. Saved as JSON. */
export type Episode = {
  readonly org: OrgRef
  entity: Entity
  readonly evidence: Evidence
  /** The last remarkable event, ms. */
  seen: number
  detected: Detected | null
}

export type Detected = {
  readonly id: string
  /** Event time of the event that opened it, ms. */
  readonly since: number
  /** Number of the next detection. */
  sequence: number
  level: Level
  /** Of the last detection that was emitted. */
  emitted: { readonly observed: number; readonly pane: number; readonly length: number }
  /** Length of the longest window that has fired: it ends when it has been quiet for so long, ms. */
  quiet: number
  /** The last event with which what came since the last detection was still a good part of what is observed. */
  over: number
  /** What has come since the last detection, in the measure's unit. */
  fresh: number
  /** What the last event that passed the threshold said, if that is not emitted yet. */
  pending: Finding | null
  /** What the last event that passed the threshold said. Absent in what was saved by earlier versions. */
  last?: Finding
  /** What else the entity did that raised the level for the rest of the episode. */
  raised?: Raised | null
  /** Others to whom the same happened, by name, in the order in which they came. Absent while there are none. */
  joined?: string[]
  /** How many of them the last detection told of. */
  joinedTold?: number
  /** How many of those whom escalations name the last detection told of. */
  namedTold?: number
}

/** Why the level of an episode is higher than what was found itself says. */
export type Raised = { readonly level: Level; readonly because: string | null }

/** A verdict that fires, with the event that brought it. */
export type Finding = {
  readonly verdict: FiringVerdict
  readonly level: Level
  readonly time: number
  readonly trigger: EventSample
  readonly backfill: boolean
  /** Since when the entity has been known (ms), and its peer group. */
  readonly known: { readonly since: number; readonly peers: string }
  /** What raised the level, in words for the sentence. */
  readonly because?: string | null
  /** Lines of the explanation that only the watcher knows. */
  readonly about?: Detection['explanation']
}

/** A detection is repeated when what was observed has grown by this factor. */
export const growth = 2
/** What has not fired is forgotten after so long without a remarkable event, ms (or the shortest window if longer). */
const watchingFor = hour
/** What has not been said is said after a pane without news, or this long if that is shorter, ms. */
const settledAfter = 5 * minute
/** By what factor it must have grown to be said in the end. */
const worthSaying = 1.1
/** So many others are told apart. */
const maxJoined = 200
/**
 * An excess goes on while a twentieth of it is new: at a steady pace each pane brings a tenth. What is left in a long window
 * from a burst long ago is not going on.
 */
const goingOn = 0.05

/**
 * Takes a finding into the episode; `amount` is what its event brought. True when it is to be emitted now: it opens the
 * episode, the level rises, the amount has doubled, or it goes on a pane after the last one.
 */
export function admit(episode: Episode, finding: Finding, amount: number, detector: string): boolean {
  const { verdict, level, time } = finding
  closeIfEnded(episode, time)
  const { detected } = episode
  if (!detected) {
    episode.detected = open(episode, finding, detector)
    return true
  }
  const { emitted } = detected
  detected.last = finding
  detected.fresh += amount
  const rises = compareLevels(level, detected.level) > 0 || verdict.observed >= growth * emitted.observed
  const goesOn = detected.fresh >= goingOn * verdict.observed
  if (rises || goesOn) {
    detected.over = Math.max(detected.over, time)
    detected.quiet = Math.max(detected.quiet, verdict.longest)
  }
  const due = rises || (goesOn && paneAt(time, emitted.length) > emitted.pane)
  detected.pending = due || verdict.observed < worthSaying * emitted.observed ? null : finding
  return due
}

/**
 * Somebody else, to whom the same happened, joins the episode: nothing of it changes but that it goes on. True when that is
 * to be emitted now: their number has doubled.
 */
export function join(detected: Detected, name: string, time: number, backfill: boolean): boolean {
  detected.over = Math.max(detected.over, time)
  const { last, joined = [], joinedTold = 0 } = detected
  if (!last || joined.includes(name) || joined.length >= maxJoined) return false
  joined.push(name)
  detected.joined = joined
  const due = joined.length >= growth * joinedTold
  detected.pending = joined.length < worthSaying * joinedTold ? detected.pending : { ...last, time, backfill }
  return due
}

/** Ends what has been quiet for long enough, so that what comes next opens another episode. */
export function closeIfEnded(episode: Episode, time: number): void {
  if (episode.detected && hasEnded(episode.detected, time)) episode.detected = null
}

/** Notes that a finding is being emitted; answers its number in the episode. */
export function noteEmitted(detected: Detected, { verdict, level, time }: Finding): number {
  detected.emitted = {
    observed: verdict.observed,
    pane: paneAt(time, verdict.length),
    length: verdict.length,
  }
  if (compareLevels(level, detected.level) > 0) detected.level = level
  detected.fresh = 0
  detected.pending = null
  detected.joinedTold = detected.joined?.length ?? 0
  return detected.sequence++
}

/** What is still to be said about the episode at `time`, nothing more having come for a while. */
export function takePending({ detected }: Episode, time: number): Finding | null {
  if (
    !detected?.pending ||
    time - detected.over < Math.min(settledAfter, detected.emitted.length / panesPerWindow)
  )
    return null
  const finding = detected.pending
  detected.pending = null
  return finding
}

/** Whether nothing has happened for so long that the episode is over and may be forgotten. */
export function isOver(episode: Episode, time: number, shortestWindow: number): boolean {
  if (episode.detected) return hasEnded(episode.detected, time)
  return time - episode.seen > Math.max(shortestWindow, watchingFor)
}

/** Equal whenever the same records are processed again. */
export function detectionId(episode: string, sequence: number): string {
  return hash([episode, String(sequence)])
}

export function hasEnded({ over, quiet }: Detected, time: number): boolean {
  return time - over > quiet
}

function open({ org, entity }: Episode, finding: Finding, detector: string): Detected {
  const { level, time, verdict } = finding
  return {
    id: hash([org.id, detector, entity.type, entity.id, String(time)]),
    since: time,
    sequence: 0,
    level,
    emitted: { observed: 0, pane: paneAt(time, verdict.length), length: verdict.length },
    quiet: verdict.longest,
    over: time,
    fresh: 0,
    pending: null,
    last: finding,
    raised: null,
  }
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32)
}
