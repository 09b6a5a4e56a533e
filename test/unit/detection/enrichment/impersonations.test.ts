import { expect, test } from 'vitest'
import { Impersonations } from '../../../../src/detection/enrichment/impersonations.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

/** `admin` logs in as the user, in a session with this key. */
function logInAs(impersonations: Impersonations, admin: string, login: string, user = 'u1'): void {
  impersonations.note(makeActivity({ action: 'login-as', user, actor: admin, login, time: monday }))
}

function doneBy(impersonations: Impersonations, login: string | null, after: number = hour, user = 'u1') {
  return impersonations.note(makeActivity({ user, login, time: monday + after }))
}

test('what happens in a session that somebody opened as the user is their doing', () => {
  const impersonations = new Impersonations()
  logInAs(impersonations, 'admin@example.com', 'as')
  expect(doneBy(impersonations, 'as')).toBe('admin@example.com')
})

test.each([
  ['in a session of the user', 'own', hour, 'u1'],
  ['in no session', null, hour, 'u1'],
  ['more than a day later', 'as', day + hour, 'u1'],
  ['by another user', 'as', hour, 'u2'],
] as const)('what is done %s is not', (_, login, after, user) => {
  const impersonations = new Impersonations()
  logInAs(impersonations, 'admin@example.com', 'as')
  expect(doneBy(impersonations, login, after, user)).toBeNull()
})

test('two who are logged in as the same user are told apart', () => {
  const impersonations = new Impersonations()
  logInAs(impersonations, 'one@example.com', 'as1')
  logInAs(impersonations, 'two@example.com', 'as2')
  expect(['as1', 'as2'].map((login) => doneBy(impersonations, login))).toEqual([
    'one@example.com',
    'two@example.com',
  ])
})

test('sessions that are over are forgotten', () => {
  const impersonations = new Impersonations()
  logInAs(impersonations, 'admin@example.com', 'as')
  impersonations.expire(monday + day)
  expect(impersonations.state.size).toBe(1)
  impersonations.expire(monday + 2 * day)
  expect(impersonations.state.size).toBe(0)
})
