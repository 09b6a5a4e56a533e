import { describe, expect, test } from 'vitest'
import { type FaultKind, faultTable } from '../../../src/simulator/server/faults/fault-table.ts'
import {
  getToken,
  isEvent,
  openSession,
  publishLogins,
  RawClient,
  requestToken,
  startSimulator,
} from './raw-client.ts'

const logins = '/event/LoginEventStream'
const reports = '/event/ReportEventStream'

describe('faults of a connect strike a held request at once, and once only', () => {
  const expected: Partial<Record<FaultKind, object[]>> = {
    'connect-401': [{ error: '401::Authentication invalid', advice: { reconnect: 'none' } }],
    'connect-503': [
      {
        error: '401::Authentication invalid',
        ext: { sfdc: { failureReason: '503::Server is too busy.  Please try your request again later.' } },
      },
    ],
    'unknown-client': [{ error: '403::Unknown client', advice: { reconnect: 'handshake' } }],
    'unknown-client-none': [{ error: '403::Unknown client', advice: { reconnect: 'none' } }],
    'server-disconnect': [{ channel: '/meta/disconnect' }, { error: '403::Unknown client' }],
    'server-disconnect-alone': [{ channel: '/meta/disconnect' }],
  }
  test.each(Object.entries(expected))('%s', async (kind, messages) => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    await client.connect()
    const held = client.connect()
    while (!running.simulator.sessions()[0]?.held) await new Promise(setImmediate)
    running.simulator.faults.inject({ kind: kind as FaultKind })
    const answer = await held
    expect(answer).toHaveLength(messages.length)
    expect(answer).toMatchObject(messages)
    const again = await openSession(running.url)
    expect((await again.connect())[0]?.successful).toBe(true)
  })
})

test.each([
  ['handshake-401', '401::Authentication invalid'],
  ['handshake-403', '403::Organization concurrent user limit exceeded'],
  ['handshake-503', '503::Server is too busy.  Please try your request again later.'],
] as const)('%s denies as many handshakes as it was told to', async (kind, failureReason) => {
  await using running = await startSimulator()
  running.simulator.faults.inject({ kind, times: 2 })
  const client = new RawClient(running.url, await getToken(running.url))
  for (let attempt = 0; attempt < 2; attempt++)
    expect(await client.handshake()).toMatchObject({
      error: '403::Handshake denied',
      ext: { sfdc: { failureReason } },
    })
  expect((await client.handshake()).successful).toBe(true)
})

test('a denied subscription concerns its channel alone', async () => {
  await using running = await startSimulator()
  running.simulator.faults.inject({
    kind: 'create-denied',
    channel: reports,
    times: Number.POSITIVE_INFINITY,
  })
  const client = await openSession(running.url)
  expect((await client.subscribe(logins, -1))[0]?.successful).toBe(true)
  expect((await client.subscribe(reports, -1))[0]).toMatchObject({
    subscription: reports,
    error: '403:denied_by_security_policy:create_denied',
  })
  running.simulator.faults.clear()
  expect((await client.subscribe(reports, -1))[0]?.successful).toBe(true)
})

test('an invalid replay id is refused, -2 is not', async () => {
  await using running = await startSimulator()
  running.simulator.faults.inject({ kind: 'invalid-replay-id', channel: logins, times: 2 })
  const client = await openSession(running.url)
  expect((await client.subscribe(logins, 17))[0]?.error).toContain(
    '400::The replayId {17} you provided was invalid.  ',
  )
  expect((await client.subscribe(logins, -2))[0]?.successful).toBe(true)
})

test('a cut answer has taken its events with it; replay brings them back', async () => {
  await using running = await startSimulator()
  const client = await openSession(running.url)
  await client.subscribe(logins, -1)
  await client.connect()
  running.simulator.faults.inject({ kind: 'body-cut' })
  publishLogins(running.simulator, 1)
  await expect(client.connect()).rejects.toThrow()
  expect(running.simulator.sessions()[0]?.queued).toBe(0)
  const again = await openSession(running.url)
  expect(await again.receive(1, await again.subscribe(logins, -2))).toHaveLength(1)
})

test('a half-open request is never answered', async () => {
  await using running = await startSimulator()
  const client = await openSession(running.url)
  running.simulator.faults.inject({ kind: 'half-open' })
  const outcome = await Promise.race([
    client.connect(),
    openSession(running.url).then(() => 'others are served'),
  ])
  expect(outcome).toBe('others are served')
})

test('plain HTTP errors have no Bayeux in them', async () => {
  await using running = await startSimulator()
  const client = await openSession(running.url)
  running.simulator.faults.inject({ kind: 'http-503' })
  const response = await client.post('[]')
  expect(response.status).toBe(503)
  expect(response.headers.get('content-type')).toBe('text/html')
  running.simulator.faults.inject({ kind: 'http-401' })
  expect((await client.post('[]')).status).toBe(401)
})

test('a restart forgets sessions and tears held requests down', async () => {
  await using running = await startSimulator()
  const client = await openSession(running.url)
  await client.connect()
  const held = client.connect()
  while (!running.simulator.sessions()[0]?.held) await new Promise(setImmediate)
  running.simulator.faults.inject({ kind: 'restart' })
  await expect(held).rejects.toThrow()
  expect((await client.connect())[0]?.error).toBe('403::Unknown client')
})

test('a revoked token is refused from the next request on', async () => {
  await using running = await startSimulator()
  const client = await openSession(running.url)
  running.simulator.faults.inject({ kind: 'token-revoked' })
  expect((await client.connect())[0]).toMatchObject({
    error: '401::Authentication invalid',
    advice: { reconnect: 'none' },
  })
})

test('a reset stream has forgotten its events', async () => {
  await using running = await startSimulator()
  publishLogins(running.simulator, 3)
  running.simulator.faults.inject({ kind: 'stream-reset' })
  const client = await openSession(running.url)
  const answer = await client.subscribe(logins, -2)
  expect([...answer, ...(await client.connect())].filter(isEvent)).toEqual([])
})

test('the token endpoint can be down', async () => {
  await using running = await startSimulator()
  running.simulator.faults.inject({ kind: 'token-unavailable' })
  const response = await fetch(`${running.url}/services/oauth2/token`, { method: 'POST' })
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('<html>')
  running.simulator.faults.inject({ kind: 'token-not-approved' })
  expect((await requestToken(running.url, {})).body.error_description).toBe(
    "user hasn't approved this consumer",
  )
})

test('every fault says what it means', () => {
  for (const fault of Object.values(faultTable)) expect(fault.meaning).toMatch(/\.$/)
})
