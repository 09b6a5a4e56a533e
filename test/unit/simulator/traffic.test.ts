import { describe, expect, test } from 'vitest'
import { day } from '../../../src/duration.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import { createOrg, type OrgSize } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'

const tuesday = Date.parse('2026-11-17T00:00:00Z')
const monday = tuesday - day
const sunday = tuesday - 2 * day

type Count = Record<string, number>

function trafficOf(size: OrgSize, from: number, days = 1, seed = 'a') {
  return generateTraffic({ org: createOrg({ seed, size }), seed, from, to: from + days * day })
}

/** Counts by event type, and some of the kinds that the types hide. */
function countDay(events: Iterable<SimulatedEvent>): Count {
  const counts: Count = { total: 0 }
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  for (const { channel, payload } of events) {
    add('total')
    add(channel.slice('/event/'.length))
    if (payload.Sequence === 1 && String(payload.Operation).startsWith('ReportExported')) add('exports')
    if (channel === '/event/ReportEventStream' && payload.SourceIp === null) add('reports without address')
    if (channel === '/event/LoginEventStream') {
      const who = payload.UserType === 'Standard' ? 'staff' : 'portal'
      add(`${who} attempts`)
      if (/Password/.test(String(payload.Status))) add(`${who} failures`)
    }
    if (payload.ApiType === 'Bulk') counts.bulkRows = (counts.bulkRows ?? 0) + Number(payload.RowsProcessed)
  }
  return counts
}

describe('a medium org on an ordinary Tuesday', () => {
  const counts = countDay(trafficOf('medium', tuesday))
  test.each([
    ['total', 300_000],
    ['LoginEventStream', 1_800],
    ['ApiEventStream', 180_000],
    ['BulkApiResultEvent', 300],
    ['ReportEventStream', 6_000],
    ['exports', 80],
    ['ListViewEventStream', 10_000],
    ['FileEvent', 1_500],
  ])('%s: about %i', (name, expected) => {
    expect(counts[name]).toBeGreaterThan(expected * 0.8)
    expect(counts[name]).toBeLessThan(expected * 1.2)
  })

  test('about 90,000 page views, in Lightning and Classic', () => {
    const pages = (counts.LightningUriEventStream ?? 0) + (counts.UriEventStream ?? 0)
    expect(pages).toBeGreaterThan(72_000)
    expect(pages).toBeLessThan(108_000)
  })

  test('most reports run without anybody; staff fail 1–3 % of logins, the portal 4–9 %', () => {
    expect(counts['reports without address']).toBeGreaterThan((counts.ReportEventStream ?? 0) / 2)
    const rate = (who: string) => (counts[`${who} failures`] ?? 0) / (counts[`${who} attempts`] ?? 1)
    expect(rate('staff')).toBeGreaterThan(0.01)
    expect(rate('staff')).toBeLessThan(0.035)
    expect(rate('portal')).toBeGreaterThan(0.04)
    expect(rate('portal')).toBeLessThan(0.09)
  })
})

describe('a small org', () => {
  const days = new Map([sunday, monday, tuesday].map((from) => [from, countDay(trafficOf('small', from))]))
  const of = (from: number, name: string) => days.get(from)?.[name] ?? 0

  test('has a tenth of the events', () => {
    expect(of(tuesday, 'total')).toBeGreaterThan(24_000)
    expect(of(tuesday, 'total')).toBeLessThan(36_000)
  })

  test('is busier on Monday, and on Sunday belongs to machines, whose weekly load is eight times the nightly one', () => {
    expect(of(monday, 'ListViewEventStream') / of(tuesday, 'ListViewEventStream')).toBeGreaterThan(1.1)
    expect(of(sunday, 'ListViewEventStream') / of(tuesday, 'ListViewEventStream')).toBeLessThan(0.15)
    expect(of(sunday, 'ApiEventStream')).toBeGreaterThan(of(tuesday, 'ApiEventStream') * 0.8)
    const ratio = of(sunday, 'bulkRows') / of(tuesday, 'bulkRows')
    expect(ratio).toBeGreaterThan(6)
    expect(ratio).toBeLessThan(10)
  })
})

describe('shapes', () => {
  const events = [...trafficOf('small', tuesday)]
  const ofType = (name: string) =>
    events.filter(({ channel }) => channel === `/event/${name}`).map(({ payload }) => payload)

  test('events come in the order of publication, 2 s or more after they happened, a few out of the order of EventDate', () => {
    expect(events.every(({ time }, index) => time >= (events[index - 1]?.time ?? 0))).toBe(true)
    const delays = events.map(({ time, payload }) => time - Date.parse(String(payload.EventDate)))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2_000)
    expect(delays.filter((delay) => delay < 11_000).length / delays.length).toBeGreaterThan(0.98)
    const swapped = events.filter(
      ({ payload }, index) => String(payload.EventDate) < String(events[index - 1]?.payload.EventDate ?? ''),
    )
    expect(swapped.length).toBeGreaterThan(10)
    expect(swapped.length / events.length).toBeLessThan(0.02)
  })

  test('every field is present, unset ones as null, and EventIdentifiers are unique', () => {
    const shapes = new Map<string, Set<string>>()
    for (const { channel, payload } of events) {
      const seen = shapes.get(channel) ?? new Set()
      shapes.set(channel, seen.add(Object.keys(payload).sort().join()))
      expect(Object.values(payload)).not.toContain(undefined)
    }
    for (const [channel, seen] of shapes) expect([channel, seen.size]).toEqual([channel, 1])
    expect(new Set(events.map(({ payload }) => payload.EventIdentifier)).size).toBe(events.length)
  })

  test('QueryMore repeats the total; the pages add up to it', () => {
    const byQuery = new Map<unknown, { total: number; returned: number }>()
    for (const page of ofType('ApiEventStream').filter(({ Username }) =>
      String(Username).startsWith('bi-studio'),
    )) {
      const key = `${page.QueriedEntities}/${page.RowsProcessed}`
      const sum = byQuery.get(key) ?? { total: Number(page.RowsProcessed), returned: 0 }
      byQuery.set(key, { ...sum, returned: sum.returned + Number(page.RowsReturned) })
    }
    const whole = [...byQuery.values()].filter(({ total, returned }) => total === returned)
    expect(byQuery.size).toBeGreaterThan(20)
    expect(whole.length / byQuery.size).toBeGreaterThan(0.9)
  })

  test('chunks of a report share the execution and the total, and count up from 1', () => {
    const byExecution = Map.groupBy(
      ofType('ReportEventStream'),
      ({ ExecutionIdentifier }) => ExecutionIdentifier,
    )
    const chunked = [...byExecution.values()].filter((chunks) => chunks.length > 1)
    expect(chunked.length).toBeGreaterThan(0)
    for (const chunks of chunked) {
      const sequences = chunks.map(({ Sequence }) => Number(Sequence)).sort((left, right) => left - right)
      expect(sequences).toEqual(chunks.map((_, index) => index + 1))
      expect(new Set(chunks.map(({ RowsProcessed }) => RowsProcessed)).size).toBe(1)
    }
  })

  test('a challenge is followed by a success that points to it; text stands where an address may be missing', () => {
    const logins = [...trafficOf('medium', tuesday)].filter(
      ({ channel }) => channel === '/event/LoginEventStream',
    )
    const challenges = logins.filter(
      ({ payload }) => payload.Status === 'Failed: Computer activation required',
    )
    expect(challenges.length).toBeGreaterThan(5)
    const related = new Set(logins.map(({ payload }) => payload.RelatedEventIdentifier))
    const answered = challenges.filter(({ payload }) => related.has(payload.EventIdentifier))
    expect(answered.length).toBe(challenges.length)
    expect(logins.every(({ payload }) => payload.SessionKey === null)).toBe(true)
    const addresses = logins.map(({ payload }) => String(payload.SourceIp))
    expect(addresses).toContain('Salesforce.com IP')
    expect(addresses.some((address) => address.includes(':'))).toBe(true)
  })

  test('most people keep their one or two addresses from day to day', () => {
    const byUser = new Map<unknown, Set<unknown>>()
    for (const { payload } of trafficOf('small', tuesday, 3)) {
      const isPerson =
        /^(user|customer)/.test(String(payload.Username)) && payload.DelegatedUsername === undefined
      if (!isPerson || payload.SourceIp === null || payload.SourceIp === 'Salesforce.com IP') continue
      byUser.set(payload.Username, (byUser.get(payload.Username) ?? new Set()).add(payload.SourceIp))
    }
    expect(byUser.size).toBeGreaterThan(100)
    const settled = [...byUser.values()].filter(({ size }) => size <= 2)
    expect(settled.length / byUser.size).toBeGreaterThan(0.8)
  })
})

test('the same seed and start give the same events, another seed gives others', () => {
  const first = (seed: string) =>
    [...trafficOf('small', tuesday, 0.2, seed)].map((event) => JSON.stringify(event))
  const events = first('a')
  expect(first('a')).toEqual(events)
  expect(first('b')).not.toEqual(events)
})
