import { describe, expect, test } from 'vitest'
import type { FaultKind } from '../../../src/simulator/server/faults.ts'
import { logins, reports, until, watchOrg } from './watched-org.ts'

/** The fault, how the session must end, and how many tokens must have been asked for in the end. */
const table: readonly (readonly [FaultKind, string, number])[] = [
  ['connect-401', 'token-invalid', 2],
  ['http-401', 'token-invalid', 2],
  ['token-revoked', 'token-invalid', 2],
  ['connect-503', 'busy', 1],
  ['http-503', 'busy', 1],
  ['unknown-client', 'unknown-client', 1],
  ['unknown-client-none', 'unknown-client', 1],
  ['server-disconnect', 'server-disconnect', 1],
  ['server-disconnect-alone', 'server-disconnect', 1],
  ['half-open', 'timeout', 1],
]

describe('a fault in the middle of the stream loses nothing and counts nothing twice', () => {
  test.each(table)('%s ends the session as %s', async (kind, reason, tokens) => {
    await using org = await watchOrg()
    await org.started()
    org.publish(5)
    await org.everythingArrived()
    org.simulator.faults.inject({ kind })
    org.publish(5)
    org.publish(5, reports)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ [reason]: 1 })
    expect(org.simulator.requests().token).toBe(tokens)
  })

  test('an answer that breaks off after its events left the queue is fetched again', async () => {
    await using org = await watchOrg()
    await org.started()
    org.publish(5)
    await org.everythingArrived()
    org.simulator.faults.inject({ kind: 'body-cut' })
    org.publish(50)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ transport: 1 })
    expect(org.simulator.requests().token).toBe(1)
  })

  test('a server that restarts is found again', async () => {
    await using org = await watchOrg()
    await org.started()
    org.publish(5)
    await org.everythingArrived()
    org.simulator.faults.inject({ kind: 'restart' })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
  })

  test('two Unknown client in a row are survived', async () => {
    await using org = await watchOrg()
    await org.started()
    const before = org.simulator.sessions()[0]?.clientId
    org.simulator.faults.inject({ kind: 'unknown-client', times: 2 })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual({ 'unknown-client': 2 })
    expect(org.simulator.sessions()).toHaveLength(1)
    expect(org.simulator.sessions()[0]?.clientId).not.toBe(before)
  })
})

describe('a fault while a session is being opened', () => {
  test.each([
    ['handshake-401', 'token-invalid', 2],
    ['handshake-403', 'limit', 1],
    ['handshake-503', 'busy', 1],
    ['subscribe-503', 'busy', 1],
    ['token-unavailable', undefined, 2],
  ] as const)('%s is survived', async (kind, reason, tokens) => {
    await using org = await watchOrg()
    org.simulator.faults.inject({ kind })
    // A limit makes us wait for minutes: here for a thousandth of them.
    await org.started({}, { pace: 0.001 })
    org.publish(5)
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    expect(await org.endings()).toEqual(reason ? { [reason]: 1 } : {})
    expect(org.simulator.requests().token).toBe(tokens)
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
  })

  test('an org_id that is not the org of the token is refused', async () => {
    await using org = await watchOrg()
    const ingest = org.start({ orgId: '00D000000000001' })
    await until(() => org.lines.some(({ msg }) => msg.includes('org_id says 00D000000000001')))
    expect(ingest.status()).toMatchObject({ ready: false, problem: expect.stringContaining('org_id') })
    expect(org.simulator.requests().handshake).toBe(0)
  })
})

describe('trouble with one channel', () => {
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
