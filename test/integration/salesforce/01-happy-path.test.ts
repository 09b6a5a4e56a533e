import { describe, expect, test } from 'vitest'
import { logins, reports, until, watchOrg } from './watched-org.ts'

describe('an org that behaves', () => {
  test('each event becomes one record, keyed by org id, exactly as Salesforce sent it', async () => {
    await using org = await watchOrg()
    const ingest = await org.started()
    org.publish(20)
    org.publish(5, reports, { Name: 'Überblick', Records: null })
    expect(await org.everythingArrived()).toEqual({ duplicates: 0 })
    const records = await org.records()
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set([org.simulator.org.id]))
    expect(new Set(records.map(({ headers }) => JSON.stringify(headers)))).toEqual(
      new Set(['{"org":"acme","origin":"stream"}']),
    )
    const report = records
      .map(({ value }) => JSON.parse(value.toString()))
      .find(({ channel }) => channel === reports)
    expect(Object.keys(report).sort()).toEqual(['channel', 'data'])
    expect(report.data.payload).toMatchObject({ Name: 'Überblick', Records: null })
    expect(report.data.event).toMatchObject({ EventUuid: expect.any(String), replayId: expect.any(Number) })
    expect(ingest.status()).toMatchObject({ phase: 'subscribed', ready: true, orgId: org.simulator.org.id })
    expect(org.simulator.sessions()).toHaveLength(1)
  })

  test('events of one channel keep their order through many batches', async () => {
    await using org = await watchOrg({ simulator: { largestBatch: 3 } })
    await org.started()
    org.publish(100)
    await org.everythingArrived()
    const ids = (await org.records()).map(({ value }) => JSON.parse(value.toString()).data.event.replayId)
    expect(ids).toEqual(ids.toSorted((left: number, right: number) => left - right))
  })

  test('client credentials log in as well', async () => {
    await using org = await watchOrg()
    await org.started({
      auth: { flow: 'client_credentials', clientId: 'forcewatch', readSecret: () => 'hush' },
    })
    org.publish(1)
    await org.everythingArrived()
  })

  test('an event from before watch_from is marked as backfill', async () => {
    await using org = await watchOrg()
    await org.started({ watchFrom: Date.parse('2026-06-01T00:00:00Z') })
    org.publish(1, logins, { EventDate: '2026-05-31T23:59:59.000Z' })
    org.publish(1, logins, { EventDate: '2026-06-01T00:00:00.000Z' })
    await org.everythingArrived()
    expect((await org.records()).map(({ headers }) => headers.origin)).toEqual(['backfill', 'stream'])
  })

  test('a live session that delivers nothing writes heartbeats two minutes behind the time', async () => {
    await using org = await watchOrg({
      simulator: { timing: { hold: 50, reaper: 5_000, sessionEnd: 60_000 } },
    })
    await org.started({}, { heartbeat: 100 })
    await until(async () => (await org.records()).length >= 2)
    const [beat] = await org.records()
    const value = JSON.parse(beat!.value.toString())
    expect(beat).toMatchObject({ key: org.simulator.org.id, headers: { org: 'acme', origin: 'heartbeat' } })
    expect(value.channel).toBe('/forcewatch/heartbeat')
    const behind = beat!.timestamp - Date.parse(value.data.payload.EventDate)
    expect(Math.round(behind / 60_000)).toBe(2)
  })

  test('stopping tells the server, so that no session is left behind', async () => {
    await using org = await watchOrg()
    const ingest = await org.started()
    await ingest.stop()
    expect(org.simulator.sessions()).toEqual([])
    expect(org.simulator.requests().disconnect).toBe(1)
    expect(ingest.status()).toMatchObject({ phase: 'stopped', ready: false })
  })
})
