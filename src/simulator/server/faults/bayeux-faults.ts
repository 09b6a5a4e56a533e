import { type BayeuxMessage, invalidReplayId, replayIdOf, toFailureReason } from '../bayeux-message.ts'
import type { Fault } from './fault.ts'

const stop = { reconnect: 'none' } as const
const again = { reconnect: 'handshake', interval: 0 } as const
const later = { reconnect: 'handshake', interval: 1000 } as const
const busy = '503::Server is too busy.  Please try your request again later.'
const denied = '403:denied_by_security_policy:subscribe_denied'

/** What a handshake can be answered. */
export const handshakeFaults = {
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
} as const satisfies Record<string, Fault>

/** What a connect can be answered. */
export const connectFaults = {
  'connect-401': connect('The token is no longer valid.', {
    error: '401::Authentication invalid',
    advice: stop,
  }),
  'connect-503': connect('The server is too busy, although the error speaks of authentication.', {
    error: '401::Authentication invalid',
    ext: toFailureReason(busy),
    advice: stop,
  }),
  'connect-503-later': connect('The server is too busy, and asks for a handshake in a second.', {
    error: busy,
    advice: later,
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
  'server-unsubscribe': {
    at: '/meta/connect',
    meaning: 'The server takes a subscription away, beside a good answer.',
    strike: () => ({
      kind: 'reply',
      fields: {},
      before: [{ channel: '/meta/unsubscribe', subscription: '/event/LoginEventStream', successful: true }],
    }),
  },
  'advised-beside': {
    at: '/meta/connect',
    meaning: 'A message beside a good answer advises to shake hands.',
    strike: () => ({
      kind: 'reply',
      fields: {},
      before: [{ channel: '/meta/connect', id: 'another', successful: true, advice: again }],
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
} as const satisfies Record<string, Fault>

/** What a subscription can be answered. */
export const subscribeFaults = {
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
} as const satisfies Record<string, Fault>

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

function disconnect(message: BayeuxMessage | undefined): BayeuxMessage {
  return {
    channel: '/meta/disconnect',
    successful: true,
    ...(message?.clientId === undefined ? {} : { clientId: message.clientId }),
  }
}
