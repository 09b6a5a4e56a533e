import type { Clock } from '../../clock.ts'
import type { Random } from '../random.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import type { Timing } from './bayeux-session.ts'
import type { Conduct } from './conduct.ts'
import type { EventBus } from './event-bus.ts'
import type { FaultEffect } from './faults/fault.ts'
import type { Faults } from './faults/faults.ts'
import type { Mishap } from './mishap.ts'

/** What a request brings besides its messages. */
export type BayeuxRequest = {
  readonly apiVersion: number
  /** The user that the token belongs to; undefined when there is no token, null when it is not valid. */
  readonly userId: string | null | undefined
  readonly cookies: Readonly<Record<string, string>>
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal
}

/** What the HTTP half is to do with a request. */
export type BayeuxAnswer =
  | {
      readonly kind: 'messages'
      readonly body: string
      readonly cookies: readonly string[]
      /** What befalls it on its way. */
      readonly mishap: Mishap | undefined
    }
  | Extract<FaultEffect, { kind: 'http' | 'silence' | 'reset' }>

/** Messages received so far, by kind. */
export type BayeuxCounters = Record<
  'handshake' | 'connect' | 'subscribe' | 'unsubscribe' | 'disconnect',
  number
>

/** A session as tests and operators see it. */
export type SessionSummary = {
  readonly clientId: string
  readonly userId: string
  readonly subscriptions: readonly string[]
  /** Events that wait for the client. */
  readonly queued: number
  /** Whether a `/meta/connect` is held now. */
  readonly held: boolean
  readonly connects: number
}

export type BayeuxOptions = {
  readonly clock: Clock
  readonly random: Random
  readonly bus: EventBus
  readonly timing: Timing
  readonly faults: () => Faults
  readonly conduct: Conduct
  readonly largestBatch: number
  readonly concurrentClients: number
  /** Whether this org has a channel of this name. */
  readonly hasChannel: (channel: string) => boolean
}

/** The Bayeux half of the org: sessions and what they answer. Faults that concern HTTP alone are not known here. */
export interface Bayeux {
  /** Counts messages, whether they are going to be handled or not. */
  count(messages: readonly BayeuxMessage[]): void
  handle(messages: readonly BayeuxMessage[], request: BayeuxRequest): Promise<BayeuxAnswer>
  sessions(): readonly SessionSummary[]
  readonly counters: Readonly<BayeuxCounters>
  /** Ends every held connect with a proper answer. */
  poke(): void
  dropSessions(): void
  /** Delivers nothing more to the sessions that there are. */
  muteSessions(): void
  /** Resolves when a client with subscriptions asks for events and at most `backlog` events wait for any such client. */
  ready(backlog: number): Promise<void>
}
