import { expect, test } from 'vitest'
import { LoginApps } from '../../../src/detection/activity/login-apps.ts'
import { minute } from '../../../src/duration.ts'
import { makeActivity, monday } from './statistics-rig.ts'

const capacity = 20

function logIn(apps: LoginApps, number: number, time: number): void {
  apps.refine(makeActivity({ action: 'login', login: `login-${number}`, app: `app-${number}`, time }))
}

/** The numbers of the logins whose application is still known, of `count`. */
function known(apps: LoginApps, count: number): number[] {
  return Array.from({ length: count }, (_, number) => number).filter((number) => {
    const activity = makeActivity({ login: `login-${number}`, time: monday })
    apps.refine(activity)
    return activity.app === `app-${number}`
  })
}

/** A new one that has what the other one would save, in the order of a store that sorts backwards. */
function restart(apps: LoginApps): LoginApps {
  const restored = new LoginApps({ capacity })
  for (const { key, value } of apps.state.takeChanges().puts.toReversed()) restored.state.restore(key, value)
  return restored
}

test('a login tells the application of what follows', () => {
  const apps = new LoginApps()
  logIn(apps, 1, monday)
  expect(known(apps, 2)).toEqual([1])
})

test('above the capacity the logins used longest ago are forgotten, whatever the order they came in', () => {
  const apps = new LoginApps({ capacity })
  for (let i = 0; i < capacity; i++) logIn(apps, i, monday - i * minute)
  logIn(apps, capacity, monday)
  const rest = known(apps, capacity + 1)
  expect(rest.length).toBeLessThanOrEqual(capacity)
  expect(rest).toContain(0)
  expect(rest).toContain(capacity)
  expect(rest).not.toContain(capacity - 1)
})

test('after a restart the same logins are forgotten as without one', () => {
  const run = (restarts: boolean) => {
    let apps = new LoginApps({ capacity })
    for (let i = 0; i < capacity; i++) logIn(apps, i, monday + Math.floor(i / 2) * minute)
    if (restarts) apps = restart(apps)
    for (let i = capacity; i < capacity + 7; i++) logIn(apps, i, monday + i * minute)
    return known(apps, capacity + 7)
  }
  expect(run(true)).toEqual(run(false))
})
