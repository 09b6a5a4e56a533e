import { expect, test } from 'vitest'
import { LoginBeginnings } from '../../../src/detection/activity/login-beginnings.ts'
import { day, minute } from '../../../src/duration.ts'
import { makeActivity, monday } from './statistics-rig.ts'

const login = { login: 'login-1', time: monday }

test('a login tells where and with what it began, whatever follows', () => {
  const logins = new LoginBeginnings()
  const began = { network: '10.20.1.0/24', client: 'chrome on windows' }
  logins.note(makeActivity({ ...login, ...began, action: 'login' }))
  const elsewhere = { network: '198.51.100.0/24', client: 'firefox on linux' }
  expect(logins.note(makeActivity({ ...login, ...elsewhere }))).toMatchObject(began)
})

test('where no login was streamed the first events tell, each what it knows', () => {
  const logins = new LoginBeginnings()
  logins.note(makeActivity({ ...login, network: '10.20.1.0/24', client: null }))
  logins.note(makeActivity({ ...login, network: '10.20.2.0/24', client: 'chrome on windows' }))
  const last = logins.note(makeActivity({ ...login, network: '10.20.3.0/24', client: 'loader' }))
  expect(last).toMatchObject({ network: '10.20.1.0/24', client: 'chrome on windows' })
})

test('the login of a program names no client, so its first event does', () => {
  const logins = new LoginBeginnings()
  logins.note(makeActivity({ ...login, action: 'login', client: 'unknown' }))
  logins.note(makeActivity({ ...login, client: 'loader' }))
  expect(logins.note(makeActivity({ ...login, client: 'python-requests' }))).toMatchObject({
    client: 'loader',
  })
})

test('what names no login tells nothing, nor does a login as somebody else', () => {
  const logins = new LoginBeginnings()
  expect(logins.note(makeActivity({ ...login, login: null }))).toBeUndefined()
  expect(logins.note(makeActivity({ ...login, action: 'login-as' }))).toBeUndefined()
  expect(logins.state.size).toBe(0)
})

test('above the capacity the logins used longest ago are forgotten; after a week without use any is', () => {
  const logins = new LoginBeginnings({ capacity: 20 })
  for (let i = 0; i <= 20; i++) logins.note(makeActivity({ login: `login-${i}`, time: monday + i * minute }))
  const kept = [...logins.state.entries()].map(([, id]) => id)
  expect(kept).not.toContain('login-0')
  expect(kept).toContain('login-20')
  logins.expire(monday + 8 * day)
  expect(logins.state.size).toBe(0)
})
