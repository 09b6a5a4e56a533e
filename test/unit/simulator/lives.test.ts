import { describe, expect, test } from 'vitest'
import { day, hour, minute } from '../../../src/duration.ts'
import { createRandom } from '../../../src/simulator/random.ts'
import { createDesk } from '../../../src/simulator/traffic/desk.ts'
import { errands } from '../../../src/simulator/traffic/errands.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import type { IntegrationKind } from '../../../src/simulator/traffic/integration.ts'
import { createLives, type OrgToday } from '../../../src/simulator/traffic/lives/lives.ts'
import { orgAt, userChanges } from '../../../src/simulator/traffic/lives/org-at.ts'
import { withOutages } from '../../../src/simulator/traffic/lives/outages.ts'
import { rates } from '../../../src/simulator/traffic/lives/rates.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import { createRecorder } from '../../../src/simulator/traffic/recorder.ts'

const monday = Date.parse('2026-09-07T00:00:00Z')
const org = createOrg({ seed: 'lives', size: 'small' })
/** Every day of a year, of an org that is large enough to count in. */
const year = createYear()

function createYear(): readonly (OrgToday & { readonly time: number })[] {
  const { portal: _, ...large } = createOrg({ seed: 'lives', size: 'medium' })
  const lives = createLives({ ...large, portal: [] })
  return Array.from({ length: 365 }, (_, number) => {
    const time = monday + number * day
    return { time, ...lives.on(time) }
  })
}

const idsOf = ({ staff }: OrgToday) => staff.map(({ person }) => person.id)
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
/** The days of each of the staff. */
const daysByPerson = Map.groupBy(
  year.flatMap(({ staff }) => staff),
  ({ person }) => person.id,
)
/** Of those who were there all year. */
const stayers = [...daysByPerson.values()].filter((days) => days.length === year.length)

describe('a life', () => {
  test('follows from seed and day, whatever was asked for before', () => {
    const withoutFunctions = (today: OrgToday) => JSON.parse(JSON.stringify(today))
    const wandering = createLives(org)
    for (const offset of [0, 400, -300, 30, 7]) wandering.on(monday + offset * day)
    const direct = createLives(createOrg({ seed: 'lives', size: 'small' })).on(monday)
    expect(withoutFunctions(wandering.on(monday))).toEqual(withoutFunctions(direct))
    const other = createLives(createOrg({ seed: 'other', size: 'small' })).on(monday)
    expect(withoutFunctions(other)).not.toEqual(withoutFunctions(direct))
  })

  test('is the same wherever the traffic begins', () => {
    const addressesOn = (from: number) => {
      const seen = new Set<unknown>()
      for (const { payload, time } of generateTraffic({ org, seed: 'a', from, to: monday + day }))
        if (time > monday + minute && String(payload.Username).startsWith('user')) seen.add(payload.SourceIp)
      return seen
    }
    const early = addressesOn(monday - 2 * day)
    const late = addressesOn(monday)
    const shared = [...late].filter((address) => early.has(address))
    expect(shared.length / late.size).toBeGreaterThan(0.8)
  })
})

describe('over a year', () => {
  test('one in seven leaves, and the posts are filled again with others, on Mondays', () => {
    const [first] = year
    const last = year.at(-1)
    const before = new Set(first && idsOf(first))
    const after = new Set(last && idsOf(last))
    const left = [...before].filter((id) => !after.has(id)).length / before.size
    expect(left).toBeGreaterThan(0.1)
    expect(left).toBeLessThan(0.21)
    expect(after.size).toBeGreaterThan(0.95 * before.size)
    const joined = year.slice(1).flatMap((today, index) => {
      const previous = new Set(year[index] ? idsOf(year[index]) : [])
      return idsOf(today).some((id) => !previous.has(id)) ? [new Date(today.time).getUTCDay()] : []
    })
    expect(new Set(joined)).toEqual(new Set([1]))
  })

  test('people are away for as much of it as their rates on other days make up for', () => {
    const away = year.map(({ staff }) => staff.filter(({ isAway }) => isAway).length / staff.length)
    expect(Math.abs(meanOf(away) - (1 - rates.atWork))).toBeLessThan(0.025)
  })

  test('browsers update themselves every four weeks; a computer is replaced now and then', () => {
    const family = (browser: string | undefined) => browser?.replace(/\d+$/, '')
    const families = stayers.map(
      (days) => new Set(days.map(({ person }) => family(person.devices[0]?.browser))),
    )
    const versions = stayers.map((days) => new Set(days.map(({ person }) => person.devices[0]?.browser)))
    expect(meanOf(versions.map(({ size }) => size))).toBeGreaterThan(12)
    expect(meanOf(versions.map(({ size }) => size))).toBeLessThan(17)
    const replaced = families.filter(({ size }) => size > 1).length / stayers.length
    expect(replaced).toBeGreaterThan(0.05)
    expect(replaced).toBeLessThan(0.3)
  })

  test('people travel, work outside and get other addresses at home, and most days are spent where they always are', () => {
    const shares = stayers.map((days) => {
      const addresses = days.map(({ person }) => person.origins[0]?.ip)
      const counts = [...Map.groupBy(addresses, (ip) => ip).values()].map(({ length }) => length)
      return { networks: counts.length, usual: Math.max(...counts) / days.length }
    })
    expect(meanOf(shares.map(({ networks }) => networks))).toBeGreaterThan(8)
    expect(meanOf(shares.map(({ usual }) => usual))).toBeGreaterThan(0.6)
  })

  test('some get another job with other reports, and are busy for a while', () => {
    const jobs = stayers.map((days) => new Set(days.map(({ person }) => person.reports[0]?.id)).size)
    const moved = jobs.filter((count) => count > 1).length / jobs.length
    expect(moved).toBeGreaterThan(0.03)
    expect(moved).toBeLessThan(0.16)
    const busy = stayers.map((days) => {
      const pages = days.map(({ person }) => person.rates.pages)
      const usual = pages.toSorted((a, b) => a - b)[Math.floor(pages.length / 2)] ?? 0
      return pages.filter((rate) => rate > 1.2 * usual).length
    })
    expect(busy.filter((days) => days > 0).length / busy.length).toBeGreaterThan(0.7)
  })

  test('everybody has errands, administrators and some of operations load data', () => {
    const all = year.flatMap(({ staff }) =>
      staff.flatMap(({ person, errands }) => errands.map((name) => ({ person, name }))),
    )
    const perYear = (name: string) => all.filter((errand) => errand.name === name).length
    expect(perYear('forgotten password')).toBeGreaterThan(150)
    expect(perYear('forgotten password')).toBeLessThan(350)
    expect(perYear('clean-up')).toBeGreaterThan(150)
    expect(perYear('new phone')).toBeGreaterThan(15)
    expect(perYear('data load')).toBeGreaterThan(50)
    const loaders = new Set(
      all.filter(({ name }) => name === 'data load').map(({ person }) => person.department),
    )
    expect(loaders).toEqual(new Set(['administration', 'operations']))
  })

  test('integrations get addresses, versions and objects; tools are tried, under a user of their own or an administrator', () => {
    const first = year[0]?.programs ?? []
    const last = year.at(-1)?.programs ?? []
    const changed = (of: (program: (typeof first)[number]) => unknown) =>
      first.filter(
        (program, index) => JSON.stringify(of(program)) !== JSON.stringify(last[index] && of(last[index])),
      )
    expect(changed(({ integration }) => integration.origins).length).toBeGreaterThan(5)
    expect(changed(({ integration }) => integration.userAgent ?? integration.client).length).toBe(
      first.length,
    )
    expect(changed(({ integration }) => integration.objects).length).toBeGreaterThan(5)
    const trials = new Map(year.flatMap(({ trial }) => (trial ? [[trial.since, trial] as const] : [])))
    expect(trials.size).toBeGreaterThanOrEqual(2)
    expect(trials.size).toBeLessThanOrEqual(5)
  })
})

describe('an outage of a vendor', () => {
  test('stops an integration; what it missed comes with its next question', () => {
    const poller = createLives(org).on(monday).programs[0]
    const outage = Array.from({ length: 60 * 24 }, (_, number) =>
      poller?.outages(monday + number * hour),
    ).find((spell) => spell && spell.until - spell.since > hour)
    if (!outage) throw new Error('no outage in two months')
    const calls = [...generateTraffic({ org, seed: 'a', from: outage.since - hour, to: outage.until + hour })]
      .filter(
        ({ payload, channel }) =>
          payload.UserId === poller?.integration.id && channel.endsWith('/ApiEventStream'),
      )
      .map(({ payload }) => ({
        time: Date.parse(String(payload.EventDate)),
        rows: Number(payload.RowsProcessed),
      }))
    const within = (from: number, to: number) => calls.filter(({ time }) => time >= from && time < to)
    const before = within(outage.since - hour, outage.since)
    const after = within(outage.until, outage.until + 5 * minute)
    expect(before.length).toBeGreaterThan(50)
    expect(within(outage.since + minute, outage.until)).toEqual([])
    expect(after.length).toBeLessThan(before.length / 4)
    expect(meanOf(after.map(({ rows }) => rows))).toBeGreaterThan(4 * meanOf(before.map(({ rows }) => rows)))
  })

  test('puts off the nightly load, which is done in haste', () => {
    const routine = { plan: () => [90, 100, 190].map((time) => ({ time, run: () => [] })) }
    const outages = (time: number) =>
      time >= 100 && time < 200 ? { seed: '', since: 100, until: 200 } : undefined
    const timesOf = (kind: IntegrationKind) =>
      withOutages(kind, routine, outages)
        .plan(0, 300)
        .map(({ time }) => time)
    expect(timesOf('nightly-load')).toEqual([90, 200, 209])
    expect(timesOf('chat')).toEqual([90])
  })
})

describe('errands', () => {
  const today = createLives(org)
    .on(monday)
    .staff.find(({ person }) => person.department === 'sales')
  const administrator = createLives(org)
    .on(monday)
    .staff.find(({ person }) => person.department === 'administration')
  function run(name: keyof typeof errands, of = today, seed = 'a'): readonly SimulatedEvent[] {
    if (!of) throw new Error('nobody is there')
    const recorder = createRecorder(createRandom(seed))
    return errands[name](of, createDesk(of.person, recorder), recorder, monday + 9 * hour)
  }

  test('a forgotten password is five failures, a lockout and a reset', () => {
    const events = run('forgotten password').map(({ payload }) => [payload.Status, payload.LoginSubType])
    expect(events).toEqual([
      ...Array.from({ length: 5 }, () => ['Invalid Password', null]),
      ['Password Lockout', null],
      ['Success', 'UiPasswordReset'],
    ])
  })

  test('a list is cleaned page by page, or with a tool in calls of two hundred', () => {
    const byHand = run('clean-up')
    expect(new Set(byHand.map(({ payload }) => payload.Operation))).toEqual(new Set(['Delete']))
    expect(byHand.length).toBeGreaterThan(5)
    const [login, ...calls] = run('clean-up', administrator)
    expect(login?.payload).toMatchObject({ Application: 'Data Loader', LoginType: 'Remote Access 2.0' })
    for (const { payload } of calls)
      expect(payload).toMatchObject({ Operation: 'DeleteSoft', RowsReturned: 0 })
    for (const { payload } of calls.slice(0, -1)) expect(payload.RowsProcessed).toBe(200)
  })

  test('a data loader reads by pages or by Bulk, in a session of its own', () => {
    const kinds = new Set(
      ['a', 'b', 'c', 'd', 'e'].flatMap((seed) => {
        const [login, ...calls] = run('data load', administrator, seed)
        expect(new Set(calls.map(({ payload }) => payload.LoginKey))).toEqual(
          new Set([login?.payload.LoginKey]),
        )
        return calls.flatMap(({ payload }) => payload.ApiType ?? [])
      }),
    )
    expect(kinds).toEqual(new Set(['Bulk', 'SOAP Partner']))
  })
})

describe('the list of users', () => {
  test('has everybody who does something as active, and those who left as inactive', () => {
    const { users } = orgAt(org, monday)
    const active = new Map(users.map(({ id, isActive = true }) => [id, isActive]))
    const seen = new Set<string>()
    for (const { payload } of generateTraffic({ org, seed: 'a', from: monday, to: monday + day }))
      seen.add(String(payload.UserId))
    expect(seen.size).toBeGreaterThan(100)
    expect([...seen].filter((id) => active.get(id) !== true)).toEqual([])
    expect(users.filter(({ isActive }) => isActive === false).length).toBeGreaterThan(20)
    const lastLogins = users
      .filter(({ isActive = true }) => isActive)
      .map(({ lastLogin = 0 }) => monday - lastLogin)
    expect(Math.min(...lastLogins)).toBeGreaterThan(0)
    expect(lastLogins.filter((ago) => ago < 4 * day).length / lastLogins.length).toBeGreaterThan(0.85)
    expect(Math.max(...lastLogins)).toBeGreaterThan(7 * day)
  })

  test('changes with those who join before they are first seen, and those who leave after they were last seen', () => {
    const to = monday + 28 * day
    const changes = userChanges(org, monday, to)
    const lives = createLives(org)
    const joined = changes.filter(({ user }) => user.isActive !== false)
    const left = changes.filter(({ user }) => user.isActive === false)
    expect(joined.length).toBeGreaterThan(3)
    expect(left.length).toBeGreaterThan(3)
    const isThere = (id: string, time: number) => {
      const { staff, portal, trial } = lives.on(time)
      return [...staff, ...portal].some(({ person }) => person.id === id) || trial?.integration.id === id
    }
    for (const { time, user } of joined) {
      expect(isThere(user.id, Math.floor(time / day) * day - day)).toBe(false)
      expect(isThere(user.id, Math.ceil(time / day) * day)).toBe(true)
    }
    for (const { time, user } of left) {
      expect(isThere(user.id, time - day)).toBe(true)
      expect(isThere(user.id, time)).toBe(false)
    }
  })
})

describe('an org at a time', () => {
  test('is still: the same people with the same things, whatever the day', () => {
    const still = orgAt(org, monday)
    expect(orgAt(still, monday + 300 * day)).toBe(still)
    const lives = createLives(still)
    expect(lives.on(monday + 300 * day).staff).toEqual(lives.on(monday).staff)
  })

  test('is without those who are away, though their users are there', () => {
    const { staff, users } = orgAt(org, monday)
    const everybody = createLives(org).on(monday).staff
    const away = everybody.filter(({ isAway }) => isAway).map(({ person }) => person.id)
    expect(away.length).toBeGreaterThan(0)
    expect(staff.length).toBe(everybody.length - away.length)
    expect(staff.some(({ id }) => away.includes(id))).toBe(false)
    expect(away.every((id) => users.some((user) => user.id === id))).toBe(true)
  })

  test('has somebody in every department on any day', () => {
    for (let week = 0; week < 150; week++) {
      const { staff } = orgAt(org, monday + week * 7 * day)
      expect(new Set(staff.map(({ department }) => department)).size).toBe(4)
    }
  })
})
