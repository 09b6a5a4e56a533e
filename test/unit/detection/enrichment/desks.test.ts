import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { Desks } from '../../../../src/detection/enrichment/desks.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

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

describe('what is read by hand is from elsewhere', () => {
  const list = { type: 'ListViewEventStream', action: 'list-view' } as const
  const report = { type: 'ReportEventStream', action: 'report-export' } as const

  it('as long as two work at once in one name', () => {
    const desks = new Desks()
    for (const turn of [0, 1, 2]) {
      note(desks, turn * 10 * minute, { ...page, ...office })
      expect(note(desks, (turn * 10 + 4) * minute, { ...report, ...elsewhere })).toBe(true)
      expect(note(desks, (turn * 10 + 5) * minute, { ...list, ...elsewhere })).toBe(true)
    }
  })

  it('until the first page is opened there by somebody who moves', () => {
    const desks = new Desks()
    note(desks, 0, { ...page, ...office })
    expect(note(desks, 20 * minute, { ...page, ...elsewhere })).toBe(true)
    expect(note(desks, 21 * minute, { ...page, ...elsewhere })).toBe(false)
    expect(note(desks, 22 * minute, { ...report, ...elsewhere })).toBe(false)
  })

  it('of reports and files alone never', () => {
    const desks = new Desks()
    note(desks, 0, { ...report, ...office })
    expect(note(desks, minute, { ...report, ...elsewhere })).toBe(false)
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
