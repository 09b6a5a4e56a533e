import type { BayeuxMessage } from '../bayeux-message.ts'
import type { Mishap } from '../mishap.ts'

/**
 * Where a fault strikes: at the token endpoint, at any Bayeux request, at one kind of message, at an answer with events (which
 * have left the queue by then), at an event that is published, or at once.
 */
export type FaultMoment =
  | 'token'
  | 'request'
  | '/meta/handshake'
  | '/meta/connect'
  | '/meta/subscribe'
  | 'delivery'
  | 'publish'
  | 'now'

/** What the simulated org can do to itself. */
export type FaultTarget = {
  /** Forgets every CometD session. */
  dropSessions(): void
  /** Delivers nothing more to the sessions that there are, which otherwise go on. */
  muteSessions(): void
  /** Tears down every TCP connection. */
  closeConnections(): void
  /** Accepts no TCP connection for so long, ms. */
  refuseConnections(lasts: number): void
  revokeTokens(): void
  resetStream(): void
}

/** What happens instead of the proper answer. */
export type FaultEffect =
  | {
      readonly kind: 'http'
      readonly status: number
      readonly type: string
      readonly body: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** A failed Bayeux answer; `before` are messages that precede it, `alone` leaves the answer itself out. */
  | {
      readonly kind: 'reply'
      readonly fields: Partial<BayeuxMessage>
      readonly before?: readonly BayeuxMessage[]
      readonly alone?: boolean
      readonly dropSession?: boolean
    }
  /** The request is never answered; the connection stays open. */
  | { readonly kind: 'silence' }
  /** The connection is reset instead of an answer. */
  | { readonly kind: 'reset' }
  /** The answer meets with something on its way. */
  | { readonly kind: 'mishap'; readonly mishap: Mishap }
  | { readonly kind: 'done' }

export type Fault = {
  readonly at: FaultMoment
  readonly meaning: string
  /** @param lasts as in the request, ms */
  readonly strike: (message: BayeuxMessage | undefined, target: FaultTarget, lasts: number) => FaultEffect
}
