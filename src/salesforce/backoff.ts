import { sum } from 'simple-statistics'
import { minute, second } from '../duration.ts'
import type { SessionEnd } from './transport.ts'

/** Why there is no session: it ended, there is no token, or what it delivered could not be kept. */
export type Trouble = SessionEnd['kind'] | 'auth-rejected' | 'auth-unavailable' | 'not-kept'

type Reaction = {
  /** Whether the next session needs a new token. */
  readonly renewToken: boolean
  /** Pause after the first trouble of this kind, ms; it doubles with each further one … */
  readonly first: number
  /** … up to this. */
  readonly longest: number
}

/** What to do about each trouble. The cursors are kept in every case, and nothing is ever given up. */
export const reactions = {
  closed: { renewToken: false, first: 0, longest: 0 },
  refused: { renewToken: false, first: 0.2 * second, longest: 1 * minute },
  'token-invalid': { renewToken: true, first: 0.5 * second, longest: 5 * minute },
  'unknown-client': { renewToken: false, first: 0.5 * second, longest: 1 * minute },
  'server-disconnect': { renewToken: false, first: 0.5 * second, longest: 1 * minute },
  transport: { renewToken: false, first: 0.5 * second, longest: 30 * second },
  timeout: { renewToken: false, first: 0.5 * second, longest: 1 * minute },
  busy: { renewToken: false, first: 2 * second, longest: 5 * minute },
  limit: { renewToken: false, first: 2 * minute, longest: 15 * minute },
  denied: { renewToken: true, first: 1 * minute, longest: 15 * minute },
  protocol: { renewToken: true, first: 1 * second, longest: 5 * minute },
  'auth-rejected': { renewToken: true, first: 1 * minute, longest: 15 * minute },
  'auth-unavailable': { renewToken: true, first: 1 * second, longest: 1 * minute },
  'not-kept': { renewToken: false, first: 1 * second, longest: 30 * second },
} as const satisfies Record<Trouble, Reaction>

/** A session that lasted for this long, ms, was a good one: it shows that the troubles before it are over. */
const goodTime = 1 * minute
/** As long suffices when it delivered events, but a fault that cuts every answer leaves no such session. */
const goodTimeOfDelivery = 1 * second
/** A pause does not grow beyond this, ms, before a trouble has come `early` times in a row: about two minutes. */
const plateau = 12 * second
const early = 10
/** Good sessions may end alike this often in a minute until the pause has doubled. */
const oftenPerDoubling = 3
/** Sessions shorter than this, ms, that end alike … */
const brief = 3 * second
/** … do so this often in a minute at most: then the next one waits until the first of them is a minute old. */
const oftenest = 10

type Ending = {
  readonly trouble: Trouble
  /** Of a clock that never jumps, ms. */
  readonly time: number
  readonly wasBrief: boolean
}

export type BackoffOptions = {
  /** Evenly spread from 0 to below 1. */
  readonly random: () => number
  /** Factor on every pause; 1 outside of tests. */
  readonly pace: number
}

/** How a session went. */
export type SessionRecord = {
  /** For how long it had been subscribed, ms; 0 when it never was. */
  readonly subscribedFor: number
  /** Whether events that it brought are safe. */
  readonly hasDelivered: boolean
  /** How long the server asked us to stay away, ms. */
  readonly retryAfter?: number
}

/**
 * How long to wait before the next session: longer with each trouble of the same kind, never the same for two of us.
 *
 * Faults may come often, and each is to be over soon; but one fault that lasts must not make us shake hands more than ten times
 * a minute. So a pause grows with the troubles since the last good session, and slowly with good sessions that end alike.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #counts = new Map<Trouble, number>()
  /** How sessions ended within the last minute, in the order of time. */
  #endings: readonly Ending[] = []

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** How often this trouble came in a row, the one that `pause` was last asked about included. */
  count(trouble: Trouble): number {
    return this.#counts.get(trouble) ?? 0
  }

  /** The pause in ms. @param now of a clock that never jumps, ms */
  pause(trouble: Trouble, now: number, session: SessionRecord): number {
    const { random, pace } = this.#options
    this.#forget(trouble, session)
    const inARow = this.count(trouble)
    const inAll = sum([...this.#counts.values()])
    this.#counts.set(trouble, inARow + 1)
    this.#endings = this.#endings.filter(({ time }) => now - time < minute * pace)
    const alike = this.#endings.filter((ending) => ending.trouble === trouble)
    const wasBrief = session.subscribedFor < brief * pace
    this.#endings = [...this.#endings, { trouble, time: now, wasBrief }]
    const reaction = reactions[trouble]
    const wanted = isGood(session) ? afterGood(reaction, alike.length) : growing(reaction, inARow, inAll)
    const jittered = wanted * (0.8 + random() / 5) * pace
    return Math.max(jittered, untilRare(alike, now, pace), session.retryAfter ?? 0)
  }

  /** Whatever a session delivered shows that other troubles are over; this one only if it took its time to come. */
  #forget(trouble: Trouble, session: SessionRecord): void {
    if (isGood(session)) this.#counts.clear()
    else if (session.hasDelivered)
      for (const other of this.#counts.keys()) if (other !== trouble) this.#counts.delete(other)
  }
}

/** Whether it shows that the troubles before it are over. */
export function isGood({ subscribedFor, hasDelivered }: SessionRecord): boolean {
  return subscribedFor >= (hasDelivered ? goodTimeOfDelivery : goodTime)
}

/** How long until one more session of this kind is not one too many in a minute, ms. */
function untilRare(alike: readonly Ending[], now: number, pace: number): number {
  const first = alike.filter(({ wasBrief }) => wasBrief).at(1 - oftenest)
  return first === undefined ? 0 : first.time + minute * pace - now
}

function afterGood({ first, longest }: Reaction, alike: number): number {
  return Math.min(longest, Math.max(first, plateau), first * 2 ** (alike / oftenPerDoubling))
}

/**
 * An outage of a minute or two should not cost as much again, so the pause stands still for a while. One outage may show in
 * several ways, so that short pauses grow with all troubles in a row, and long ones with their own.
 */
function growing({ first, longest }: Reaction, inARow: number, inAll: number): number {
  if (first >= plateau) return Math.min(longest, first * 2 ** inARow)
  const usual = Math.min(longest, first * 2 ** inAll)
  if (inAll < early) return Math.min(usual, plateau)
  return Math.min(longest, plateau * 2 ** (inAll - early + 1))
}
