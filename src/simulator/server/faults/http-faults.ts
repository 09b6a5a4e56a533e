import type { Mishap } from '../mishap.ts'
import type { Fault, FaultEffect } from './fault.ts'

const maintenance =
  '<html><head><title>Down for maintenance</title></head><body>Service unavailable</body></html>'

/** What the token endpoint can do. */
export const tokenFaults = {
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
} as const satisfies Record<string, Fault>

/** What may be answered to any request in the place of messages. */
export const requestFaults = {
  'http-503': request('HTTP 503 with a page of HTML.', () => page(503)),
  'http-503-later': request('HTTP 503 that asks to stay away for a second.', () => ({
    ...page(503),
    headers: { 'retry-after': '1' },
  })),
  'http-502-empty': request('HTTP 502 without a body.', () => plain(502)),
  'http-400': request('HTTP 400 with a line of text.', () => plain(400, '400::Unsupported API version')),
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
} as const satisfies Record<string, Fault>

/** What may befall an answer with events. */
export const deliveryFaults = {
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
} as const satisfies Record<string, Fault>

function token(meaning: string, strike: () => FaultEffect): Fault {
  return { at: 'token', meaning, strike }
}

function request(meaning: string, strike: () => FaultEffect): Fault {
  return { at: 'request', meaning, strike }
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

function oauthError(error: string, description: string): FaultEffect {
  const body = JSON.stringify({ error, error_description: description })
  return { kind: 'http', status: 400, type: 'application/json', body }
}
