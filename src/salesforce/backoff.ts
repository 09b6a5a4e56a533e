import { minute, second } from '../duration.ts'
import type { SessionEnd } from './session/session.ts'

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
  busy: { renewToken: false, first: 10 * second, longest: 5 * minute },
  limit: { renewToken: false, first: 2 * minute, longest: 15 * minute },
  denied: { renewToken: true, first: 1 * minute, longest: 15 * minute },
  protocol: { renewToken: true, first: 5 * second, longest: 5 * minute },
  'auth-rejected': { renewToken: true, first: 1 * minute, longest: 15 * minute },
  'auth-unavailable': { renewToken: true, first: 1 * second, longest: 1 * minute },
  'not-kept': { renewToken: false, first: 1 * second, longest: 30 * second },
} as const satisfies Record<Trouble, Reaction>

/** A session that delivered for this long was a good one: earlier troubles do not count any more. */
const goodTime = 1 * minute
/** A connection that breaks while events flow says nothing about the server: the longest pause then. */
const longestAfterCut = 2 * second

export type BackoffOptions = {
  /** Evenly spread from 0 to below 1. */
  readonly random: () => number
  /** Factor on every pause; 1 outside of tests. */
  readonly pace: number
}

/** How long to wait before the next session: longer with each trouble of the same kind, never the same for two of us. */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #counts = new Map<Trouble, number>()

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** How often this trouble came in a row, the one that `pause` was last asked about included. */
  count(trouble: Trouble): number {
    return this.#counts.get(trouble) ?? 0
  }

  /** The pause in ms. @param subscribedFor how long the session had been subscribed, ms; 0 when it never was. */
  pause(trouble: Trouble, subscribedFor: number): number {
    if (subscribedFor >= goodTime) this.#counts.clear()
    const earlier = this.count(trouble)
    this.#counts.set(trouble, earlier + 1)
    const { first, longest } = reactions[trouble]
    const limit = trouble === 'transport' && subscribedFor > 0 ? longestAfterCut : longest
    const { random, pace } = this.#options
    return Math.min(limit, first * 2 ** earlier) * (0.5 + random() / 2) * pace
  }
}
