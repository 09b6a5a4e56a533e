import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../src/detection/activity/activity.ts'
import { Desks } from '../../../src/detection/activity/desks.ts'
import { day, hour, minute } from '../../../src/duration.ts'
import { makeActivity, monday } from './statistics-rig.ts'

const page = { type: 'LightningUriEventStream', action: 'record-view' } as const
const login = { type: 'LoginEventStream', action: 'login', outcome: 'success' } as const
const office = { network: '203.0.113.0/24' }
const elsewhere = { network: '198.51.100.0/24' }

function note(desks: Desks, after: number, fields: Partial<Activity>): boolean {
  return desks.note(makeActivity({ time: monday + after, ...fields }))
}

describe('a login is from elsewhere', () => {
  it('when its user has a page open in another network', () => {
    const desks = new Desks()
    note(desks, 0, { ...page, ...office })
    expect(note(desks, 50 * minute, { ...login, ...elsewhere })).toBe(true)
    expect(note(desks, 50 * minute, { ...login, ...office })).toBe(false)
    expect(note(desks, 50 * minute, { ...login, ...elsewhere, outcome: 'failure' })).toBe(false)
    expect(note(desks, 50 * minute, { ...login, ...elsewhere, user: 'u2' })).toBe(false)
  })

  it('not an hour after the last page', () => {
    const desks = new Desks()
    note(desks, 0, { ...page, ...office })
    expect(note(desks, hour + minute, { ...login, ...elsewhere })).toBe(false)
  })

  it('not while only programs work in the name of its user', () => {
    const desks = new Desks()
    note(desks, 0, office)
    expect(note(desks, minute, { ...login, ...elsewhere })).toBe(false)
  })
})

it('remembers nobody for longer than a day', () => {
  const desks = new Desks()
  note(desks, 0, { ...page, ...office })
  desks.expire(monday + day)
  expect(desks.state.size).toBe(1)
  desks.expire(monday + day + minute)
  expect(desks.state.size).toBe(0)
})
