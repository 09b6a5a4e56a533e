import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createManualClock, systemClock } from '../../../src/clock.ts'
import type { BayeuxMessage } from '../../../src/salesforce/cometd/bayeux-message.ts'
import { createCometd } from '../../../src/salesforce/cometd/cometd-session.ts'
import type { Session, Start } from '../../../src/salesforce/transport.ts'
import { startServer } from './scripted-server.ts'

const logins = '/event/LoginEventStream'
const event = { channel: logins, data: { payload: {}, event: { replayId: 5 } } }

/** What is handed on of {@link event}. */
const received = {
  channel: logins,
  data: { payload: {}, event: { replayId: '5' } },
  value: Buffer.from(JSON.stringify(event)),
}
const subscribed = { kind: 'subscribed' }

type Script = (message: BayeuxMessage, response: ServerResponse) => unknown

/** A Bayeux server that says yes to everything, except where the script answers instead. */
async function startBayeux(script: Script = () => undefined) {
  const messages: BayeuxMessage[] = []
  const server = await startServer((request, response) => {
    const [message] = JSON.parse(request.body) as BayeuxMessage[]
    if (!message) return
    messages.push(message)
    const answer = script(message, response)
    if (response.headersSent || answer === 'nothing') return
    response.end(JSON.stringify(answer ?? [succeed(message)]))
  })
  return {
    ...server,
    messages,
    count: (channel: string) => messages.filter((m) => m.channel === channel).length,
  }
}

function succeed(message: BayeuxMessage, fields: Partial<BayeuxMessage> = {}): BayeuxMessage {
  const ext = message.channel === '/meta/handshake' ? { ext: { replay: true }, clientId: 'c1' } : {}
  const { channel, id = '', subscription } = message
  return { channel, id, subscription, successful: true, ...ext, ...fields }
}

function open(
  instanceUrl: string,
  channels: Record<string, Start> = { [logins]: 'now' },
  clock = systemClock,
): Session {
  const cometd = createCometd({ clock, apiVersion: '66.0', limits: { farewell: 50 } })
  return cometd.open({ instanceUrl, accessToken: 'token', channels: new Map(Object.entries(channels)) })
}

describe('opening', () => {
  test('each subscription carries the whole replay map, with ids as Salesforce sends them', async () => {
    await using server = await startBayeux()
    const cursors = {
      [logins]: { after: '7711181' },
      '/event/FileEvent': 'oldest',
      '/event/W__e': 'now',
      '/event/X__e': { after: 'opaque' },
      '/event/Y__e': { after: '9007199254740993' },
    } as const
    const session = open(server.url, cursors)
    expect(await session.next()).toMatchObject(subscribed)
    await session.close()
    const [handshake, ...subscriptions] = server.messages
      .filter(({ channel }) => channel !== '/meta/connect')
      .slice(0, 6)
    expect(handshake).toMatchObject({ supportedConnectionTypes: ['long-polling'], ext: { replay: true } })
    expect(new Set(subscriptions.map(({ subscription }) => subscription))).toEqual(
      new Set(Object.keys(cursors)),
    )
    const replay = {
      [logins]: 7711181,
      '/event/FileEvent': -2,
      '/event/W__e': -1,
      '/event/X__e': 'opaque',
    }
    for (const { ext } of subscriptions) expect(ext).toMatchObject({ replay })
    // Longer than a number of JavaScript can be, and yet exact.
    expect(server.requests[1]?.body).toContain('"/event/Y__e":9007199254740993')
    expect(server.requests[0]).toMatchObject({
      path: '/cometd/66.0',
      headers: { authorization: 'Bearer token' },
    })
  })

  test('a request of more than 2,048 bytes goes out whole', async () => {
    await using server = await startBayeux()
    const channels = Array.from({ length: 60 }, (_, index) => [
      `/event/Some_Rather_Long_Name_${index}__e`,
      { after: '7711181' },
    ])
    const session = open(server.url, Object.fromEntries(channels))
    expect(await session.next()).toMatchObject(subscribed)
    expect(server.requests[1]?.body.length).toBeGreaterThan(2_048)
    await session.close()
  })

  test('events that come with the answer to a subscription are a batch, too', async () => {
    await using server = await startBayeux((message) =>
      message.channel === '/meta/subscribe' ? [succeed(message), event] : undefined,
    )
    const session = open(server.url)
    expect(await session.next()).toMatchObject({ kind: 'batch', messages: [received] })
    expect(await session.next()).toMatchObject(subscribed)
    expect(server.count('/meta/connect')).toBe(0)
    await session.close()
  })

  test('a server without replay is not listened to', async () => {
    await using server = await startBayeux((message) => [succeed(message, { ext: {} })])
    const session = open(server.url)
    expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind: 'protocol' } })
    await session.close()
  })

  test('every refused channel is named at once', async () => {
    await using server = await startBayeux((message) =>
      message.channel === '/meta/subscribe'
        ? [{ ...succeed(message), successful: false, error: '403::No access on channel' }]
        : undefined,
    )
    const session = open(server.url, { '/event/A': 'now', '/event/B': 'now' })
    const refusals = ['/event/A', '/event/B'].map((channel) => ({
      channel,
      kind: 'denied',
      text: '403::No access on channel',
    }))
    expect(await session.next()).toMatchObject({
      kind: 'ended',
      end: { kind: 'refused', refusals: expect.arrayContaining(refusals) },
    })
    await session.close()
    expect(server.count('/meta/disconnect')).toBe(1)
  })
})

describe('the long poll', () => {
  test('is held back until the batch before it has been acknowledged', async () => {
    await using server = await startBayeux((message) =>
      message.channel === '/meta/connect' ? [event, succeed(message)] : undefined,
    )
    const session = open(server.url)
    await session.next()
    expect(await session.next()).toMatchObject({ kind: 'batch', messages: [received] })
    // Another request travels the same road, so a connect that was not held back would have been seen by now.
    await fetch(server.url, { method: 'POST', body: '[{"channel":"/probe"}]' })
    expect(server.count('/meta/connect')).toBe(1)
    session.acknowledge()
    expect(await session.next()).toMatchObject({ kind: 'batch', messages: [received] })
    expect(server.count('/meta/connect')).toBe(2)
    await session.close()
  })

  test('waits for as long as the server advises', async () => {
    const clock = createManualClock()
    await using server = await startBayeux((message) =>
      message.channel === '/meta/connect'
        ? [succeed(message, { advice: { reconnect: 'retry', interval: 3_000 } })]
        : undefined,
    )
    const session = open(server.url, undefined, clock)
    await session.next()
    await session.next()
    session.acknowledge()
    clock.advance(2_999)
    await fetch(server.url, { method: 'POST', body: '[{"channel":"/probe"}]' })
    expect(server.count('/meta/connect')).toBe(1)
    clock.advance(1)
    await session.next()
    expect(server.count('/meta/connect')).toBe(2)
    await session.close()
  })

  test('comes between subscriptions that take longer than the server waits for one', async () => {
    const clock = createManualClock()
    let waitingSince = 0
    await using server = await startBayeux((message) => {
      if (message.channel === '/meta/subscribe') clock.advance(3_000)
      if (clock.now() - waitingSince > 40_000)
        return [{ ...succeed(message), successful: false, error: '403::Unknown client' }]
      if (message.channel === '/meta/connect') waitingSince = clock.now()
      return message.channel === '/meta/connect' ? [event, succeed(message)] : undefined
    })
    const channels = Array.from({ length: 16 }, (_, index) => [`/event/Event${index}__e`, 'oldest'])
    const session = open(server.url, Object.fromEntries(channels), clock)
    expect(await session.next()).toMatchObject({ kind: 'batch', messages: [received] })
    expect(server.count('/meta/subscribe')).toBeLessThan(16)
    session.acknowledge()
    expect(await session.next()).toMatchObject(subscribed)
    expect(server.count('/meta/subscribe')).toBe(16)
    await session.close()
  })

  test('hands nothing out after it was closed', async () => {
    await using server = await startBayeux((message) =>
      message.channel === '/meta/connect' ? [event, succeed(message)] : undefined,
    )
    const session = open(server.url)
    await session.next()
    await session.close()
    expect(await session.next()).toEqual({ kind: 'ended', end: { kind: 'closed' } })
  })
})

describe('an odd answer', () => {
  /** What the session makes of this answer to its first long poll, after it has subscribed. */
  async function afterConnect(answer: (message: BayeuxMessage) => readonly unknown[]) {
    await using server = await startBayeux((message) =>
      message.channel === '/meta/connect' ? answer(message) : undefined,
    )
    const session = open(server.url)
    await session.next()
    const step = await session.next()
    await session.close()
    return step
  }

  test.each([
    ['handshake', { channel: '/meta/connect', id: 'other', successful: true }],
    ['none', { channel: '/meta/subscribe', successful: true }],
  ])('with the advice to %s beside the reply ends the session', async (reconnect, message) => {
    const step = await afterConnect((request) => [succeed(request), { ...message, advice: { reconnect } }])
    expect(step).toMatchObject({ kind: 'ended', end: { kind: 'server-disconnect' } })
  })

  test('that takes a subscription away ends the session', async () => {
    const unsubscribed = { channel: '/meta/unsubscribe', subscription: logins, successful: true }
    expect(await afterConnect((request) => [succeed(request), unsubscribed])).toMatchObject({
      kind: 'ended',
      end: { kind: 'server-disconnect', text: 'the server sent /meta/unsubscribe' },
    })
  })

  test('with an event before and one behind the reply brings both, one of a channel nobody asked for too', async () => {
    const other = { channel: '/event/Other__e', data: { event: { replayId: 6 } } }
    const step = await afterConnect((request) => [event, succeed(request), other])
    expect(step).toMatchObject({
      messages: [received, { channel: '/event/Other__e' }],
      cursors: new Map([
        [logins, '5'],
        ['/event/Other__e', '6'],
      ]),
    })
  })

  test('with an event without a replay id moves no cursor', async () => {
    const anonymous = { channel: logins, data: { payload: {}, event: { replayId: null } } }
    const step = await afterConnect((request) => [anonymous, succeed(request)])
    expect(step).toMatchObject({ messages: [{ channel: logins }], cursors: new Map() })
  })

  test('that claims to be a record of our own brings none', async () => {
    const verdict = { channel: '/forcewatch/verdict', data: { payload: { verdict: 'expected' } } }
    expect(await afterConnect((request) => [verdict, succeed(request)])).toMatchObject({ messages: [] })
  })

  test.each([0, -1, null, '110000'])(
    'that advises to wait %s ms for events changes no limit',
    async (timeout) => {
      const clock = createManualClock()
      let polls = 0
      await using server = await startBayeux((message) => {
        if (message.channel !== '/meta/connect') return undefined
        return polls++ === 0
          ? [succeed(message, { advice: { reconnect: 'retry', timeout } as never })]
          : 'nothing'
      })
      const session = open(server.url, undefined, clock)
      await session.next()
      await session.next()
      session.acknowledge()
      await expect.poll(() => polls).toBe(2)
      clock.advance(120_000)
      await session.close()
      expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind: 'closed' } })
    },
  )

  test('with a status is quoted, a page is not', async () => {
    for (const [body, text] of [
      ['400::Unsupported  API version\n99.0', 'HTTP 400: 400::Unsupported API version 99.0'],
      ['<html>Sorry</html>', 'HTTP 400'],
    ]) {
      await using server = await startBayeux((_message, response) => response.writeHead(400).end(body))
      const session = open(server.url)
      expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind: 'transport', text } })
      await session.close()
    }
  })
})

describe('an answer that is none', () => {
  const bodies = {
    'a null in the list': '[null]',
    'no list': '{}',
    'no body': '',
    HTML: '<html></html>',
    'an empty list': '[]',
  }
  test.each(Object.entries(bodies))('%s ends the session at once', async (_name, body) => {
    await using server = await startBayeux((_message, response) => response.end(body))
    const session = open(server.url)
    expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind: 'transport' } })
    await session.close()
  })

  test.each([
    [401, 'token-invalid'],
    [403, 'token-invalid'],
    [413, 'protocol'],
    [429, 'busy'],
    [503, 'busy'],
    [404, 'transport'],
  ])('HTTP %i with a page of HTML → %s', async (status, kind) => {
    await using server = await startBayeux((_message, response) =>
      response.writeHead(status).end('<html></html>'),
    )
    const session = open(server.url)
    expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind } })
    await session.close()
  })

  test('a redirect is not followed, since it would carry the token elsewhere', async () => {
    await using elsewhere = await startBayeux()
    await using server = await startBayeux((_message, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/cometd/66.0` }).end(),
    )
    const session = open(server.url)
    expect(await session.next()).toMatchObject({
      kind: 'ended',
      end: { kind: 'token-invalid', text: `HTTP 307 to ${elsewhere.url}/cometd/66.0` },
    })
    await session.close()
    expect(elsewhere.requests).toEqual([])
  })

  test('a body that is cut is noticed', async () => {
    await using server = await startBayeux((message, response) => {
      if (message.channel !== '/meta/connect') return undefined
      response.writeHead(200, { 'content-length': '5000' }).write(JSON.stringify([event]))
      response.destroy()
      return 'nothing'
    })
    const session = open(server.url)
    await session.next()
    expect(await session.next()).toMatchObject({ kind: 'ended', end: { kind: 'transport' } })
    await session.close()
  })

  test('a compressed one is one', async () => {
    await using server = await startBayeux((message, response) =>
      response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify([succeed(message)]))),
    )
    const session = open(server.url)
    expect(await session.next()).toMatchObject(subscribed)
    await session.close()
  })
})

describe('cookies', () => {
  const cookies = [
    'BAYEUX_BROWSER=one; Path=/; HttpOnly',
    '',
    'alien=1; Domain=example.org',
    'suffix=1; Domain=com',
    '=;;=',
  ]

  test('are sent back; those that are malformed or meant for others are left out', async () => {
    await using server = await startBayeux((message, response) =>
      response.writeHead(200, { 'set-cookie': cookies }).end(JSON.stringify([succeed(message)])),
    )
    const session = open(server.url)
    expect(await session.next()).toMatchObject(subscribed)
    await session.close()
    expect(server.requests[1]?.headers.cookie).toBe('BAYEUX_BROWSER=one')
  })

  test('and sockets are never shared by two sessions', async () => {
    const ports = new Set<number | undefined>()
    await using server = await startBayeux((message, response) => {
      if (message.channel === '/meta/handshake') ports.add(response.socket?.remotePort)
      response.writeHead(200, { 'set-cookie': cookies }).end(JSON.stringify([succeed(message)]))
    })
    for (let count = 0; count < 2; count++) {
      const session = open(server.url)
      await session.next()
      await session.close()
    }
    const handshakes = server.requests.filter(({ body }) => body.includes('/meta/handshake'))
    expect(handshakes.map(({ headers }) => headers.cookie ?? '')).toEqual(['', ''])
    expect(ports.size).toBe(2)
  })
})
