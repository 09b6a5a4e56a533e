import { type BayeuxMessage, toFailureReason } from './bayeux-message.ts'

/** Where a fault strikes: at the token endpoint, at any Bayeux request, at one kind of message, at an answer with events, or at once. */
export type FaultMoment =
  | 'token'
  | 'request'
  | '/meta/handshake'
  | '/meta/connect'
  | '/meta/subscribe'
  | 'delivery'
  | 'now'

/** What the simulated org can do to itself. */
export type FaultTarget = {
  /** Forgets every CometD session. */
  dropSessions(): void
  /** Tears down every TCP connection. */
  closeConnections(): void
  revokeTokens(): void
  resetStream(): void
}

/** What happens instead of the proper answer. */
export type FaultEffect =
  | { readonly kind: 'http'; readonly status: number; readonly type: string; readonly body: string }
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
  /** The answer breaks off in the middle, after its events have been taken from the queue. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'done' }

type Fault = {
  readonly at: FaultMoment
  readonly meaning: string
  readonly strike: (message: BayeuxMessage | undefined, target: FaultTarget) => FaultEffect
}

const stop = { reconnect: 'none' } as const
const again = { reconnect: 'handshake', interval: 0 } as const
const busy = '503::Server is too busy.  Please try your request again later.'
const maintenance =
  '<html><head><title>Down for maintenance</title></head><body>Service unavailable</body></html>'

/** Everything that can be made to go wrong, one small function each. */
export const faultTable = {
  'token-unavailable': {
    at: 'token',
    meaning: 'The token endpoint answers HTTP 503 with a page of HTML.',
    strike: () => ({ kind: 'http', status: 503, type: 'text/html', body: maintenance }),
  },
  'token-not-approved': {
    at: 'token',
    meaning: "The user hasn't approved the app.",
    strike: () => oauthError('invalid_grant', "user hasn't approved this consumer"),
  },
  'token-inactive-user': {
    at: 'token',
    meaning: 'The user was deactivated.',
    strike: () => oauthError('invalid_grant', 'authentication failure'),
  },
  'http-503': {
    at: 'request',
    meaning: 'A CometD request is answered with HTTP 503 and a page of HTML.',
    strike: () => ({ kind: 'http', status: 503, type: 'text/html', body: maintenance }),
  },
  'http-401': {
    at: 'request',
    meaning: 'A CometD request is answered with a bare HTTP 401.',
    strike: () => ({ kind: 'http', status: 401, type: 'text/plain', body: '' }),
  },
  'half-open': {
    at: 'request',
    meaning: 'A CometD request is never answered.',
    strike: () => ({ kind: 'silence' }),
  },
  'handshake-401': {
    at: '/meta/handshake',
    meaning: 'The handshake is denied because the token is not valid.',
    strike: () => deniedHandshake('401::Authentication invalid'),
  },
  'handshake-403': {
    at: '/meta/handshake',
    meaning: 'The handshake is denied because too many clients are connected.',
    strike: () => deniedHandshake('403::Organization concurrent user limit exceeded'),
  },
  'handshake-503': {
    at: '/meta/handshake',
    meaning: 'The handshake is denied because the server is too busy.',
    strike: () => deniedHandshake(busy),
  },
  'connect-401': {
    at: '/meta/connect',
    meaning: 'The token is no longer valid.',
    strike: () => ({ kind: 'reply', fields: { error: '401::Authentication invalid', advice: stop } }),
  },
  'connect-503': {
    at: '/meta/connect',
    meaning: 'The server is too busy, although the error speaks of authentication.',
    strike: () => ({
      kind: 'reply',
      fields: { error: '401::Authentication invalid', ext: toFailureReason(busy), advice: stop },
    }),
  },
  'unknown-client': {
    at: '/meta/connect',
    meaning: 'The session was moved or forgotten; the advice is to shake hands again.',
    strike: () => ({
      kind: 'reply',
      fields: { error: '403::Unknown client', advice: again },
      dropSession: true,
    }),
  },
  'unknown-client-none': {
    at: '/meta/connect',
    meaning: 'The session was forgotten; the advice is to give up.',
    strike: () => ({
      kind: 'reply',
      fields: { error: '403::Unknown client', advice: stop },
      dropSession: true,
    }),
  },
  'server-disconnect': {
    at: '/meta/connect',
    meaning: 'The server ends the session with a /meta/disconnect beside the failed connect.',
    strike: (message) => ({
      kind: 'reply',
      fields: { error: '403::Unknown client', advice: again },
      before: [disconnect(message)],
      dropSession: true,
    }),
  },
  'server-disconnect-alone': {
    at: '/meta/connect',
    meaning: 'The server ends the session with nothing but a /meta/disconnect.',
    strike: (message) => ({
      kind: 'reply',
      fields: {},
      before: [disconnect(message)],
      alone: true,
      dropSession: true,
    }),
  },
  'create-denied': {
    at: '/meta/subscribe',
    meaning: 'The user may not see the channel.',
    strike: () => ({ kind: 'reply', fields: { error: '403:denied_by_security_policy:create_denied' } }),
  },
  'subscribe-503': {
    at: '/meta/subscribe',
    meaning: 'The server is too busy, although the error says that the subscription is denied.',
    strike: () => ({
      kind: 'reply',
      fields: { error: '403:denied_by_security_policy:subscribe_denied', ext: toFailureReason(busy) },
    }),
  },
  'invalid-replay-id': {
    at: '/meta/subscribe',
    meaning: 'The replay id of a channel has expired, unless it asks for -1 or -2.',
    strike: (message) => ({
      kind: 'reply',
      fields: { error: invalidReplayId(replayIdOf(message) ?? 0) },
    }),
  },
  'body-cut': {
    at: 'delivery',
    meaning: 'An answer breaks off after its events were taken from the queue.',
    strike: () => ({ kind: 'cut' }),
  },
  restart: {
    at: 'now',
    meaning: 'The server restarts: sessions and connections are gone.',
    strike: (_message, target) => {
      target.dropSessions()
      target.closeConnections()
      return { kind: 'done' }
    },
  },
  'token-revoked': {
    at: 'now',
    meaning: 'Every token that was issued so far is revoked.',
    strike: (_message, target) => {
      target.revokeTokens()
      return { kind: 'done' }
    },
  },
  'stream-reset': {
    at: 'now',
    meaning: 'The stream starts anew: kept events and all sessions are gone, replay ids restart.',
    strike: (_message, target) => {
      target.resetStream()
      target.dropSessions()
      return { kind: 'done' }
    },
  },
} as const satisfies Record<string, Fault>

/** Name of a row of {@link faultTable}. */
export type FaultKind = keyof typeof faultTable

/** Which fault, where and how often. */
export type FaultRequest = {
  readonly kind: FaultKind
  /** Only for this channel (faults of `/meta/subscribe`). */
  readonly channel?: string
  /** How often it strikes; default once. */
  readonly times?: number
}

/** Faults that wait for their moment. */
export interface Faults {
  /** Arms a fault, or strikes at once if its moment is `now`. */
  inject(request: FaultRequest): void
  clear(): void
  /** The effect of the first armed fault of this moment that fits; it has then struck once. */
  take(moment: FaultMoment, message?: BayeuxMessage): FaultEffect | undefined
}

/** `onArmed` is called when a fault was armed, so that requests being held can meet it. */
export function createFaults(target: FaultTarget, onArmed: (moment: FaultMoment) => void): Faults {
  let armed: { readonly request: FaultRequest; left: number }[] = []
  return {
    inject(request) {
      const fault: Fault = faultTable[request.kind]
      if (fault.at === 'now') {
        fault.strike(undefined, target)
        return
      }
      armed.push({ request, left: request.times ?? 1 })
      onArmed(fault.at)
    },
    clear() {
      armed = []
    },
    take(moment, message) {
      const found = armed.find(({ request }) => fits(request, moment, message))
      if (!found) return undefined
      found.left--
      if (found.left <= 0) armed = armed.filter((other) => other !== found)
      const fault: Fault = faultTable[found.request.kind]
      return fault.strike(message, target)
    },
  }
}

/** Salesforce's text for a replay id that it no longer knows, braces and double space as on the wire. */
export function invalidReplayId(replayId: number): string {
  return `400::The replayId {${replayId}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`
}

/** What a subscribe asks for; undefined when its replay map does not name the channel. */
export function replayIdOf(message: BayeuxMessage | undefined): number | undefined {
  const map = message?.ext?.replay
  if (typeof map !== 'object' || map === null || typeof message?.subscription !== 'string') return undefined
  const value = Number((map as Readonly<Record<string, unknown>>)[message.subscription] ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : undefined
}

function fits(request: FaultRequest, moment: FaultMoment, message: BayeuxMessage | undefined): boolean {
  if (faultTable[request.kind].at !== moment) return false
  if (request.channel !== undefined && request.channel !== message?.subscription) return false
  return request.kind !== 'invalid-replay-id' || (replayIdOf(message) ?? -1) >= 0
}

function deniedHandshake(reason: string): FaultEffect {
  return {
    kind: 'reply',
    fields: { error: '403::Handshake denied', ext: toFailureReason(reason), advice: stop },
  }
}

function disconnect(message: BayeuxMessage | undefined): BayeuxMessage {
  return {
    channel: '/meta/disconnect',
    successful: true,
    ...(message?.clientId === undefined ? {} : { clientId: message.clientId }),
  }
}

function oauthError(error: string, description: string): FaultEffect {
  const body = JSON.stringify({ error, error_description: description })
  return { kind: 'http', status: 400, type: 'application/json', body }
}
