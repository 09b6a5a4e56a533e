import type { Cursor, EventMessage } from './event-message.ts'

/**
 * A way to receive the events of an org: `open(channels and where they start) → batches, acknowledge`. CometD is one; what it
 * takes and gives is neither Bayeux nor JSON, so that Pub/Sub API (Avro over gRPC, cursors of bytes, cursors that move while
 * nothing happens) could be another.
 */
export interface Transport {
  /** Opens a session at once and in the background; what goes wrong is its end. */
  open(request: SessionRequest): Session
}

/** Which session to open. */
export type SessionRequest = {
  readonly instanceUrl: string
  readonly accessToken: string
  /** Every channel with the place where it starts. Not empty. */
  readonly channels: ReadonlyMap<string, Start>
}

/**
 * Where a channel starts: with the next event to be published, with the oldest one that Salesforce keeps, or behind the one
 * that a cursor stands for.
 */
export type Start = 'now' | 'oldest' | { readonly after: Cursor }

/**
 * One session. It repairs nothing: at the first thing that is not right it ends, with the reason, and a new one is made from
 * the cursors.
 */
export interface Session {
  /** What happened next. After `ended` nothing else follows. One caller at a time. */
  next(): Promise<SessionStep>
  /**
   * The batch that `next` gave last is safe. Until every batch is acknowledged the server is not asked for more, which is both
   * the back-pressure and the acknowledgement.
   */
  acknowledge(): void
  /** Leaves: tells the server where it may still hold the session, and resolves when no socket and no timer is left. */
  close(): Promise<void>
}

/** What a session has to tell, one thing at a time. */
export type SessionStep =
  /** The server has accepted every subscription. `time` as in a batch. */
  | { readonly kind: 'subscribed'; readonly time: number | undefined }
  | ({ readonly kind: 'batch' } & Batch)
  | { readonly kind: 'ended'; readonly end: SessionEnd }

/** What arrived in one go, or a part of it. */
export type Batch = {
  /** The events in the order of delivery; none when the server had nothing to say for a while. */
  readonly messages: readonly EventMessage[]
  /** Where each of these channels goes on once the events are safe. */
  readonly cursors: ReadonlyMap<string, Cursor>
  /** When the server gave its last answer, by its own clock, ms since the epoch; undefined when it does not say. */
  readonly time: number | undefined
}

/** Why a session ended. */
export type SessionEnd =
  /** We left. */
  | { readonly kind: 'closed' }
  /** The session is sound, but some channels cannot be had as they were asked for. */
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  | {
      readonly kind: FaultKind
      readonly text: string
      /** How long the server asks us to stay away, ms. */
      readonly retryAfter?: number
    }

/**
 * `token-invalid`: a new token is needed · `unknown-client`: the server has forgotten the session · `busy`: it cannot serve
 * us for now · `limit`: an allowance is used up · `denied`: the user may not stream at all · `server-disconnect`: it told us to
 * leave · `transport`: no answer, or not the answer of a server of this kind · `timeout`: the answer did not come in time ·
 * `protocol`: it found our request wrong, or we its answer.
 */
export type FaultKind =
  | 'token-invalid'
  | 'unknown-client'
  | 'busy'
  | 'limit'
  | 'denied'
  | 'server-disconnect'
  | 'transport'
  | 'timeout'
  | 'protocol'

/** A channel that cannot be had, with Salesforce's words. */
export type Refusal = {
  readonly channel: string
  /** `denied`: missing permission or no such channel · `replay-invalid`: the cursor is no longer known · `replay-unread`: the server did not find the cursor in the request · `limit`: its allowance is used up. */
  readonly kind: 'denied' | 'replay-invalid' | 'replay-unread' | 'limit'
  readonly text: string
}
