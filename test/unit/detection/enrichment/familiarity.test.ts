import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import {
  awayDays,
  type Dimension,
  isAutomated,
  isFamiliar,
  isNew,
  isStrange,
  isSurprise,
} from '../../../../src/detection/activity/firsts.ts'
import type { Person } from '../../../../src/detection/activity/person.ts'
import { encodeMemory } from '../../../../src/detection/baseline/novelty/value-memory.ts'
import { Familiarity } from '../../../../src/detection/enrichment/familiarity.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const usual = {
  network: '203.0.113.0/24',
  app: 'Browser',
  client: 'chrome on windows',
  objects: ['Account'],
  query: 'select id from account',
  api: 'rest',
} as const

/** Notes one activity of user u1 so many days (or a fraction) after the start; answers what is new about it. */
function noteAt(familiarity: Familiarity, days: number, changes: Partial<Activity> = {}): Activity {
  const activity = makeActivity({ ...usual, time: monday + days * day, ...changes })
  activity.firsts = familiarity.note(activity)
  return activity
}

/** A user who has worked as usual on each of so many days. */
function knownUser(days = 10, changes: Partial<Activity> = {}): Familiarity {
  const familiarity = new Familiarity()
  for (let index = 0; index <= days; index++) noteAt(familiarity, index, changes)
  return familiarity
}

function news({ firsts }: Activity): readonly string[] {
  const all: readonly Dimension[] = ['network', 'app', 'client', 'object', 'query', 'api']
  return all.filter((dimension) => isNew(firsts, dimension))
}

describe('what is new about an activity for its user', () => {
  it('is nothing when all of it was seen before', () => {
    const activity = noteAt(knownUser(), 11)
    expect(news(activity)).toEqual([])
    expect(isNew(activity.firsts, 'network')).toBe(false)
    expect(isFamiliar(activity.firsts)).toBe(true)
  })

  it.each([
    ['network', { network: '198.51.100.0/24' }, false],
    ['app', { app: 'My Ticket Portal' }, false],
    ['client', { client: 'python-requests' }, false],
    ['object', { objects: ['Account', 'Payment__c'] }, true],
    ['query', { query: 'select count() from case' }, true],
    ['api', { api: 'bulk' }, true],
  ])('is its %s when that was never seen', (dimension, changes, familiar) => {
    const activity = noteAt(knownUser(), 11, changes)
    expect(news(activity)).toEqual([dimension])
    expect(isFamiliar(activity.firsts)).toBe(familiar)
  })

  it('stays new for 72 hours after its first sight, and not longer', () => {
    const familiarity = knownUser()
    const changes = { network: '198.51.100.0/24' }
    noteAt(familiarity, 11, changes)
    expect(news(noteAt(familiarity, 13.9, changes))).toEqual(['network'])
    expect(news(noteAt(familiarity, 14.1, changes))).toEqual([])
  })

  it('is no network to which five colleagues have moved by login with their usual tools', () => {
    const familiarity = new Familiarity()
    const office = { network: '198.51.100.0/24' }
    const users = Array.from({ length: 8 }, (_, index) => ({ user: `u${index}` }))
    for (const user of users) for (let index = 0; index <= 10; index++) noteAt(familiarity, index, user)
    const login = { ...office, action: 'login', outcome: 'success' } as const
    const moved = users.slice(0, 6).map((user) => news(noteAt(familiarity, 11, { ...user, ...login })))
    expect(moved).toEqual([['network'], ['network'], ['network'], ['network'], ['network'], []])
    expect(news(noteAt(familiarity, 11.1, { ...users[0], ...office }))).toEqual([])
    expect(news(noteAt(familiarity, 11.1, { ...users[7], ...office, client: 'curl' }))).toEqual(['client'])
  })

  it.each([
    ['from elsewhere while their owners are at work', { elsewhere: true }],
    ['from a country in which none of them ever was', { raw: { CountryIso: 'RO' } }],
  ])('is a network from which eight log in %s, with their usual tools', (_, changes) => {
    const familiarity = new Familiarity()
    const users = Array.from({ length: 8 }, (_, index) => ({ user: `u${index}` }))
    const login = { action: 'login', outcome: 'success', raw: { CountryIso: 'DE' } } as const
    for (const user of users)
      for (let index = 0; index <= 10; index++) noteAt(familiarity, index, { ...user, ...login })
    const there = { ...login, network: '198.51.100.0/24', ...changes }
    const last = users.map((user) => noteAt(familiarity, 11, { ...user, ...there }))
    expect(last.map(({ firsts }) => isNew(firsts, 'network'))).toEqual(users.map(() => true))
  })

  it('is no network abroad to which fifteen colleagues have moved', () => {
    const familiarity = new Familiarity()
    const users = Array.from({ length: 16 }, (_, index) => ({ user: `u${index}` }))
    const login = { action: 'login', outcome: 'success', raw: { CountryIso: 'DE' } } as const
    for (const user of users)
      for (let index = 0; index <= 10; index++) noteAt(familiarity, index, { ...user, ...login })
    const there = { ...login, network: '198.51.100.0/24', raw: { CountryIso: 'ES' } }
    const last = users.map((user) => noteAt(familiarity, 11, { ...user, ...there }))
    expect(last.map(({ firsts }) => isNew(firsts, 'network')).indexOf(false)).toBe(15)
  })

  it('is a network to which only the tokens of several have come', () => {
    const familiarity = new Familiarity()
    const users = Array.from({ length: 8 }, (_, index) => ({ user: `u${index}` }))
    const token = { client: 'unknown', app: 'Sequences' }
    for (const user of users)
      for (let index = 0; index <= 10; index++) {
        noteAt(familiarity, index, user)
        noteAt(familiarity, index, { ...user, ...token })
      }
    const login = { ...token, network: '198.51.100.0/24', action: 'login', outcome: 'success' } as const
    const moved = users.map((user) => news(noteAt(familiarity, 11, { ...user, ...login })))
    expect(moved).toEqual(users.map(() => ['network']))
  })

  it.each([
    ['with strange tools', { action: 'login', outcome: 'success', client: 'curl' } as const],
    ['without any login', {}],
  ])('is a network to which several came %s', (_, changes) => {
    const familiarity = new Familiarity()
    const users = Array.from({ length: 8 }, (_, index) => ({ user: `u${index}` }))
    for (const user of users) for (let index = 0; index <= 10; index++) noteAt(familiarity, index, user)
    const last = users.map((user) =>
      noteAt(familiarity, 11, { ...user, network: '198.51.100.0/24', ...changes }),
    )
    expect(last.map(({ firsts }) => isNew(firsts, 'network'))).toEqual(users.map(() => true))
  })

  it('is, of a login as somebody else, what is new for the administrator', () => {
    const familiarity = knownUser(10, { user: 'admin', username: 'admin@acme.example' })
    for (let index = 0; index <= 10; index++) noteAt(familiarity, index, { network: '192.0.2.0/24' })
    const loginAs = { action: 'login-as', user: 'u1', actor: 'admin@acme.example' } as const
    expect(isFamiliar(noteAt(familiarity, 11, loginAs).firsts)).toBe(true)
    expect(news(noteAt(familiarity, 11, { ...loginAs, network: '198.51.100.0/24' }))).toEqual(['network'])
    const stranger = noteAt(familiarity, 11, { ...loginAs, actor: 'nobody@acme.example' })
    expect(isFamiliar(stranger.firsts)).toBeNull()
  })

  it('cannot be told of a user who has been known for less than three days, nor of what the event does not say', () => {
    const familiarity = new Familiarity()
    noteAt(familiarity, 0)
    expect(isNew(noteAt(familiarity, 2.9, { app: 'Other' }).firsts, 'app')).toBeNull()
    const later = noteAt(familiarity, 3.1, { app: 'Other', network: null })
    expect(isNew(later.firsts, 'app')).toBe(false)
    expect(isNew(later.firsts, 'network')).toBeNull()
  })

  it('is new again after 90 days without being seen', () => {
    const familiarity = knownUser()
    for (let index = 11; index < 110; index += 3) noteAt(familiarity, index, { network: '198.51.100.0/24' })
    expect(news(noteAt(familiarity, 112))).toContain('network')
  })

  it('is not learned from logins that fail, from anomalies, or from an administrator in the user’s name', () => {
    const familiarity = knownUser()
    const elsewhere = { network: '198.51.100.0/24' }
    noteAt(familiarity, 11, { ...elsewhere, action: 'login', outcome: 'failure' })
    noteAt(familiarity, 11, { ...elsewhere, action: 'login', outcome: 'challenge' })
    noteAt(familiarity, 11, { ...elsewhere, action: 'anomaly' })
    noteAt(familiarity, 11, { ...elsewhere, action: 'login-as' })
    expect(news(noteAt(familiarity, 20, elsewhere))).toEqual(['network'])
  })
})

describe('so much that is new', () => {
  const [place, tool] = [{ network: '198.51.100.0/24' }, { client: 'python-requests' }]
  const surprises = (familiarity: Familiarity, days: number, changes: Partial<Activity>) =>
    isSurprise(noteAt(familiarity, days, changes).firsts)

  it('is no surprise in the first days of an org, nor for longer where it is a tool alone', () => {
    expect([7, 12, 16].map((days) => surprises(knownUser(days), days, place))).toEqual([false, true, true])
    expect([7, 12, 16].map((days) => surprises(knownUser(days), days, tool))).toEqual([false, false, true])
  })

  it('is a surprise from the first week on when place and tool are new together', () => {
    expect(surprises(knownUser(4), 4, { ...place, ...tool })).toBe(false)
    expect(surprises(knownUser(6), 6, { ...place, ...tool })).toBe(true)
  })

  it('is a surprise for the rest of the day, whatever of it an event tells', () => {
    const familiarity = knownUser(6)
    noteAt(familiarity, 6.3, { ...place, ...tool })
    expect(surprises(familiarity, 6.4, { ...place, client: null })).toBe(true)
    expect(surprises(familiarity, 6.5, place)).toBe(false)
  })

  it('is a surprise for a newcomer once the org has been watched for a month, as for their peers', () => {
    const familiarity = knownUser(40)
    for (const index of [36, 38]) noteAt(familiarity, index, { user: 'u2' })
    expect(surprises(familiarity, 40, { user: 'u2', ...tool })).toBe(true)
  })

  it('is no surprise while one tool after the other is, but stays one for its 72 hours', () => {
    const calm = knownUser(20)
    expect([20, 21, 22].map((days) => surprises(calm, days, tool))).toEqual([true, true, true])
    const trying = new Familiarity()
    for (let index = 0; index < 20; index++)
      noteAt(trying, index, [14, 16].includes(index) ? { client: `tool ${index}` } : {})
    expect(surprises(trying, 20, tool)).toBe(false)
  })

  it('cannot be said of what is not new', () => {
    expect(surprises(knownUser(20), 20, {})).toBeNull()
  })
})

describe('users whose networks change', () => {
  it('bring up nothing new in a range that has given them three networks on different days', () => {
    const familiarity = knownUser(30)
    for (const [index, third] of [10, 20, 30].entries())
      expect(news(noteAt(familiarity, 31 + 10 * index, { network: `100.64.${third}.0/24` }))).toEqual([
        'network',
      ])
    expect(news(noteAt(familiarity, 62, { network: '100.64.77.0/24' }))).toEqual([])
    expect(news(noteAt(familiarity, 62, { network: '100.65.77.0/24' }))).toEqual(['network'])
  })

  it('are told by their network when it is mostly another one of a range that is theirs', () => {
    const familiarity = new Familiarity()
    for (let index = 0; index < 30; index++) noteAt(familiarity, index, { network: `100.64.${index}.0/24` })
    expect(news(noteAt(familiarity, 30, { network: '198.51.100.0/24' }))).toEqual(['network'])
  })

  it('cannot make a range familiar within an hour', () => {
    const familiarity = knownUser(30)
    for (let third = 1; third < 6; third++) {
      const changes = { network: `100.64.${third}.0/24`, time: monday + 31 * day + third * hour }
      expect(news(noteAt(familiarity, 31, changes))).toEqual(['network'])
    }
  })

  it('are not told by their network when it is another one nearly every day', () => {
    const familiarity = new Familiarity()
    let last: Activity | undefined
    for (let index = 0; index < 15; index++)
      last = noteAt(familiarity, index, { network: `${20 + index}.0.0.0/24` })
    expect(isNew(last?.firsts ?? 0, 'network')).toBeNull()
    expect(isFamiliar(last?.firsts ?? 0)).toBe(true)
    expect(isFamiliar(noteAt(familiarity, 15, { client: 'curl' }).firsts)).toBe(false)
  })
})

describe('users who come back', () => {
  it('have been away for so many days, for the 72 hours after that', () => {
    const familiarity = knownUser()
    expect(awayDays(noteAt(familiarity, 111, { action: 'login', outcome: 'failure' }).firsts)).toBe(101)
    expect(awayDays(noteAt(familiarity, 112).firsts)).toBe(102)
    expect(awayDays(noteAt(familiarity, 113).firsts)).toBe(102)
    expect(awayDays(noteAt(familiarity, 116).firsts)).toBe(0)
  })
})

describe('users who come back from a long leave', () => {
  it('find familiar what they used before, for the three days of their return and after', () => {
    const familiarity = knownUser(20)
    for (let index = 21; index < 200; index += 1) familiarity.expire(monday + index * day)
    const usualOn = (index: number) => isFamiliar(noteAt(familiarity, index, { query: null }).firsts)
    expect(isFamiliar(noteAt(familiarity, 200, { network: null }).firsts)).toBe(true)
    familiarity.expire(monday + 201 * day)
    expect(usualOn(201)).toBe(true)
    familiarity.expire(monday + 206 * day)
    expect(usualOn(207)).toBe(true)
    expect(isFamiliar(noteAt(familiarity, 207, { network: '198.51.100.0/24' }).firsts)).toBe(false)
  })
})

describe('users who were never seen since the org is watched', () => {
  const dormant = { user: 'u2', person: personSince(-300, -200) }

  it('have been away since their last login, as far as the directory knows', () => {
    const familiarity = knownUser(10)
    expect(awayDays(noteAt(familiarity, 10, dormant).firsts)).toBe(210)
    expect(awayDays(noteAt(familiarity, 11, dormant).firsts)).toBe(210)
    expect(awayDays(noteAt(familiarity, 14, dormant).firsts)).toBe(0)
  })

  it('are familiar with what others of the org use, and with nothing else', () => {
    const familiarity = knownUser(10)
    const elsewhere = { ...dormant, user: 'u4', network: '198.51.100.0/24' }
    for (const days of [10, 10.5]) {
      expect(isFamiliar(noteAt(familiarity, days, dormant).firsts)).toBe(true)
      const { firsts } = noteAt(familiarity, days, elsewhere)
      expect([isFamiliar(firsts), isStrange(firsts, 'network')]).toEqual([false, true])
    }
  })

  it('say nothing in the first week of an org, nor when they are new', () => {
    expect(awayDays(noteAt(knownUser(5), 5, dormant).firsts)).toBeNull()
    const newcomer = { user: 'u3', person: personSince(9, null) }
    expect(awayDays(noteAt(knownUser(10), 10, newcomer).firsts)).toBeNull()
  })
})

function personSince(created: number, lastLogin: number | null): Person {
  const at = (days: number) => monday + days * day
  return {
    username: null,
    name: null,
    userType: 'Standard',
    profile: null,
    role: null,
    department: null,
    active: true,
    created: at(created),
    lastLogin: lastLogin === null ? null : at(lastLogin),
  }
}

describe('what is new for a user', () => {
  it('is strange when nobody else of the org ever had it, also while others bring it up', () => {
    const familiarity = knownUser()
    for (let index = 0; index <= 10; index++)
      noteAt(familiarity, index, { user: 'u2', client: 'edge on mac' })
    const known = noteAt(familiarity, 11, { client: 'edge on mac' })
    expect([isNew(known.firsts, 'client'), isStrange(known.firsts, 'client')]).toEqual([true, false])
    for (const user of ['u1', 'u2'])
      expect(isStrange(noteAt(familiarity, 12, { user, network: '198.51.100.0/24' }).firsts, 'network')).toBe(
        true,
      )
    expect(isStrange(noteAt(familiarity, 13, { network: null }).firsts, 'network')).toBeNull()
    expect(
      isStrange(noteAt(familiarity, 17, { user: 'u3', network: '198.51.100.0/24' }).firsts, 'network'),
    ).toBeNull()
    expect(isStrange(noteAt(familiarity, 21, { user: 'u3', app: 'Browser' }).firsts, 'app')).toBe(false)
  })

  it('is strange from the first day on, of somebody who is not known, and all that is told of them', () => {
    const familiarity = knownUser(20)
    const newcomer = { user: 'u2', network: '198.51.100.0/24' }
    for (const days of [20, 20.1, 22.9]) {
      const activity = noteAt(familiarity, days, newcomer)
      expect([isStrange(activity.firsts, 'network'), isStrange(activity.firsts, 'app')]).toEqual([true, null])
      expect(news(activity)).toEqual([])
      expect([isFamiliar(activity.firsts), isAutomated(activity.firsts)]).toEqual([null, null])
    }
    expect(isStrange(noteAt(familiarity, 24, newcomer).firsts, 'network')).toBe(false)
  })

  it('is strange of nobody who is not known in the first two weeks of an org', () => {
    const newcomer = { user: 'u2', network: '198.51.100.0/24' }
    expect(isStrange(noteAt(knownUser(13), 13.9, newcomer).firsts, 'network')).toBeNull()
    expect(isStrange(noteAt(knownUser(14), 14.1, newcomer).firsts, 'network')).toBe(true)
  })
})

describe('programs', () => {
  const program = { client: 'python-requests' }

  it('are told from people by the days before, also on the day when a thief uses a browser', () => {
    expect(isAutomated(noteAt(knownUser(10, program), 11, program).firsts)).toBe(true)
    expect(isAutomated(noteAt(knownUser(10, program), 11).firsts)).toBe(true)
    expect(isAutomated(noteAt(knownUser(10), 11, program).firsts)).toBe(false)
  })

  it('are not people who use a tool on most days', () => {
    const familiarity = new Familiarity()
    for (let index = 0; index < 20; index++)
      noteAt(
        familiarity,
        index,
        index % 5 === 0 ? { type: 'LightningUriEventStream', client: null } : program,
      )
    expect(isAutomated(noteAt(familiarity, 20, program).firsts)).toBe(false)
  })

  it('cannot be told in the first three days', () => {
    const familiarity = new Familiarity()
    noteAt(familiarity, 0, program)
    expect(isAutomated(noteAt(familiarity, 2, program).firsts)).toBeNull()
  })

  it('are not people of whom a weekend has shown only the reports that run in their name', () => {
    const scheduled = { type: 'ReportEventStream', client: null }
    const weekend = knownUser(1, scheduled)
    expect(isAutomated(noteAt(weekend, 3.5, scheduled).firsts)).toBe(false)
    expect(isAutomated(noteAt(knownUser(3, scheduled), 4, scheduled).firsts)).toBe(true)
  })

  it('are not people on a holiday, however long Salesforce runs reports in their name', () => {
    const ofItself = {
      type: 'ReportEventStream',
      action: 'report-run',
      client: null,
      login: null,
      ip: null,
    } as const
    const familiarity = knownUser(6, ofItself)
    expect(isAutomated(noteAt(familiarity, 6.5, program).firsts)).toBeNull()
    noteAt(familiarity, 6.5)
    expect(isAutomated(noteAt(familiarity, 10, program).firsts)).toBe(false)
  })
})

describe('the memory', () => {
  it('is the same after a stop and restore at any moment', () => {
    const whole = new Familiarity()
    let halves = new Familiarity()
    for (let index = 0; index < 400; index++) {
      const changes = {
        user: `u${index % 3}`,
        network: `10.${index % 7}.${index % 50}.0/24`,
        query: `select ${index * 7}`,
        objects: [`O${index % 40}`],
      }
      const expected = noteAt(whole, index / 4, changes)
      expect(noteAt(halves, index / 4, changes).firsts).toBe(expected.firsts)
      if (index % 37 === 0) halves = restored(halves)
      if (index % 40 === 0) for (const each of [whole, halves]) each.expire(monday + (index / 4) * day)
    }
    expect(stored(restored(halves))).toEqual(stored(restored(whole)))
  })

  it('keeps within its bounds and takes little room', () => {
    const familiarity = new Familiarity({ capacity: 100 })
    for (let index = 0; index < 1000; index++) noteAt(familiarity, index / 50, { user: `u${index}` })
    expect(familiarity.state.size).toBeLessThanOrEqual(100)
    const busy = new Familiarity()
    for (let index = 0; index < 5000; index++)
      noteAt(busy, index / 50, { query: `q${index}`, network: `${index % 200}.0.0.0/24` })
    const [bytes] = busy.state.takeChanges().puts.map(({ value }) => value.length)
    expect(bytes).toBeLessThan(3000)
    const [typical] = knownUser(30)
      .state.takeChanges()
      .puts.map(({ value }) => value.length)
    expect(typical).toBeLessThan(200)
  })

  it('forgets a user after 400 days', () => {
    const familiarity = knownUser(5)
    familiarity.expire(monday + 400 * day)
    expect(familiarity.state.size).toBe(1)
    familiarity.expire(monday + 407 * day)
    expect(familiarity.state.size).toBe(0)
  })
})

function stored(familiarity: Familiarity): readonly string[] {
  return [...familiarity.state.entries()]
    .map(([, id, memory]) => encodeMemory(memory, id).toString('hex'))
    .sort()
}

const disks = new WeakMap<Familiarity, Map<string, Buffer>>()

/** Another memory with what has been saved of this one. */
function restored(familiarity: Familiarity): Familiarity {
  const disk = disks.get(familiarity) ?? new Map<string, Buffer>()
  for (const state of familiarity.states) {
    const { puts, deletes } = state.takeChanges()
    for (const { key, value } of puts) disk.set(`${state.section}/${key}`, value)
    for (const key of deletes) disk.delete(`${state.section}/${key}`)
  }
  const next = new Familiarity()
  for (const state of next.states) {
    for (const [key, value] of disk)
      if (key.startsWith(`${state.section}/`)) state.restore(key.slice(state.section.length + 1), value)
  }
  disks.set(next, disk)
  return next
}
