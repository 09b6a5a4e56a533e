import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { createZoneOffset } from '../../../../src/detection/algorithms/zone-offset.ts'
import { UsualHours } from '../../../../src/detection/enrichment/usual-hours.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const utc = createZoneOffset('UTC')

/** Whether the user is at work off their hours, on a day (0 is a Monday) at an hour. */
function note(hours: UsualHours, dayNumber: number, at: number, fields: Partial<Activity> = {}, zone = utc) {
  return hours.note(makeActivity({ time: monday + dayNumber * day + at * hour, ...fields }), zone)
}

/** At work from Monday to Friday from 8 to 17 h, for some weeks. */
function atWork(weeks: number, fields: Partial<Activity> = {}, zone = utc): UsualHours {
  const hours = new UsualHours()
  for (let dayNumber = 0; dayNumber < 7 * weeks; dayNumber++)
    if (dayNumber % 7 < 5) for (let at = 8; at < 17; at++) note(hours, dayNumber, at, fields, zone)
  return hours
}

describe('somebody is off their hours', () => {
  it('at night and at the weekend, not at those of the office', () => {
    const hours = atWork(4)
    expect(note(hours, 28, 10)).toBe(false)
    expect(note(hours, 28, 3)).toBe(true)
    expect(note(hours, 33, 10)).toBe(true)
  })

  it('not before ten days are known', () => {
    const hours = atWork(2)
    expect(note(new UsualHours(), 0, 3)).toBe(null)
    expect(note(hours, 11, 3)).toBe(null)
    expect(note(hours, 14, 3)).toBe(true)
  })

  it('not an hour earlier or later than usual', () => {
    const hours = atWork(4)
    expect(note(hours, 28, 7)).toBe(false)
    expect(note(hours, 28, 17)).toBe(false)
    expect(note(hours, 28, 18)).toBe(true)
  })

  it('not at what comes once a week', () => {
    const hours = new UsualHours()
    for (let dayNumber = 0; dayNumber < 28; dayNumber++) {
      if (dayNumber % 7 < 5) note(hours, dayNumber, 10)
      if (dayNumber % 7 === 4) note(hours, dayNumber, 21)
    }
    expect(note(hours, 32, 21)).toBe(false)
    expect(note(hours, 32, 2)).toBe(true)
  })

  it('all night, however much is done: the day that goes on tells nothing about itself', () => {
    const hours = atWork(4)
    for (let event = 0; event < 100; event++) expect(note(hours, 28, 2 + event / 100)).toBe(true)
  })

  it('not any more when it has become a habit', () => {
    const hours = atWork(4)
    for (let dayNumber = 28; dayNumber < 33; dayNumber++) note(hours, dayNumber, 3)
    expect(note(hours, 35, 3)).toBe(false)
  })

  it("by the org's clock", () => {
    const zone = createZoneOffset('America/New_York')
    const hours = atWork(4, {}, zone)
    expect(note(hours, 28, 16, {}, zone)).toBe(false)
    expect(note(hours, 28, 3, {}, zone)).toBe(true)
  })
})

it('knows everybody by themselves', () => {
  const hours = atWork(4)
  for (let dayNumber = 0; dayNumber < 28; dayNumber++) note(hours, dayNumber, 3, { user: 'nightly' })
  expect(note(hours, 28, 3, { user: 'nightly' })).toBe(false)
  expect(note(hours, 28, 14, { user: 'nightly' })).toBe(true)
  expect(note(hours, 28, 14)).toBe(false)
})

it('a failed login teaches nothing, and is judged', () => {
  const hours = atWork(4)
  const failure = { type: 'LoginEventStream', action: 'login', outcome: 'failure' } as const
  for (let dayNumber = 28; dayNumber < 42; dayNumber++) expect(note(hours, dayNumber, 3, failure)).toBe(true)
  expect(note(hours, 42, 3)).toBe(true)
})

it('a leave forgets nothing, and years forget everything', () => {
  const hours = atWork(4)
  hours.expire(monday + 200 * day)
  expect(note(hours, 200, 3)).toBe(true)
  hours.expire(monday + 700 * day)
  expect(hours.state.size).toBe(0)
})

it('what is known is the same after it was saved and restored', () => {
  const hours = atWork(12)
  const restored = new UsualHours()
  for (const { key, value } of hours.state.takeChanges().puts) restored.state.restore(key, value)
  for (let at = 0; at < 7 * 24; at++) expect(note(restored, 84, at)).toBe(note(hours, 84, at))
})
