import { describe, expect, test } from 'vitest'
import type { BayeuxMessage } from '../../../src/salesforce/cometd/bayeux-message.ts'
import { judgeAnswer } from '../../../src/salesforce/cometd/judge-answer.ts'

const channel = '/event/LoginEventStream'
const connect: BayeuxMessage = { channel: '/meta/connect', id: '7', clientId: 'c1' }
const handshake: BayeuxMessage = { channel: '/meta/handshake', id: '1' }
const subscribe: BayeuxMessage = {
  channel: '/meta/subscribe',
  id: '2',
  clientId: 'c1',
  subscription: channel,
}
const event = { channel, data: { payload: { EventIdentifier: '1' } }, value: Buffer.from('{}') }
const busy = '503::Server is too busy.  Please try your request again later.'

type Fields = { readonly error?: string; readonly reason?: string; readonly advice?: string }

function failure(request: BayeuxMessage, { error, reason, advice }: Fields): BayeuxMessage {
  return {
    ...request,
    successful: false,
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { ext: { sfdc: { failureReason: reason } } }),
    ...(advice === undefined ? {} : { advice: { reconnect: advice } }),
  }
}

const ends: readonly (readonly [BayeuxMessage, Fields, string])[] = [
  [connect, { error: '401::Authentication invalid', advice: 'none' }, 'token-invalid'],
  [handshake, { error: '403::Handshake denied', reason: '401::Authentication invalid' }, 'token-invalid'],
  [
    handshake,
    { error: '403::Handshake denied', reason: '401::Request requires authentication' },
    'token-invalid',
  ],
  [connect, { error: '403::Unknown client', advice: 'handshake' }, 'unknown-client'],
  [connect, { error: '403::Unknown client', advice: 'none' }, 'unknown-client'],
  [subscribe, { error: '403::Unknown client', advice: 'none' }, 'unknown-client'],
  [connect, { error: '402::Unknown client' }, 'unknown-client'],
  [connect, { error: '403::Client has not completed handshake' }, 'unknown-client'],
  [
    connect,
    { error: '400::Client abc has established a session, but no BAYEUX_BROWSER cookie present' },
    'unknown-client',
  ],
  [connect, { error: "400::Authenticated user id does not match the session's user id" }, 'unknown-client'],
  [
    handshake,
    { error: '403::Handshake denied', reason: '403::Organization concurrent user limit exceeded' },
    'limit',
  ],
  [
    handshake,
    {
      error: '403::Handshake denied',
      reason: '403::To protect all customers, there are too many simultaneous connections per server',
    },
    'limit',
  ],
  [connect, { error: '403::Organization total events daily limit exceeded' }, 'limit'],
  [handshake, { error: '403::Handshake denied', reason: busy, advice: 'none' }, 'busy'],
  [connect, { error: '401::Authentication invalid', reason: busy, advice: 'none' }, 'busy'],
  [subscribe, { error: '403:denied_by_security_policy:subscribe_denied', reason: busy }, 'busy'],
  [handshake, { error: '403::User not enabled for streaming', advice: 'none' }, 'denied'],
  [connect, { error: '400::Invalid connection type' }, 'protocol'],
  [connect, { error: '499::Something new', advice: 'handshake' }, 'unknown-client'],
  [connect, { error: '599::Something new' }, 'busy'],
  [connect, { error: 'no code at all' }, 'protocol'],
  [connect, {}, 'protocol'],
]

const refusals: readonly (readonly [string, string])[] = [
  ['403:denied_by_security_policy:create_denied', 'denied'],
  ['403:denied_by_security_policy:subscribe_denied', 'denied'],
  ['403::Cannot create channel {/event/X}', 'denied'],
  ['403::Subscriber does not have access to the entity in this topic', 'denied'],
  ['400::The channel you requested to subscribe to does not exist {/event/X}', 'denied'],
  ['404::Unknown channel', 'denied'],
  ['403::Organization total events daily limit exceeded', 'limit'],
  [
    '400::The replayId {123} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.',
    'replay-invalid',
  ],
  [
    "400::The replayId for channel {/event/X} wasn't found using the provided replay ID map {{}}",
    'replay-unread',
  ],
]

describe('a failed answer ends the session', () => {
  test.each(ends)('%o with %o → %s', (request, fields, kind) => {
    const verdict = judgeAnswer([failure(request, fields)], request)
    expect(verdict).toMatchObject({ kind: 'end', end: { kind } })
  })

  test('failureReason is quoted rather than error', () => {
    const answer = failure(connect, { error: '401::Authentication invalid', reason: busy })
    expect(judgeAnswer([answer], connect)).toEqual({ kind: 'end', end: { kind: 'busy', text: busy } })
  })

  test('after which we stay away for as long as is advised', () => {
    const answer = {
      ...failure(connect, { error: busy }),
      advice: { reconnect: 'handshake', interval: 7_000 },
    }
    expect(judgeAnswer([answer], connect)).toEqual({
      kind: 'end',
      end: { kind: 'busy', text: busy, retryAfter: 7_000 },
    })
  })

  test('a subscription that fails without naming itself and asks for a handshake', () => {
    const answer: BayeuxMessage = {
      channel: '/meta/subscribe',
      id: '2',
      successful: false,
      error: '403::Something',
      advice: { reconnect: 'handshake' },
    }
    expect(judgeAnswer([answer], subscribe)).toMatchObject({ kind: 'end', end: { kind: 'unknown-client' } })
  })

  test('its events are left to the next session', () => {
    const answer = [event, failure(connect, { error: '403::Unknown client' })]
    expect(judgeAnswer(answer, connect)).not.toHaveProperty('events')
  })
})

describe('a refused channel leaves the others alone', () => {
  test.each(refusals)('%s → %s', (error, kind) => {
    const verdict = judgeAnswer([failure(subscribe, { error }), event], subscribe)
    expect(verdict).toEqual({ kind: 'refused', refusal: { channel, kind, text: error }, events: [event] })
  })
})

describe('/meta/disconnect from the server', () => {
  const farewell: BayeuxMessage = { channel: '/meta/disconnect', successful: true }

  test.each([
    ['alone', [farewell]],
    ['beside a failed connect', [farewell, failure(connect, { error: '403::Unknown client' })]],
    ['beside a good connect', [farewell, { ...connect, successful: true }]],
  ])('%s', (_name, answer) => {
    expect(judgeAnswer(answer, connect)).toMatchObject({ kind: 'end', end: { kind: 'server-disconnect' } })
  })

  test('does not hide that the token is invalid', () => {
    const answer = [farewell, failure(connect, { error: '401::Authentication invalid' })]
    expect(judgeAnswer(answer, connect)).toMatchObject({ kind: 'end', end: { kind: 'token-invalid' } })
  })
})

describe('a good answer', () => {
  test('gives its reply and its events, wherever they stand', () => {
    const reply = { ...connect, successful: true }
    expect(judgeAnswer([event, reply, event], connect)).toEqual({
      kind: 'fine',
      reply,
      events: [event, event],
    })
  })

  test.each(['handshake', 'none'])('but with the advice to %s it ends the session', (reconnect) => {
    const reply = { ...connect, successful: true, advice: { reconnect } }
    expect(judgeAnswer([reply], connect)).toMatchObject({ kind: 'end', end: { kind: 'server-disconnect' } })
  })

  test('may advise to shake hands later, too', () => {
    const reply = { ...connect, successful: true, advice: { reconnect: 'handshake', interval: 7_000 } }
    expect(judgeAnswer([reply], connect)).toMatchObject({ end: { retryAfter: 7_000 } })
  })

  test('without a reply to our request is none', () => {
    expect(judgeAnswer([event], connect)).toMatchObject({ kind: 'end', end: { kind: 'protocol' } })
  })
})
