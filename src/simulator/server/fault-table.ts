import { type BayeuxMessage, toFailureReason } from './bayeux-message.ts'
import type { Mishap } from './mishap.ts'

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

const stop = { reconnect: 'none' } as const
const again = { reconnect: 'handshake', interval: 0 } as const
const busy = '503::Server is too busy.  Please try your request again later.'
const maintenance =
  '<html><head><title>Down for maintenance</title></head><body>Service unavailable</body></html>'
const denied = '403:denied_by_security_policy:subscribe_denied'

/** Everything that can be made to go wrong. */
export const faultTable = {
  'token-unavailable': token('The token endpoint answers HTTP 503 with a page of HTML.', () => page(503)),
  'token-not-json': token('The token endpoint answers HTTP 200 with a page of HTML.', () => page(200)),
  'token-silent': token('The token endpoint never answers.', () => ({ kind: 'silence' })),
  'token-rate': token('The user asked for too many tokens.', () =>
    oauthError('rate_limit_exceeded', 'try again later'),
  ),
  'token-not-approved': token("The user hasn't approved the app.", () =>
    oauthError('invalid_grant', "user hasn't approved this consumer"),
  ),
  'token-inactive-user': token('The user was deactivated.', () =>
    oauthError('invalid_grant', 'authentication failure'),
  ),

  'http-503': request('HTTP 503 with a page of HTML.', () => page(503)),
  'http-503-later': request('HTTP 503 that asks to stay away for a second.', () => ({
    ...page(503),
    headers: { 'retry-after': '1' },
  })),
  'http-502-empty': request('HTTP 502 without a body.', () => plain(502)),
  'http-404': request('HTTP 404 with a page of HTML.', () => page(404)),
  'http-413': request('HTTP 413.', () => plain(413, 'Maximum Request Size Exceeded')),
  'http-401': request('A bare HTTP 401.', () => plain(401)),
  'http-403': request('HTTP 403 with a page of HTML.', () => page(403)),
  redirect: request('A redirect to another host.', () => ({
    ...plain(302),
    headers: { location: 'http://127.0.0.1:9/cometd/66.0' },
  })),
  'not-json': request('HTTP 200 with a page of HTML.', () => page(200)),
  'empty-body': request('HTTP 200 without a body.', () => plain(200)),
  'empty-list': request('HTTP 200 with an empty list of messages.', () => plain(200, '[]')),
  'null-message': request('HTTP 200 with a list that holds null.', () => plain(200, '[null]')),
  reset: request('The connection is reset.', () => ({ kind: 'reset' })),
  'half-open': request('A request is never answered.', () => ({ kind: 'silence' })),

  'handshake-401': handshake('The token is not valid.', '401::Authentication invalid'),
  'handshake-unauthenticated': handshake('The token is missing.', '401::Request requires authentication'),
  'handshake-403': handshake(
    'Too many clients are connected.',
    '403::Organization concurrent user limit exceeded',
  ),
  'handshake-crowded': handshake(
    'Too many clients are connected to this server.',
    '403::To protect all customers from excessive usage and Denial of Service attacks, we limit the number of simultaneous connections per server',
  ),
  'handshake-denied': handshake('The user may not stream.', '403::User not enabled for streaming'),
  'handshake-503': handshake('The server is too busy.', busy),

  'connect-401': connect('The token is no longer valid.', {
    error: '401::Authentication invalid',
    advice: stop,
  }),
  'connect-503': connect('The server is too busy, although the error speaks of authentication.', {
    error: '401::Authentication invalid',
    ext: toFailureReason(busy),
    advice: stop,
  }),
  'connect-400': connect('The server finds our request wrong.', { error: '400::Invalid connection type' }),
  'connect-daily-limit': connect('The daily limit of events is used up.', {
    error: '403::Organization total events daily limit exceeded',
  }),
  'connect-unknown-4xx': connect('Something that nobody has heard of.', {
    error: '418:short:I am a teapot',
  }),
  'connect-unknown-5xx': connect('Something else that nobody has heard of.', {
    error: '599::Something is broken',
  }),
  'connect-advised': connect('A good answer that advises to shake hands.', { advice: again }),
  'connect-dismissed': connect('A good answer that advises to give up.', { advice: stop }),
  'not-handshaken': connect('The server has no handshake of ours.', {
    error: '403::Client has not completed handshake',
    advice: again,
  }),
  'cookie-missing': connect('The server misses a cookie.', {
    error: '400::Client abc has established a session, but no BAYEUX_BROWSER cookie present',
    advice: again,
  }),
  'user-mismatch': connect('The session is said to be of another user.', {
    error: "400::Authenticated user id does not match the session's user id",
    advice: again,
  }),
  'unknown-client': gone('The session was moved or forgotten; the advice is to shake hands again.', again),
  'unknown-client-none': gone('The session was forgotten; the advice is to give up.', stop),
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

  'create-denied': subscribe('The user may not see the channel.', {
    error: '403:denied_by_security_policy:create_denied',
  }),
  'subscribe-denied': subscribe('The user may not subscribe to the channel.', { error: denied }),
  'subscribe-no-access': subscribe('The user may not read the entity.', {
    error: '403::Subscriber does not have access to the entity in this topic',
  }),
  'subscribe-missing': subscribe('There is no such channel.', {
    error: '400::The channel you requested to subscribe to does not exist {/event/X}',
  }),
  'subscribe-404': subscribe('There is no such channel, in other words.', { error: '404::Unknown channel' }),
  'subscribe-daily-limit': subscribe('The daily limit of events is used up.', {
    error: '403::Organization total events daily limit exceeded',
  }),
  'subscribe-topic-limit': subscribe('Too many subscribe to the channel.', {
    error: '403::Subscription limit exceeded for this topic',
  }),
  'subscribe-503': subscribe('The server is too busy, although the error says denied.', {
    error: denied,
    ext: toFailureReason(busy),
  }),
  'subscribe-401': subscribe('The token is no longer valid.', {
    error: '401::Authentication invalid',
    advice: stop,
  }),
  'subscribe-unknown-client': {
    at: '/meta/subscribe',
    meaning: 'The session was forgotten before it had subscribed.',
    strike: () => ({
      kind: 'reply',
      fields: { error: '403::Unknown client', advice: again },
      dropSession: true,
    }),
  },
  'subscribe-nameless': {
    at: '/meta/subscribe',
    meaning: 'A subscription fails without being named; the advice is to shake hands again.',
    strike: (message) => ({
      kind: 'reply',
      fields: {},
      before: [
        {
          channel: '/meta/subscribe',
          ...(message?.id === undefined ? {} : { id: message.id }),
          successful: false,
          error: '403::Subscription refused',
          advice: again,
        },
      ],
      alone: true,
    }),
  },
  'replay-map-missing': subscribe('The server does not find the channel in the replay map.', {
    error:
      "400::The replayId for channel {/event/X} wasn't found using the provided replay ID map {{}} provided in handshake or subscribe",
  }),
  'invalid-replay-id': {
    at: '/meta/subscribe',
    meaning: 'The replay id of a channel has expired, unless it asks for -1 or -2.',
    strike: (message) => ({ kind: 'reply', fields: { error: invalidReplayId(replayIdOf(message) ?? 0) } }),
  },

  'body-cut': delivery('An answer breaks off.', 'cut'),
  'body-reset': delivery('The connection is reset in the middle of an answer.', 'reset'),
  'body-stalled': delivery('An answer stops in the middle; the connection stays open.', 'stall'),
  'body-dripping': delivery('An answer comes byte by byte, for hours.', 'drip'),
  'body-truncated': delivery('Half an answer comes as if it were the whole.', 'truncated'),
  'body-garbled': delivery('An answer cannot be unpacked.', 'garbled'),
  'answer-replaced': {
    at: 'delivery',
    meaning: 'A gateway answers HTTP 502 in the place of the server.',
    strike: () => page(502),
  },
  'answer-lost': {
    at: 'delivery',
    meaning: 'An answer never comes; the connection stays open.',
    strike: () => ({ kind: 'silence' }),
  },
  'odd-cookies': delivery('Harmless: cookies that are malformed, foreign or expired.', 'odd-cookies'),
  'small-chunks': delivery('Harmless: an answer in chunks of a few bytes.', 'small-chunks'),
  'nameless-reply': delivery('Harmless: replies without the id of what they answer.', 'nameless'),

  'event-lost': {
    at: 'publish',
    meaning: 'An event is not streamed, and nobody is told; its storage object has it.',
    strike: () => ({ kind: 'done' }),
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
  'connections-reset': {
    at: 'now',
    meaning: 'Every connection breaks; the sessions stay.',
    strike: (_message, target) => {
      target.closeConnections()
      return { kind: 'done' }
    },
  },
  outage: {
    at: 'now',
    meaning: 'Nobody can connect, for as long as the fault lasts.',
    strike: (_message, target, lasts) => {
      target.refuseConnections(lasts)
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
  'silent-backlog': {
    at: 'now',
    meaning: 'The sessions that there are get no event any more, and are not told.',
    strike: (_message, target) => {
      target.muteSessions()
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

function token(meaning: string, strike: () => FaultEffect): Fault {
  return { at: 'token', meaning, strike }
}

function request(meaning: string, strike: () => FaultEffect): Fault {
  return { at: 'request', meaning, strike }
}

function handshake(meaning: string, reason: string): Fault {
  const fields = { error: '403::Handshake denied', ext: toFailureReason(reason), advice: stop }
  return { at: '/meta/handshake', meaning, strike: () => ({ kind: 'reply', fields }) }
}

function connect(meaning: string, fields: Partial<BayeuxMessage>): Fault {
  return { at: '/meta/connect', meaning, strike: () => ({ kind: 'reply', fields }) }
}

function gone(meaning: string, advice: typeof stop | typeof again): Fault {
  const fields = { error: '403::Unknown client', advice }
  return { at: '/meta/connect', meaning, strike: () => ({ kind: 'reply', fields, dropSession: true }) }
}

function subscribe(meaning: string, fields: Partial<BayeuxMessage>): Fault {
  return { at: '/meta/subscribe', meaning, strike: () => ({ kind: 'reply', fields }) }
}

function delivery(meaning: string, mishap: Mishap): Fault {
  return { at: 'delivery', meaning, strike: () => ({ kind: 'mishap', mishap }) }
}

function page(status: number) {
  return { kind: 'http', status, type: 'text/html', body: maintenance } as const
}

function plain(status: number, body = '') {
  return { kind: 'http', status, type: 'text/plain', body } as const
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
