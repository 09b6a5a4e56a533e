import { expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { usersOfSpray } from '../../../../src/detection/activity/login-outcome.ts'
import { Sprays } from '../../../../src/detection/enrichment/sprays.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

function fail(sprays: Sprays, after: number, user: number, fields: Partial<Activity> = {}): boolean {
  return countFailing(sprays, after, user, fields) >= usersOfSpray
}

function countFailing(sprays: Sprays, after: number, user: number, fields: Partial<Activity> = {}): number {
  return sprays.note(
    makeActivity({
      time: monday + after,
      action: 'login',
      outcome: 'failure',
      username: `u${user}`,
      network: '198.51.100.0/24',
      raw: { Status: 'Invalid Password' },
      ...fields,
    }),
  )
}

it('is a spray from the twelfth user within an hour on', () => {
  const sprays = new Sprays()
  const told = Array.from({ length: 14 }, (_, user) => fail(sprays, user * minute, user))
  expect(told.indexOf(true)).toBe(11)
  expect(fail(sprays, 20 * minute, 3)).toBe(true)
  expect(fail(sprays, 20 * minute, 3, { network: '203.0.113.0/24' })).toBe(false)
})

it('is none when one user fails again and again, or many over the day', () => {
  const sprays = new Sprays()
  const one = Array.from({ length: 30 }, (_, number) => fail(sprays, number * minute, 1))
  const many = Array.from({ length: 30 }, (_, user) => fail(sprays, hour + user * 10 * minute, user))
  expect([...one, ...many]).not.toContain(true)
})

it('is none of what a broken app registration or identity provider refuses', () => {
  const sprays = new Sprays()
  const raw = { Status: 'Failed: Assertion Expired' }
  const told = Array.from({ length: 20 }, (_, user) => fail(sprays, user * minute, user, { raw }))
  expect(told).not.toContain(true)
})

it('forgets a network after a day without failures', () => {
  const sprays = new Sprays()
  fail(sprays, 0, 1)
  sprays.expire(monday + day)
  expect(sprays.state.size).toBe(1)
  sprays.expire(monday + day + minute)
  expect(sprays.state.size).toBe(0)
})

it('tells of logins from there that succeed or are asked for a second factor, which are no failures', () => {
  const sprays = new Sprays()
  const success = { outcome: 'success', raw: { Status: 'Success' } } as const
  const challenge = { outcome: 'challenge', raw: { Status: 'multi-factor required' } } as const
  for (let user = 0; user < 11; user++) fail(sprays, user * minute, user)
  expect(fail(sprays, 12 * minute, 11, success)).toBe(false)
  expect(fail(sprays, 12 * minute, 12, challenge)).toBe(false)
  fail(sprays, 13 * minute, 13)
  expect(fail(sprays, 14 * minute, 3, success)).toBe(true)
  expect(fail(sprays, 14 * minute, 40, challenge)).toBe(true)
  expect(fail(sprays, 14 * minute + hour, 40, challenge)).toBe(false)
})

it('counts the users whose logins failed from there within the hour', () => {
  const sprays = new Sprays()
  const success = { outcome: 'success', raw: { Status: 'Success' } } as const
  const counts = [0, 1, 2, 1].map((user, number) => countFailing(sprays, number * minute, user))
  expect(counts).toEqual([1, 2, 3, 3])
  expect(countFailing(sprays, 5 * minute, 7, success)).toBe(3)
  expect(countFailing(sprays, 5 * minute, 7, { ...success, network: '203.0.113.0/24' })).toBe(0)
  expect(countFailing(sprays, 2 * hour, 7, success)).toBe(0)
  expect(countFailing(sprays, 5 * minute, 7, { action: 'api-query', outcome: null })).toBe(0)
})
