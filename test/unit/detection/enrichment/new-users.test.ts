import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import type { Person } from '../../../../src/detection/activity/person.ts'
import { Familiarity } from '../../../../src/detection/enrichment/familiarity.ts'
import { newUserSince } from '../../../../src/detection/enrichment/new-users.ts'
import { day } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

function noteAt(familiarity: Familiarity, days: number, user: string, person: Person | null): Activity {
  const activity = makeActivity({ user, person, network: '203.0.113.0/24', time: monday + days * day })
  familiarity.note(activity)
  return activity
}

function personSince(created: number): Person {
  const unknown = { username: null, name: null, userType: null, profile: null, role: null, department: null }
  return { ...unknown, active: true, created: monday + created * day, lastLogin: null }
}

test.each([
  ['is there for the first time', 10, null, 0, true],
  ['is no more a week later', 10, null, 7.1, false],
  ['may have an account that was made weeks before', 30, 5, 1, true],
  ['has no account of long ago, which is dormant', 40, -10, 1, false],
  ['is not told in the first week of an org without a directory', 5, null, 0, false],
  ['is told in the first week of an org by the day on which the account was made', 5, 4, 0, true],
  ['has no account that is older than a week then', 5, -10, 0, false],
] as const)('a new user %s', (_, watchedFor, created, seenFor, expected) => {
  const familiarity = new Familiarity()
  const person = created === null ? null : personSince(created)
  noteAt(familiarity, 0, 'u1', null)
  noteAt(familiarity, watchedFor, 'u2', person)
  const activity = noteAt(familiarity, watchedFor + seenFor, 'u2', person)
  expect(newUserSince(activity, familiarity.state) !== null).toBe(expected)
})
