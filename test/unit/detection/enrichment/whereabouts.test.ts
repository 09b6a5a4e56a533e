import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import {
  asSurprise,
  createFirsts,
  dimensions,
  isNew,
  isStrange,
  isSurprise,
  type Newness,
  tell,
} from '../../../../src/detection/activity/firsts.ts'
import { Whereabouts } from '../../../../src/detection/enrichment/whereabouts.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const person = createFirsts(0, false)
const background = { type: 'ReportEventStream', action: 'report-export', firsts: person } as const
const inNetwork = (newness: Newness, of = person) => tell(of, dimensions.indexOf('network'), newness)
const abroad = {
  action: 'login',
  login: 'k1',
  network: '198.51.100.0/24',
  firsts: inNetwork('strange'),
} as const
const office = {
  action: 'record-view',
  login: 'k0',
  network: '203.0.113.0/24',
  firsts: inNetwork('old'),
} as const

function note(whereabouts: Whereabouts, after: number, fields: Partial<Activity>) {
  return whereabouts.note(makeActivity({ time: monday + after, ...fields }))
}

describe('an export in the background comes from where its user', () => {
  it('was at work within the hour before, if that is new', () => {
    const whereabouts = new Whereabouts()
    note(whereabouts, 0, { ...abroad, firsts: asSurprise(abroad.firsts) })
    const firsts = note(whereabouts, 50 * minute, background)
    expect(isNew(firsts, 'network')).toBe(true)
    expect(isStrange(firsts, 'network')).toBe(true)
    expect(isSurprise(firsts)).toBe(true)
    expect(note(whereabouts, 50 * minute, { ...background, user: 'u2' })).toBe(person)
    expect(note(whereabouts, hour + minute, background)).toBe(person)
  })

  it('was last, which is remembered to five minutes', () => {
    const whereabouts = new Whereabouts()
    for (const after of [0, 2 * minute, 30 * minute]) note(whereabouts, after, abroad)
    expect(isNew(note(whereabouts, 85 * minute, background), 'network')).toBe(true)
  })

  it('is new, though somebody goes on at the usual desk', () => {
    const whereabouts = new Whereabouts()
    note(whereabouts, 0, abroad)
    note(whereabouts, 5 * minute, office)
    expect(isNew(note(whereabouts, 10 * minute, background), 'network')).toBe(true)
  })

  it('did not fail to log in', () => {
    const whereabouts = new Whereabouts()
    note(whereabouts, 0, { ...abroad, outcome: 'failure' })
    expect(note(whereabouts, minute, background)).toBe(person)
  })
})

describe('where an export comes from is left alone', () => {
  it('when it tells that itself', () => {
    const whereabouts = new Whereabouts()
    note(whereabouts, 0, abroad)
    expect(note(whereabouts, minute, { ...office, action: 'report-export' })).toBe(office.firsts)
  })

  it('when its user is a program', () => {
    const whereabouts = new Whereabouts()
    const program = createFirsts(0, true)
    note(whereabouts, 0, { ...abroad, firsts: inNetwork('new', program) })
    expect(note(whereabouts, minute, { ...background, firsts: program })).toBe(program)
  })

  it('when nothing but its user is known', () => {
    expect(note(new Whereabouts(), 0, background)).toBe(person)
  })
})

it('forgets after a day', () => {
  const whereabouts = new Whereabouts()
  note(whereabouts, 0, abroad)
  whereabouts.expire(monday + day)
  expect(whereabouts.state.size).toBe(1)
  whereabouts.expire(monday + day + minute)
  expect(whereabouts.state.size).toBe(0)
})
