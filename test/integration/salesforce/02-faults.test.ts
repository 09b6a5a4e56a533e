import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { type FaultKind, faultTable } from '../../../src/simulator/server/faults/fault-table.ts'
import type { FaultRequest } from '../../../src/simulator/server/faults/faults.ts'
import { logins, reports, until, type WatchedOrg, watchOrg } from './watched-org.ts'

/** A fault in the middle of the stream: how the session must end, and how many tokens must have been asked for in the end. */
const inTheStream: readonly (readonly [FaultKind, string, number])[] = [
  ['connect-401', 'token-invalid', 2],
  ['http-401', 'token-invalid', 2],
  ['http-403', 'token-invalid', 2],
  ['redirect', 'token-invalid', 2],
  ['token-revoked', 'token-invalid', 2],
  ['connect-503', 'busy', 1],
  ['connect-503-later', 'busy', 1],
  ['connect-unknown-5xx', 'busy', 1],
  ['http-503', 'busy', 1],
  ['http-503-later', 'busy', 1],
  ['http-502-empty', 'busy', 1],
  ['answer-replaced', 'busy', 1],
  ['http-400', 'transport', 1],
  ['http-404', 'transport', 1],
  ['http-413', 'protocol', 2],
  ['not-json', 'transport', 1],
  ['empty-body', 'transport', 1],
  ['empty-list', 'transport', 1],
  ['null-message', 'transport', 1],
  ['reset', 'transport', 1],
  ['connections-reset', 'transport', 1],
  ['restart', 'transport', 1],
  ['body-cut', 'transport', 1],
  ['body-reset', 'transport', 1],
  ['body-truncated', 'transport', 1],
  ['body-garbled', 'transport', 1],
  ['body-stalled', 'timeout', 1],
  ['body-dripping', 'timeout', 1],
  ['answer-lost', 'timeout', 1],
  ['half-open', 'timeout', 1],
  ['unknown-client', 'unknown-client', 1],
  ['unknown-client-none', 'unknown-client', 1],
  ['not-handshaken', 'unknown-client', 1],
  ['cookie-missing', 'unknown-client', 1],
  ['user-mismatch', 'unknown-client', 1],
  ['server-disconnect', 'server-disconnect', 1],
  ['server-disconnect-alone', 'server-disconnect', 1],
  ['server-unsubscribe', 'server-disconnect', 1],
  ['connect-advised', 'server-disconnect', 1],
  ['advised-beside', 'server-disconnect', 1],
  ['connect-dismissed', 'server-disconnect', 1],
  ['connect-400', 'protocol', 2],
  ['connect-unknown-4xx', 'protocol', 2],
  ['connect-daily-limit', 'limit', 1],
]

/** A fault while a session is being opened, in the same terms. */
const atTheBeginning: readonly (readonly [FaultKind, string | undefined, number])[] = [
  ['handshake-401', 'token-invalid', 2],
  ['handshake-unauthenticated', 'token-invalid', 2],
  ['handshake-403', 'limit', 1],
  ['handshake-crowded', 'limit', 1],
  ['handshake-denied', 'denied', 2],
  ['handshake-503', 'busy', 1],
  ['subscribe-503', 'busy', 1],
  ['subscribe-401', 'token-invalid', 2],
  ['subscribe-unknown-client', 'unknown-client', 1],
  ['subscribe-nameless', 'unknown-client', 1],
  ['token-unavailable', undefined, 2],
  ['token-not-json', undefined, 2],
  ['token-rate', undefined, 2],
]

/** Faults of any request, which may meet a handshake and a subscription as well. */
const ofAnyRequest = [
  ['http-503', 'busy', 1],
  ['http-401', 'token-invalid', 2],
  ['http-502-empty', 'busy', 1],
  ['not-json', 'transport', 1],
  ['empty-list', 'transport', 1],
  ['reset', 'transport', 1],
  ['half-open', 'timeout', 1],
] as const

const ofOneChannel = [
  'create-denied',
  'subscribe-denied',
  'subscribe-no-access',
  'subscribe-missing',
  'subscribe-404',
  'subscribe-daily-limit',
  'subscribe-topic-limit',
] as const

const serverHasLeft = new Set(['token-invalid', 'unknown-client', 'server-disconnect'])

/** Some events have arrived, so that every cursor is there, and the first session waits for more. */
async function streaming(org: WatchedOrg): Promise<void> {
  await org.started()
  org.publish(5)
  org.publish(5, reports)
  await org.everythingArrived()
  await until(() => org.simulator.sessions().some(({ held }) => held))
}

describe.concurrent('a fault in the middle of the stream loses nothing, counts nothing twice and costs one handshake', () => {
  test.each(inTheStream)('%s ends the session as %s', async (kind, reason, tokens) => {
    await using org = await watchOrg()
    await streaming(org)
    org.simulator.faults.inject({ kind })
    org.publish(5)
    org.publish(5, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ [reason]: 1 })
    expect(org.simulator.requests().token).toBe(tokens)
    expect(org.handshakes()).toBe(2)
    // A farewell is for those who may still hold the session.
    const farewells = serverHasLeft.has(reason) ? 0 : 1
    if (kind !== 'restart') expect(org.simulator.requests().disconnect).toBe(farewells)
  })

  test.each(['odd-cookies', 'small-chunks', 'nameless-reply'] as const)('%s is none', async (kind) => {
    await using org = await watchOrg()
    await streaming(org)
    for (let count = 0; count < 2; count++) {
      org.simulator.faults.inject({ kind })
      org.publish(5, reports, { Name: 'Überblick €' })
      expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    }
    expect(await org.endings()).toEqual({})
    expect(org.handshakes()).toBe(1)
  })

  test('two Unknown client in a row, the second right after a handshake, are survived', async () => {
    await using org = await watchOrg()
    await streaming(org)
    org.simulator.faults.inject({ kind: 'unknown-client', times: 2 })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ 'unknown-client': 2 })
    expect(org.handshakes()).toBe(3)
    expect(org.simulator.sessions()).toHaveLength(1)
  })

  test('a session that the server ends after its time is followed by the next, again and again', async () => {
    await using org = await watchOrg({ simulator: { timing: { hold: 50, reaper: 5_000, sessionEnd: 300 } } })
    await org.started()
    for (let count = 0; count < 4; count++) {
      org.publish(5)
      expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
      const before = org.handshakes()
      await until(() => org.handshakes() > before)
    }
    expect(Object.keys(await org.endings())).toEqual(['unknown-client'])
  })

  test('a backlog that a session never gets comes with the next', async () => {
    await using org = await watchOrg()
    await streaming(org)
    org.simulator.faults.inject({ kind: 'silent-backlog' })
    org.publish(5)
    await until(() => (org.simulator.sessions()[0]?.connects ?? 0) > 4)
    expect(await org.endings()).toEqual({})
    org.simulator.faults.inject({ kind: 'unknown-client' })
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })

  test('a revoked token whose successor is refused at the handshake is replaced again', async () => {
    await using org = await watchOrg()
    await streaming(org)
    org.simulator.faults.inject({ kind: 'handshake-401' })
    org.simulator.faults.inject({ kind: 'token-revoked' })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ 'token-invalid': 2 })
    expect(org.simulator.requests().token).toBe(3)
  })
})

describe.concurrent('a fault while a session is being opened', () => {
  const hitting = (['/meta/handshake', '/meta/subscribe'] as const).flatMap((message) =>
    ofAnyRequest.map(([kind, reason, tokens]) => ({ kind, reason, tokens, message })),
  )
  const rows: readonly (FaultRequest & { reason: string | undefined; tokens: number })[] = [
    ...atTheBeginning.map(([kind, reason, tokens]) => ({ kind, reason, tokens })),
    ...hitting,
  ]
  test.each(rows)('$kind $message is survived', async ({ reason, tokens, ...fault }) => {
    await using org = await watchOrg()
    org.simulator.faults.inject(fault)
    // A limit makes us wait for minutes: here for a thousandth of them.
    await org.started({}, { pace: 0.001 })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual(reason ? { [reason]: 1 } : {})
    expect(org.simulator.requests().token).toBe(tokens)
    expect(org.handshakes()).toBe(reason ? 2 : 1)
  })

  test.each([
    ['token-not-approved', 'Permitted Users'],
    ['token-inactive-user', 'Setup → Users'],
  ] as const)('%s is an alarm that says what to do, and is tried again', async (kind, remedy) => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind })
    const ingest = org.start()
    await until(() => org.lines.some(({ level, msg }) => level === 'error' && msg.includes(remedy)))
    expect(ingest.status().ready).toBe(false)
    await until(() => ingest.status().ready)
    expect(org.handshakes()).toBe(1)
  })

  test('an org_id that is not the org of the token is refused', async () => {
    await using org = await watchOrg()
    const ingest = org.start({ orgId: '00D000000000001' })
    await until(() => org.lines.some(({ msg }) => msg.includes('org_id says 00D000000000001')))
    expect(ingest.status()).toMatchObject({ ready: false, problem: expect.stringContaining('org_id') })
    expect(org.handshakes()).toBe(0)
  })
})

test('whatever goes on for minutes becomes an error with what to look at, and where', async () => {
  await using org = await watchOrg()
  await org.started()
  org.simulator.faults.inject({ kind: 'unknown-client', times: Number.POSITIVE_INFINITY })
  const alarm = () => org.lines.find(({ level }) => level === 'error')
  await until(() => alarm() !== undefined)
  expect(org.lines.filter(({ reason }) => reason === 'unknown-client').length).toBeGreaterThan(5)
  expect(alarm()).toMatchObject({
    reason: 'unknown-client',
    instance: org.url,
    silent: expect.any(String),
    remedy: expect.stringContaining('status.salesforce.com'),
  })
  org.simulator.faults.clear()
  org.publish(1)
  await org.everythingArrived()
})

describe('faults in pairs', () => {
  const random = createRandom('pairs')
  const kinds = [...inTheStream, ...atTheBeginning.slice(0, 10)].map(([kind]) => kind)
  const pairs = Array.from({ length: 30 }, () => [random.pick(kinds), random.pick(kinds)] as const)

  test('lose nothing and cost a handshake each', async () => {
    await using org = await watchOrg()
    await org.started({}, { pace: 0.001 })
    for (const [first, second] of pairs) {
      const before = org.handshakes()
      for (const kind of [first, second]) org.simulator.faults.inject({ kind })
      org.publish(3)
      org.publish(3, reports)
      await org.everythingArrived()
      expect(org.handshakes() - before, `${first} and ${second}`).toBeLessThanOrEqual(4)
      org.simulator.faults.clear()
    }
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })
})

describe.concurrent('while a fault lasts there are ten handshakes a minute at most, and then it is over', () => {
  // A minute is two seconds here.
  const pace = 1 / 30
  const faults: readonly FaultRequest[] = [
    { kind: 'outage' },
    { kind: 'handshake-401' },
    { kind: 'handshake-503' },
    { kind: 'http-503' },
    { kind: 'reset' },
    { kind: 'not-json' },
    { kind: 'unknown-client' },
    { kind: 'connect-401' },
    { kind: 'server-disconnect' },
    { kind: 'subscribe-503' },
    { kind: 'subscribe-unknown-client' },
    { kind: 'body-cut' },
    { kind: 'token-unavailable' },
  ]
  test.each(faults)('$kind', async (fault) => {
    await using org = await watchOrg()
    await org.started({}, { pace })
    const before = org.handshakes()
    org.simulator.faults.inject({ ...fault, lasts: 2_000 })
    if (fault.kind === 'token-unavailable') org.simulator.faults.inject({ kind: 'token-revoked' })
    const over = performance.now() + 2_000
    for (; performance.now() < over; await systemClock.sleep(100)) org.publish(1)
    const meanwhile = org.simulator.handshakes().filter((time) => time < over).length - before
    expect(meanwhile).toBeLessThanOrEqual(10)
    expect((await org.everythingArrived()).duplicates).toBe(0)
    org.handshakes()
  })
})

describe.concurrent('trouble with one channel', () => {
  test.each(ofOneChannel)('%s leaves the others alone', async (kind) => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind, channel: reports })
    await org.started()
    org.publish(3)
    await until(async () => (await org.records()).length >= 3)
    expect(org.lines.some(({ level, channel }) => level === 'error' && channel === reports)).toBe(true)
    org.publish(3, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(org.handshakes()).toBeLessThanOrEqual(3)
  })

  test('a replay map in which the server finds nothing is no reason to stop', async () => {
    await using org = await watchOrg()
    await streaming(org)
    org.simulator.faults.inject({ kind: 'replay-map-missing', channel: reports })
    org.simulator.faults.inject({ kind: 'unknown-client' })
    org.publish(5, reports)
    // The cursor is as good as before.
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(org.handshakes()).toBe(3)
    expect((await org.metrics.gaps_total.get()).values).toEqual([])
  })

  test('an id that is refused again and again is not asked for again and again', async () => {
    await using org = await watchOrg()
    await streaming(org)
    const lasting = { kind: 'replay-map-missing', channel: reports, times: 3 } as const
    org.simulator.faults.inject(lasting)
    org.simulator.faults.inject({ kind: 'unknown-client' })
    org.publish(5)
    org.publish(5, reports)
    await org.everythingArrived()
    expect(org.handshakes()).toBeLessThanOrEqual(7)
    const { values } = await org.metrics.gaps_total.get()
    expect(values).toMatchObject([{ labels: { channel: reports }, value: 1 }])
  })

  test('a denied channel is an alarm; the others run, and it is asked for again later', async () => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind: 'create-denied', channel: reports })
    const ingest = await org.started()
    org.publish(3)
    org.publish(3, reports)
    await until(async () => (await org.records()).length >= 3)
    const alarm = org.lines.find(({ level }) => level === 'error')
    expect(alarm).toMatchObject({
      msg: expect.stringContaining(
        `Salesforce refuses ${reports}: 403:denied_by_security_policy:create_denied`,
      ),
      channel: reports,
      permission: 'View Real-Time Event Monitoring Data',
      remedy: expect.stringContaining('ReportEventStream'),
    })
    // Once it is granted, what was published meanwhile is caught up with.
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    await until(() => ingest.status().refused.length === 0)
  })

  test('a denied channel is asked for soon at first, and later each time', async () => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind: 'create-denied', channel: reports, times: 2 })
    await org.started({}, { retryRefused: 60_000 })
    org.publish(3, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    const waits = org.lines
      .filter(({ level }) => level === 'error')
      .map(({ msg }) => msg.split('again in ')[1])
    expect(waits).toEqual(['600ms', '1s200ms'])
  })

  test('when every channel is denied no session is opened until they are asked for again', async () => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind: 'create-denied', times: 2 })
    const ingest = org.start()
    await until(() => ingest.status().refused.length === 2)
    await until(() => ingest.status().ready)
    expect(org.simulator.requests().handshake).toBe(2)
  })

  test('an invalid replay id sends that channel alone back to the oldest event, with a record of the gap', async () => {
    await using org = await watchOrg()
    const first = await org.started()
    org.publish(5)
    org.publish(5, reports)
    await org.everythingArrived()
    await first.stop()
    org.publish(5)
    org.publish(5, reports)
    org.simulator.faults.inject({ kind: 'invalid-replay-id', channel: reports })
    await org.started()
    // The five that were in the log before come again, and are dropped downstream by EventUuid.
    expect(await org.everythingArrived()).toEqual({ duplicates: 5 })
    const lease = await org.store.acquire('ingest:acme', { owner: 'test', ttl: 1000, mode: 'steal' })
    const entries = await Array.fromAsync(lease?.restore() ?? [])
    const gaps = entries.filter(({ section }) => section === 'gaps')
    expect(gaps).toHaveLength(1)
    expect(JSON.parse(gaps[0]!.value.toString())).toMatchObject({
      channel: reports,
      from: expect.stringMatching(/^\d{4}-/),
      to: expect.stringMatching(/^\d{4}-/),
      cursor: expect.stringMatching(/^\d+$/),
      reason: expect.stringContaining('400::The replayId'),
    })
    const { values } = await org.metrics.gaps_total.get()
    expect(values).toMatchObject([{ labels: { org: 'acme', channel: reports }, value: 1 }])
  })

  test('a stream that starts anew is followed from its beginning', async () => {
    await using org = await watchOrg()
    await org.started()
    org.publish(5)
    await org.everythingArrived()
    org.simulator.faults.inject({ kind: 'stream-reset' })
    org.publish(5)
    org.publish(5, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    const { values } = await org.metrics.gaps_total.get()
    expect(values).toMatchObject([{ labels: { channel: logins }, value: 1 }])
  })
})

test('every fault of the simulator has a test', () => {
  const here = [inTheStream, atTheBeginning].flatMap((rows) => rows.map(([kind]) => kind as string))
  const elsewhere = [
    ...ofOneChannel,
    'token-silent',
    'token-not-approved',
    'token-inactive-user',
    'replay-map-missing',
    'invalid-replay-id',
    'outage',
    'silent-backlog',
    'stream-reset',
    'event-lost',
    'odd-cookies',
    'small-chunks',
    'nameless-reply',
  ]
  expect(new Set([...here, ...elsewhere])).toEqual(new Set(Object.keys(faultTable)))
})
