import { describe, expect, test } from 'vitest'
import type { SimulatorOptions } from '../../../src/simulator/server/simulator.ts'
import { getToken, startSimulator } from './raw-client.ts'

const logins = '/event/LoginEventStream'
const noon = Date.UTC(2026, 10, 20, 12)

type Answer = {
  readonly done: boolean
  readonly nextRecordsUrl: string
  readonly records: readonly Readonly<Record<string, string>>[]
}

/** An org with events a minute apart, and how it answers queries. */
async function storedOrg(options: Partial<SimulatorOptions> = {}, events = 5) {
  const running = await startSimulator({
    ...options,
    storage: { age: Number.POSITIVE_INFINITY, ...options.storage },
  })
  for (let index = 0; index < events; index++) {
    const EventDate = new Date(noon + index * 60_000).toISOString()
    running.simulator.keep(logins, { EventIdentifier: `e${index}`, EventDate, UserId: null })
  }
  const token = await getToken(running.url)
  const get = async (path: string) => {
    const response = await fetch(`${running.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, body: (await response.json()) as Answer }
  }
  return {
    simulator: running.simulator,
    get,
    query: (soql: string) => get(`/services/data/v66.0/query?q=${encodeURIComponent(soql)}`),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

describe('a storage object', () => {
  test('tells its rows newest first, as REST writes them, with an id that means nothing', async () => {
    await using org = await storedOrg()
    const { body } = await org.query(
      'SELECT Id, EventIdentifier, EventDate FROM LoginEvent WHERE EventDate >= 2026-11-20T12:01:00Z AND EventDate < 2026-11-20T12:03:00.000Z',
    )
    expect(body).toMatchObject({ done: true, totalSize: 2 })
    expect(body.records).toMatchObject([
      { attributes: { type: 'LoginEvent' }, Id: '000000000000000AAA', EventIdentifier: 'e2' },
      { EventIdentifier: 'e1', EventDate: expect.stringMatching(/^2026-11-20T12:01:00\.\d{3}\+0000$/) },
    ])
  })

  test.each([
    'SELECT COUNT() FROM LoginEvent',
    'SELECT COUNT(EventIdentifier) FROM LoginEvent',
    'SELECT UserId FROM LoginEvent GROUP BY UserId',
    'SELECT EventDate FROM LoginEvent ORDER BY EventDate',
    'SELECT EventDate FROM LoginEvent ORDER BY EventDate DESC, EventIdentifier',
    "SELECT EventDate FROM LoginEvent WHERE UserId = '005000000000001AAA'",
    "SELECT EventDate FROM LoginEvent WHERE EventIdentifier = 'e1'",
    "SELECT EventDate FROM LoginEvent WHERE EventDate >= 2026-11-20T12:00:00Z AND EventIdentifier = 'e1'",
    "SELECT EventDate FROM LoginEvent WHERE EventIdentifier = 'e1' AND EventDate = 2026-11-20T12:00:00Z",
    "SELECT EventDate FROM LoginEvent WHERE EventDate = 2026-11-20T12:00:00Z AND EventIdentifier LIKE 'e%'",
    "SELECT EventDate FROM LoginEvent WHERE EventDate = 2026-11-20T12:00:00Z AND EventIdentifier IN ('e1')",
    'SELECT FIELDS(ALL) FROM LoginEvent LIMIT 201',
    'SELECT FIELDS(ALL) FROM LoginEvent',
    'SELECT Nothing FROM LoginEvent',
    'SELECT EventDate FROM LoginEvent WHERE EventDate > 2026-11-20T12:00:00Z OR EventDate = 2026-11-20T12:00:00Z',
  ])('refuses %s', async (soql) => {
    await using org = await storedOrg()
    expect(await org.query(soql)).toMatchObject({ status: 400, body: [{ errorCode: expect.any(String) }] })
  })

  test('of machine learning is queried like any other object', async () => {
    await using org = await storedOrg()
    org.simulator.keep('/event/ReportAnomalyEvent', {
      EventIdentifier: 'a',
      EventDate: '2026-11-20T12:00:00.500Z',
    })
    const { body } = await org.query("SELECT Id FROM ReportAnomalyEventStore WHERE EventIdentifier = 'a'")
    expect(body.records).toMatchObject([{ Id: expect.stringMatching(/^0kx/) }])
  })

  test('gives a page and says no more, unless it is told to continue', async () => {
    const soql = 'SELECT EventIdentifier FROM LoginEvent'
    await using silent = await storedOrg({ storage: { pageSize: 2 } })
    expect((await silent.query(soql)).body).toMatchObject({ done: true, records: { length: 2 } })
    await using org = await storedOrg({ storage: { pageSize: 2, continues: true } })
    const names: string[] = []
    let { body } = await org.query(soql)
    for (;;) {
      names.push(...body.records.map(({ EventIdentifier = '' }) => EventIdentifier))
      if (body.done) break
      body = (await org.get(body.nextRecordsUrl)).body
    }
    expect(names).toEqual(['e4', 'e3', 'e2', 'e1', 'e0'])
  })

  test('does not hold what its switch leaves out, and is not there without permission', async () => {
    await using off = await storedOrg({ storage: { isStored: () => false } })
    expect((await off.query('SELECT EventDate FROM LoginEvent')).body.records).toEqual([])
    await using hidden = await storedOrg({ hidden: ['LoginEvent'] })
    const refused = await hidden.query('SELECT EventDate FROM LoginEvent')
    expect(refused).toMatchObject({ status: 400, body: [{ errorCode: 'INVALID_TYPE' }] })
  })

  test('shows a row only after a while', async () => {
    await using org = await storedOrg({ storage: { lag: 3_600_000 } })
    org.simulator.publish(logins, { EventIdentifier: 'late' })
    const { body } = await org.query('SELECT EventIdentifier FROM LoginEvent')
    expect(body.records).not.toContainEqual(expect.objectContaining({ EventIdentifier: 'late' }))
  })

  test('has what the stream silently lost', async () => {
    await using org = await storedOrg({}, 0)
    org.simulator.faults.inject({ kind: 'event-lost', channel: logins })
    org.simulator.publish(logins, { EventIdentifier: 'lost' })
    const { body } = await org.query('SELECT EventIdentifier FROM LoginEvent')
    expect(body.records).toMatchObject([{ EventIdentifier: 'lost' }])
  })
})
