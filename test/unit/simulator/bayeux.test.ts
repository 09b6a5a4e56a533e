import { describe, expect, test } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { getToken, isEvent, openSession, publishLogins, RawClient, startSimulator } from './raw-client.ts'

const logins = '/event/LoginEventStream'
const reports = '/event/ReportEventStream'
const start = Date.parse('2026-11-20T08:00:00Z')

describe('the HTTP side of CometD', () => {
  test('a body over 32,768 bytes is refused with 413', async () => {
    await using running = await startSimulator()
    const client = new RawClient(running.url, await getToken(running.url))
    const response = await client.post(
      JSON.stringify([{ channel: '/meta/handshake', id: 'x'.repeat(33_000) }]),
    )
    expect(response.status).toBe(413)
    expect(await response.text()).toBe('Maximum Request Size Exceeded')
  })

  test('only JSON posts to a supported version are heard', async () => {
    await using running = await startSimulator()
    const client = new RawClient(running.url, 'any', '36.0')
    expect((await client.post('[]')).status).toBe(400)
    const plain = new RawClient(running.url, 'any')
    expect((await plain.post('[]', { 'content-type': 'text/plain' })).status).toBe(400)
    expect((await plain.post('{"no":"list"}')).status).toBe(400)
    expect((await fetch(`${running.url}/cometd/66.0`)).status).toBe(405)
  })

  test('a large answer is compressed for a client that takes gzip', async () => {
    await using running = await startSimulator({ largestBatch: 1000 })
    const client = await openSession(running.url)
    await client.subscribe(logins, -1)
    await client.connect()
    publishLogins(running.simulator, 500)
    const response = await client.post(
      JSON.stringify([
        { channel: '/meta/connect', clientId: client.clientId, connectionType: 'long-polling' },
      ]),
      { 'accept-encoding': 'gzip' },
    )
    expect(response.headers.get('content-encoding')).toBe('gzip')
  })
})

describe('handshake', () => {
  test('a good one brings a client id, both extensions, both cookies and no advice', async () => {
    await using running = await startSimulator()
    const client = new RawClient(running.url, await getToken(running.url))
    const reply = await client.handshake()
    expect(reply).toMatchObject({
      channel: '/meta/handshake',
      successful: true,
      version: '1.0',
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      ext: { replay: true, 'payload.format': true },
    })
    expect(reply.clientId).toMatch(/^[a-z0-9]{25,29}$/)
    expect(reply.advice).toBeUndefined()
    expect([...client.cookies.keys()].sort()).toEqual(['BAYEUX_BROWSER', 'sfdc-stream'])
  })

  test('an invalid token is denied with the cause in failureReason', async () => {
    await using running = await startSimulator()
    const reply = await new RawClient(running.url, 'invalid').handshake()
    expect(reply).toMatchObject({
      successful: false,
      error: '403::Handshake denied',
      ext: { sfdc: { failureReason: '401::Authentication invalid' } },
      advice: { reconnect: 'none' },
    })
  })

  test('one client more than allowed is denied', async () => {
    await using running = await startSimulator({ concurrentClients: 1 })
    await openSession(running.url)
    const reply = await new RawClient(running.url, await getToken(running.url)).handshake()
    expect(reply.ext).toEqual({ sfdc: { failureReason: '403::Organization concurrent user limit exceeded' } })
  })
})

describe('sessions', () => {
  test('without its cookies a session is refused, with the cookie of another node it is unknown', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    const node = client.cookies.get('sfdc-stream') ?? ''
    client.cookies.set('sfdc-stream', 'another node')
    expect((await client.connect())[0]).toMatchObject({
      error: '403::Unknown client',
      advice: { reconnect: 'handshake' },
    })
    client.cookies.set('sfdc-stream', node)
    client.cookies.delete('BAYEUX_BROWSER')
    expect((await client.connect())[0]?.error).toBe(
      `400::Client ${client.clientId} has established a session, but no BAYEUX_BROWSER cookie present`,
    )
  })

  test('the first connect is answered at once with advice, the next is held for 110 s and has none', async () => {
    const clock = createManualClock(start)
    await using running = await startSimulator({ clock })
    const client = await openSession(running.url)
    const [first] = await client.connect()
    expect(first?.advice).toEqual({ interval: 0, timeout: 110_000, reconnect: 'retry' })
    const second = client.connect()
    while (!running.simulator.sessions()[0]?.held) await new Promise(setImmediate)
    clock.advance(109_999)
    expect(running.simulator.sessions()[0]?.held).toBe(true)
    clock.advance(1)
    expect(await second).toEqual([
      { clientId: client.clientId, channel: '/meta/connect', id: '1', successful: true },
    ])
  })

  test('a session that does not connect for 40 s is forgotten', async () => {
    const clock = createManualClock(start)
    await using running = await startSimulator({ clock })
    const client = await openSession(running.url)
    await client.connect()
    clock.advance(39_999)
    expect(running.simulator.sessions()).toHaveLength(1)
    clock.advance(1)
    expect(running.simulator.sessions()).toHaveLength(0)
    expect((await client.connect())[0]?.error).toBe('403::Unknown client')
  })

  test('a session ends after three hours even while it is connected', async () => {
    await using running = await startSimulator({ timing: { sessionEnd: 50 } })
    const client = await openSession(running.url)
    await client.connect()
    expect((await client.connect())[0]).toMatchObject({
      error: '403::Unknown client',
      advice: { reconnect: 'handshake' },
    })
  })

  test('a second connect of the same client answers the first', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    await client.subscribe(logins, -1)
    await client.connect()
    const first = client.connect()
    while (!running.simulator.sessions()[0]?.held) await new Promise(setImmediate)
    const second = client.connect()
    expect((await first).filter(isEvent)).toEqual([])
    publishLogins(running.simulator, 1)
    expect((await second).filter(isEvent)).toHaveLength(1)
  })

  test('disconnect and unsubscribe end what they name', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    await client.subscribe(logins, -1)
    await client.send({ channel: '/meta/unsubscribe', subscription: logins })
    expect(running.simulator.sessions()[0]?.subscriptions).toEqual([])
    expect((await client.send({ channel: '/meta/disconnect' }))[0]?.successful).toBe(true)
    expect(running.simulator.sessions()).toEqual([])
  })
})

describe('events', () => {
  test('they come before the connect reply, in order, with nulls, ids that rise and all three parts of `event`', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    await client.subscribe(logins, -1)
    await client.connect()
    publishLogins(running.simulator, 300)
    const messages = await client.connect()
    expect(messages.at(-1)?.channel).toBe('/meta/connect')
    const events = await client.receive(300, messages)
    expect(events.map(({ data }) => data.payload.EventIdentifier)).toEqual(
      Array.from({ length: 300 }, (_, number) => `${number}`),
    )
    expect(events[0]?.data.payload).toHaveProperty('Country', null)
    expect(events[0]?.data.schema).toMatch(/^[\w-]{22}$/)
    expect(events[0]?.data.event).toMatchObject({ EventApiName: 'LoginEventStream' })
    const ids = events.map(({ data }) => data.event.replayId)
    expect(ids).toEqual([...ids].sort((left, right) => left - right))
    expect((ids.at(-1) ?? 0) - (ids[0] ?? 0)).toBeGreaterThan(300)
    expect(new Set(events.map(({ data }) => data.event.EventUuid)).size).toBe(300)
    expect(new Set(events.map(({ data }) => Object.keys(data.payload).join())).size).toBeGreaterThan(1)
  })

  test('old endpoints get less: no EventApiName before 55.0, no EventUuid before 52.0, no milliseconds before 43.0', async () => {
    await using running = await startSimulator()
    const received = async (version: string) => {
      const client = await openSession(running.url, version)
      const subscribed = await client.subscribe(logins, -2)
      return (await client.receive(1, subscribed))[0]
    }
    running.simulator.publish(logins, { EventIdentifier: '1' }, { eventDate: new Date(start) })
    expect(Object.keys((await received('54.0'))?.data.event ?? {})).toEqual(['replayId', 'EventUuid'])
    expect(Object.keys((await received('51.0'))?.data.event ?? {})).toEqual(['replayId'])
    expect((await received('42.0'))?.data.payload.EventDate).toBe('2026-11-20T08:00:00Z')
    expect((await received('43.0'))?.data.payload.EventDate).toBe('2026-11-20T08:00:00.000Z')
  })

  test('nothing is delivered twice or to channels not subscribed', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    await client.subscribe(reports, -1)
    publishLogins(running.simulator, 5)
    publishLogins(running.simulator, 3, reports)
    const events = await client.receive(3)
    expect(events.map(({ channel }) => channel)).toEqual([reports, reports, reports])
    expect(running.simulator.sessions()[0]?.queued).toBe(0)
  })
})

describe('replay', () => {
  test('-1 starts with the next event, -2 with the oldest kept, N after N', async () => {
    await using running = await startSimulator()
    publishLogins(running.simulator, 5)
    const all = await openSession(running.url)
    const events = await all.receive(5, await all.subscribe(logins, -2))
    const third = events[2]?.data.event.replayId ?? 0
    const after = await openSession(running.url)
    const rest = await after.receive(2, await after.subscribe(logins, third))
    expect(rest.map(({ data }) => data.payload.EventIdentifier)).toEqual(['3', '4'])
    const fresh = await openSession(running.url)
    await fresh.subscribe(logins, -1)
    expect((await fresh.connect()).filter(isEvent)).toEqual([])
  })

  test('an id that is older than the retention is refused with the exact text', async () => {
    const clock = createManualClock(start)
    await using running = await startSimulator({ clock })
    publishLogins(running.simulator, 1)
    const client = await openSession(running.url)
    const [event] = await client.receive(1, await client.subscribe(logins, -2))
    const id = event?.data.event.replayId ?? 0
    clock.advance(72 * 3_600_000 + 1)
    const late = await openSession(running.url)
    const [reply] = await late.subscribe(logins, id)
    expect(reply).toMatchObject({ successful: false, subscription: logins })
    expect(reply?.error).toBe(
      `400::The replayId {${id}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`,
    )
  })

  test('a map without the channel is refused, no map at all means new events only', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    const [empty] = await client.send({
      channel: '/meta/subscribe',
      subscription: logins,
      ext: { replay: {} },
    })
    expect(empty?.error).toContain(
      `400::The replayId for channel {${logins}} wasn't found using the provided replay ID map {{}}`,
    )
    const plain = new RawClient(running.url, client.token)
    await plain.handshake({})
    const [reply] = await plain.send({ channel: '/meta/subscribe', subscription: logins })
    expect(reply?.successful).toBe(true)
  })

  test('an unknown channel does not exist', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    const [reply] = await client.subscribe('/event/Nonsense', -1)
    expect(reply?.error).toBe(
      '400::The channel you requested to subscribe to does not exist {/event/Nonsense}',
    )
  })
})
