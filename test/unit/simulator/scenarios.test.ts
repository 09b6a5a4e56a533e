import { describe, expect, test } from 'vitest'
import { hour, minute } from '../../../src/duration.ts'
import { mergeByTime } from '../../../src/simulator/merge.ts'
import { findScenario, scenarioCatalog } from '../../../src/simulator/scenarios/catalog.ts'
import { orgAt } from '../../../src/simulator/traffic/lives/org-at.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'

const org = createOrg({ seed: 'a', size: 'small' })
const start = Date.parse('2026-11-17T14:05:00Z')
const play = (name: string) => [...findScenario(name)(org, start, 'a')]
const eventTime = ({ payload }: SimulatedEvent) => Date.parse(String(payload.EventDate)) - start
const ofType = (events: readonly SimulatedEvent[], name: string) =>
  events.filter(({ channel }) => channel === `/event/${name}`)

/** Records that left by the API: pages by what they returned, Bulk by its total. */
function rows(events: readonly SimulatedEvent[]): number {
  return ofType(events, 'ApiEventStream').reduce(
    (sum, { payload }) =>
      sum + Number(payload.ApiType === 'Bulk' ? payload.RowsProcessed : payload.RowsReturned),
    0,
  )
}

test.each(Object.keys(scenarioCatalog))(
  '%s comes in the order of publication and is the same each time',
  (name) => {
    const events = play(name)
    expect(events.every(({ time }, index) => time >= (events[index - 1]?.time ?? 0))).toBe(true)
    expect(play(name)).toEqual(events)
  },
)

describe('S1', () => {
  const events = play('S1')
  test('takes 1.4 million rows in 55 minutes, a tenth within 12', () => {
    expect(rows(events)).toBe(1_400_000)
    expect(Math.max(...events.map(eventTime))).toBeLessThan(56 * minute)
    expect(rows(events.filter((event) => eventTime(event) <= 12 * minute))).toBeGreaterThan(140_000)
  })
  test('reads Contact by one Query and 424 QueryMore, and downloads seven Bulk results', () => {
    const contact = ofType(events, 'ApiEventStream').filter(
      ({ payload }) => payload.RowsProcessed === 850_000,
    )
    const pages = contact.filter(({ payload }) => !String(payload.Query).includes('COUNT()'))
    expect(pages.filter(({ payload }) => payload.Operation === 'QueryMore')).toHaveLength(424)
    expect(pages).toHaveLength(425)
    expect(ofType(events, 'BulkApiResultEvent')).toHaveLength(7)
  })
})

test('S2 takes 1.2 million cases on the sixth day, 24 downloads; its logins can be left out', () => {
  const events = play('S2')
  expect(rows(events)).toBe(1_200_000 + 10 + 5_000 + 1 + 20)
  expect(ofType(events, 'BulkApiResultEvent')).toHaveLength(24)
  expect(ofType(events, 'LoginEventStream')).toHaveLength(2)
  expect(ofType(play('S2-no-logins'), 'LoginEventStream')).toHaveLength(0)
})

test('S5 exports 610,000 rows in nine executions, sees 12 list views, takes 340 files and logs out', () => {
  const events = play('S5')
  const exports = ofType(events, 'ReportEventStream').filter(
    ({ payload }) => payload.Operation === 'ReportExported',
  )
  const firsts = exports.filter(({ payload }) => payload.Sequence === 1)
  expect(firsts).toHaveLength(9)
  expect(firsts.reduce((sum, { payload }) => sum + Number(payload.RowsProcessed), 0)).toBe(610_000)
  expect(Math.max(...exports.map(({ payload }) => Number(payload.Sequence)))).toBe(12)
  expect(ofType(events, 'ListViewEventStream')).toHaveLength(12)
  expect(ofType(events, 'FileEvent')).toHaveLength(340)
  expect(ofType(events, 'LogoutEventStream')).toHaveLength(1)
})

test('S7a: 18,000 failures of 6,200 users from 900 addresses, at most 25 each, and 0.6 % successes in 3 h', () => {
  const events = play('S7a')
  const failures = events.filter(({ payload }) => payload.Status === 'Invalid Password')
  expect(failures).toHaveLength(18_000)
  expect(events).toHaveLength(18_000 + 108)
  expect(new Set(failures.map(({ payload }) => payload.UserId)).size).toBe(6_200)
  const byAddress = Map.groupBy(events, ({ payload }) => payload.SourceIp)
  expect(byAddress.size).toBe(900)
  expect(Math.max(...[...byAddress.values()].map(({ length }) => length))).toBeLessThanOrEqual(25)
  expect(Math.max(...events.map(eventTime))).toBeLessThanOrEqual(3 * hour)
})

test('S7c: 30 rounds of ten failures and a lockout on one user in eight hours', () => {
  const events = play('S7c')
  expect(events).toHaveLength(330)
  expect(new Set(events.map(({ payload }) => payload.UserId)).size).toBe(1)
  expect(events.filter(({ payload }) => payload.Status === 'Password Lockout')).toHaveLength(30)
})

test('look-alikes come from where their users always are', () => {
  const { staff, integrations } = orgAt(org, start)
  const known = new Set([...staff, ...integrations].flatMap(({ origins }) => origins.map(({ ip }) => ip)))
  for (const name of ['L4', 'L6', 'L7', 'L11']) {
    const addresses = play(name).map(({ payload }) => String(payload.SourceIp))
    expect(addresses.filter((address) => !known.has(address) && address !== 'null')).toEqual([])
  }
})

test('a name that is not known is a usage error that lists the known ones', () => {
  expect(() => findScenario('S9')).toThrow('There is no scenario S9.')
})

test('streams are merged by time', () => {
  const merged = [...mergeByTime([play('S1'), play('S7c'), [], play('S5')])]
  expect(merged).toHaveLength(play('S1').length + play('S7c').length + play('S5').length)
  expect(merged.every(({ time }, index) => time >= (merged[index - 1]?.time ?? 0))).toBe(true)
})
