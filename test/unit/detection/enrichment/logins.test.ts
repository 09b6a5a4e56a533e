import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { isOther } from '../../../../src/detection/activity/login-beginning.ts'
import { Logins } from '../../../../src/detection/enrichment/logins.ts'
import { day, minute } from '../../../../src/duration.ts'
import { acme, makeActivity, monday } from '../statistics-rig.ts'

const capacity = 20

function logIn(logins: Logins, number: number, time: number): void {
  logins.note(makeActivity({ action: 'login', login: `login-${number}`, app: `app-${number}`, time }))
}

/** The numbers of the logins that are still known, of `count`. */
function known(logins: Logins, count: number): number[] {
  return Array.from({ length: count }, (_, number) => number).filter(
    (number) => logins.state.find(acme.id, `login-${number}`) >= 0,
  )
}

/** A new one that has what the other one would save, in the order of a store that sorts backwards. */
function restart(logins: Logins): Logins {
  const restored = new Logins({ capacity })
  for (const { key, value } of logins.state.takeChanges().puts.toReversed())
    restored.state.restore(key, value)
  return restored
}

const one = { login: 'login-1', time: monday }

describe('the application of a login', () => {
  test('is told by it to what follows, after a restart too', () => {
    const logins = new Logins()
    logIn(logins, 1, monday)
    const activity = makeActivity(one)
    restart(logins).note(activity)
    expect(activity.app).toBe('app-1')
  })

  test('is told by the first activity that names it where no login came', () => {
    const logins = new Logins()
    logins.note(makeActivity(one))
    logins.note(makeActivity({ ...one, raw: { Application: 'Loader' } }))
    const activity = makeActivity({ ...one, raw: { Application: 'Other' } })
    logins.note(activity)
    expect(activity.app).toBe('Loader')
  })
})

describe('how a login began', () => {
  /** Whether the network and the client of an activity are others. */
  function others(logins: Logins, fields: Partial<Activity>): readonly (boolean | null)[] {
    const activity = makeActivity({ ...one, ...fields })
    logins.note(activity)
    return [
      isOther(activity.begun?.network, activity.network),
      isOther(activity.begun?.client, activity.client),
    ]
  }

  test('is told by it, whatever follows, after a restart too', () => {
    const logins = new Logins()
    const began = { network: '10.20.1.0/24', client: 'chrome on windows' }
    expect(others(logins, { ...began, action: 'login' })).toEqual([false, false])
    const elsewhere = { network: '198.51.100.0/24', client: 'firefox on linux' }
    expect(others(logins, elsewhere)).toEqual([true, true])
    expect(others(restart(logins), elsewhere)).toEqual([true, true])
    expect(others(logins, { network: null, client: began.client })).toEqual([null, false])
  })

  test('is told by the first events where no login was streamed, by each what it knows', () => {
    const logins = new Logins()
    expect(others(logins, { network: '10.20.1.0/24' })).toEqual([false, null])
    expect(others(logins, { network: '10.20.2.0/24', client: 'loader' })).toEqual([true, false])
    expect(others(logins, { network: '10.20.1.0/24', client: 'python' })).toEqual([false, true])
  })

  test('with which client is told by the first event of a program, whose login names none', () => {
    const logins = new Logins()
    others(logins, { action: 'login', client: 'unknown' })
    others(logins, { client: 'loader' })
    expect(others(logins, { client: 'python' })).toEqual([null, true])
  })

  test('is no business of what names no login, nor of a login as somebody else', () => {
    const logins = new Logins()
    others(logins, { network: '10.20.1.0/24', client: 'loader' })
    expect(others(logins, { login: null, network: '198.51.100.0/24', client: 'python' })).toEqual([
      null,
      null,
    ])
    expect(others(logins, { action: 'login-as', network: '198.51.100.0/24' })).toEqual([null, null])
  })
})

describe('above the capacity', () => {
  test('the logins used longest ago are forgotten, whatever the order they came in', () => {
    const logins = new Logins({ capacity })
    for (let i = 0; i < capacity; i++) logIn(logins, i, monday - i * minute)
    logIn(logins, capacity, monday)
    const rest = known(logins, capacity + 1)
    expect(rest.length).toBeLessThanOrEqual(capacity)
    expect(rest).toContain(0)
    expect(rest).toContain(capacity)
    expect(rest).not.toContain(capacity - 1)
  })

  test('after a restart the same logins are forgotten as without one', () => {
    const run = (restarts: boolean) => {
      let logins = new Logins({ capacity })
      for (let i = 0; i < capacity; i++) logIn(logins, i, monday + Math.floor(i / 2) * minute)
      if (restarts) logins = restart(logins)
      for (let i = capacity; i < capacity + 7; i++) logIn(logins, i, monday + i * minute)
      return known(logins, capacity + 7)
    }
    expect(run(true)).toEqual(run(false))
  })
})

test('after a week without use a login is forgotten', () => {
  const logins = new Logins()
  logIn(logins, 1, monday)
  logIn(logins, 2, monday + 2 * day)
  logins.expire(monday + 8 * day)
  expect(known(logins, 3)).toEqual([2])
})
