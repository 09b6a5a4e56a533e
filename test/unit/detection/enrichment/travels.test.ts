import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { createFirsts, dimensions, tell } from '../../../../src/detection/activity/firsts.ts'
import { distanceBetween } from '../../../../src/detection/algorithms/great-circle.ts'
import { Travels } from '../../../../src/detection/enrichment/travels.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const berlin = { latitude: 52.53, longitude: 13.38 }
const boston = { latitude: 42.36, longitude: -71.06 }
const hamburg = { latitude: 53.55, longitude: 10 }

const country = dimensions.indexOf('country')
const atHome = tell(createFirsts(0, false), country, 'old')
const abroad = tell(createFirsts(0, false), country, 'new')

/** Logs in so many hours after the start; answers whether that is too far from the login before it. */
function logIn(
  travels: Travels,
  hours: number,
  place: typeof berlin | null,
  changes: Partial<Activity> = {},
) {
  const raw = place ? { LoginLatitude: place.latitude, LoginLongitude: place.longitude } : {}
  const login = { action: 'login', outcome: 'success', client: 'chrome on windows', raw } as const
  const firsts = place === berlin ? atHome : abroad
  return travels.note(makeActivity({ ...login, firsts, time: monday + hours * hour, ...changes })) !== null
}

test('distances are those along great circles', () => {
  const equator = { latitude: 0, longitude: 179 }
  expect(distanceBetween(equator, { latitude: 0, longitude: 89 })).toBeCloseTo(10_007.5, 0)
  expect(distanceBetween(equator, { latitude: -90, longitude: 0 })).toBeCloseTo(10_007.5, 0)
  expect(distanceBetween(equator, { latitude: 0, longitude: -179 })).toBeCloseTo(222.4, 0)
  expect(distanceBetween(berlin, berlin)).toBe(0)
})

test('a login is too far from the one before it when nobody travels as fast', () => {
  const travels = new Travels()
  expect(logIn(travels, 0, berlin)).toBe(false)
  expect(logIn(travels, 2, boston)).toBe(true)
  expect(logIn(travels, 3, boston)).toBe(false)
})

test.each([
  ['hours later', 7, boston, {}],
  ['in the next town', 0.1, hamburg, {}],
  ['in a country that is known', 2, boston, { firsts: atHome }],
  ['whose place nobody tells', 2, null, {}],
  ['that failed', 2, boston, { outcome: 'failure' }],
  ['of a phone', 2, boston, { client: 'safari on ios' }],
  ['of a program', 2, boston, { client: 'python-requests' }],
] as const)('a login %s is not', (_, hours, place, changes) => {
  const travels = new Travels()
  logIn(travels, 0, berlin)
  expect(logIn(travels, hours, place, changes)).toBe(false)
})

test('who goes back and forth between two places is in both', () => {
  const travels = new Travels()
  logIn(travels, 0, boston)
  logIn(travels, 1, berlin)
  expect(logIn(travels, 2, boston)).toBe(false)
})

test('whoever may be anywhere is forgotten', () => {
  const travels = new Travels()
  logIn(travels, 0, berlin)
  travels.expire(monday + day)
  expect(travels.state.size).toBe(1)
  travels.expire(monday + 2 * day)
  expect(travels.state.size).toBe(0)
})

test('it is told how far that is, and how long ago the login before it was', () => {
  const travels = new Travels()
  const raw = ({ latitude, longitude }: typeof berlin) => ({
    LoginLatitude: latitude,
    LoginLongitude: longitude,
  })
  const login = { action: 'login', outcome: 'success', client: 'chrome on windows' } as const
  travels.note(makeActivity({ ...login, raw: raw(berlin), firsts: atHome, time: monday }))
  const journey = travels.note(
    makeActivity({ ...login, raw: raw(boston), firsts: abroad, time: monday + hour }),
  )
  expect(journey).toEqual({ distance: expect.closeTo(6100, -2), duration: hour })
})
