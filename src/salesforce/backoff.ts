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

/** A session that lasted for this long was a good one: earlier troubles do not count any more. */
const goodTime = 1 * minute
/** A pause does not grow beyond this, ms, before a trouble has come `early` times in a row: about two minutes. */
const plateau = 12 * second
const early = 10
/** Of sessions that delivered, this many may end for one reason before the next pause doubles. */
const oftenPerDoubling = 3
/** Sessions that end alike, within a minute: the next one waits until the first of them is a minute old. */
const mostPerMinute = 9

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

type Ending = { readonly time: number; readonly trouble: Trouble; readonly hasDelivered: boolean }

/**
 * How long to wait before the next session: longer with each trouble of the same kind, never the same for two of us.
 *
 * A session that delivered shows that the fault before it is over, and faults may come often; but a fault that lets each
 * session begin must not make us shake hands all the time either. So what counts is, without delivery, how often a trouble
 * came in a row, with delivery how often in the last minute; and in no minute come more than ten sessions for one reason.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #counts = new Map<Trouble, number>()
  /** Of the last minute. */
  #endings: readonly Ending[] = []

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** How often this trouble came in a row, the one that `pause` was last asked about included. */
  count(trouble: Trouble): number {
    return this.#counts.get(trouble) ?? 0
  }

  /** The pause in ms. @param now of a clock that never jumps, ms */
  pause(
    trouble: Trouble,
    now: number,
    { subscribedFor, hasDelivered, retryAfter = 0 }: SessionRecord,
  ): number {
    const { random, pace } = this.#options
    if (hasDelivered || subscribedFor >= goodTime) this.#counts.clear()
    const inARow = this.count(trouble)
    this.#counts.set(trouble, inARow + 1)
    const wanted = hasDelivered ? this.#afterDelivery(trouble, now) : growing(reactions[trouble], inARow)
    const jitter = 0.75 + random() / 4
    return Math.max(
      wanted * jitter * pace,
      this.#untilAllowed({ trouble, time: now, hasDelivered }),
      retryAfter,
    )
  }

  #afterDelivery(trouble: Trouble, now: number): number {
    const { first, longest } = reactions[trouble]
    const alike = this.#endings.filter((ending) => ending.trouble === trouble && this.#isRecent(ending, now))
    return Math.min(longest, first * 2 ** Math.floor(alike.length / oftenPerDoubling))
  }

  #untilAllowed(ending: Ending): number {
    if (ending.trouble === 'closed') return 0
    this.#endings = [...this.#endings.filter((other) => this.#isRecent(other, ending.time)), ending]
    const alike = this.#endings.filter(
      ({ trouble, hasDelivered }) => trouble === ending.trouble || !(hasDelivered || ending.hasDelivered),
    )
    const oldest = alike.at(-mostPerMinute)
    return oldest ? oldest.time + minute * this.#options.pace - ending.time : 0
  }

  #isRecent({ time }: Ending, now: number): boolean {
    return now - time < minute * this.#options.pace
  }
}

/** An outage of a minute or two should not cost as much again, so the pause stands still for a while. */
function growing({ first, longest }: Reaction, inARow: number): number {
  const usual = Math.min(longest, first * 2 ** inARow)
  if (first >= plateau || inARow === 0) return usual
  if (inARow < early) return Math.min(usual, plateau)
  return Math.min(longest, plateau * 2 ** (inARow - early + 1))
}
