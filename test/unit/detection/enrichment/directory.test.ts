import { describe, expect, test } from 'vitest'
import { decodeEvent } from '../../../../src/detection/activity/decode.ts'
import { toDetectionActivity } from '../../../../src/detection/activity/detection-activity.ts'
import type { Person } from '../../../../src/detection/activity/person.ts'
import { activityField } from '../../../../src/detection/definition/fields.ts'
import { Directory } from '../../../../src/detection/enrichment/directory.ts'
import {
  collect,
  contributorsOf,
  createEvidence,
  sampleOf,
} from '../../../../src/detection/firing/evidence.ts'
import { directoryRecords } from '../../../../src/simulator/directory-records.ts'
import { createOrg } from '../../../../src/simulator/traffic/org.ts'
import { makeDetection } from '../../../support/make-detection.ts'
import { commonPayload, decodeActivity, orgId } from '../event-record.ts'

const userId = commonPayload.UserId

function directoryRecord(payload: Record<string, unknown>) {
  const value = JSON.stringify({ channel: '/forcewatch/directory', data: { payload } })
  const decoded = decodeEvent({
    key: orgId,
    value: Buffer.from(value),
    headers: { org: 'acme', origin: 'directory' },
  })
  if (!('kind' in decoded) || decoded.kind !== 'directory') throw new Error('no directory record came out')
  return decoded
}

const dana = {
  EventDate: '2026-11-20T08:00:00.000Z',
  UserId: userId,
  Username: 'Dana@acme.example',
  Name: 'Dana Young',
  UserType: 'Standard',
  Profile: 'Sales User',
  Role: 'EMEA Sales',
  IsActive: true,
  Department: 'Sales',
  CreatedDate: '2024-01-08T09:00:00.000+0000',
  LastLoginDate: null,
}

function known(...records: Record<string, unknown>[]): Directory {
  const directory = new Directory()
  for (const record of records) directory.note(directoryRecord(record))
  return directory
}

function readFields(directory: Directory, payload: Record<string, unknown> = {}) {
  const activity = decodeActivity('LoginEventStream', payload)
  directory.introduce(activity)
  const names = ['name', 'profile', 'role', 'user_type', 'active', 'department']
  return Object.fromEntries(
    names.map((name) => {
      const field = activityField(name)
      return [name, 'unknown' in field ? field.unknown : field.read(activity)]
    }),
  )
}

describe('what the directory says about a user', () => {
  test('is known to every activity of that user', () => {
    expect(readFields(known(dana))).toEqual({
      name: 'Dana Young',
      profile: 'Sales User',
      role: 'EMEA Sales',
      user_type: 'Standard',
      active: true,
      department: 'Sales',
    })
  })

  test('is absent for others, whose type is then what the event says', () => {
    const fields = readFields(known(dana), { UserId: '005xx000001OtherAAA', UserType: 'Guest' })
    expect(fields).toEqual({
      name: null,
      profile: null,
      role: null,
      user_type: 'Guest',
      active: null,
      department: null,
    })
  })

  test('is what the newest record says', () => {
    const left = { ...dana, Profile: 'Former Staff', IsActive: false }
    expect(readFields(known(dana, left))).toMatchObject({ profile: 'Former Staff', active: false })
  })

  test('is found by ids of 15 characters too', () => {
    expect(readFields(known({ ...dana, UserId: userId.slice(0, 15) }))).toMatchObject({
      profile: 'Sales User',
    })
  })

  test('is the same after a restart', () => {
    const directory = known(dana)
    const restored = new Directory()
    for (const { key, value } of directory.state.takeChanges().puts) restored.state.restore(key, value)
    expect(restored.find(orgId, userId)).toEqual(directory.find(orgId, userId))
    expect(restored.find(orgId, userId)).toEqual<Person>({
      username: 'dana@acme.example',
      name: 'Dana Young',
      userType: 'Standard',
      profile: 'Sales User',
      role: 'EMEA Sales',
      department: 'Sales',
      active: true,
      created: Date.UTC(2024, 0, 8, 9),
      lastLogin: null,
    })
  })

  test('without a user id nobody can use it', () => {
    expect(() => directoryRecord({ ...dana, UserId: null })).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED' }),
    )
  })

  test('is in the sample of an event and in what a detection of many users consists of', () => {
    const directory = known({ ...dana, IsActive: false })
    const activity = decodeActivity('ApiEventStream', { RowsReturned: 5 })
    directory.introduce(activity)
    expect(sampleOf(activity).fields).toMatchObject({
      name: 'Dana Young',
      profile: 'Sales User',
      user_type: 'Standard',
      active: false,
    })
    const evidence = createEvidence()
    collect(evidence, activity, 5, 'network')
    expect(contributorsOf(evidence)).toContainEqual({ field: 'profile', value: 'Sales User', share: 1 })
  })

  test('is said in alerts to have a new account, and who gave it rights', () => {
    const activity = decodeActivity('ApiEventStream', {})
    known({ ...dana, CreatedDate: '2026-06-15T20:00:00.000Z' }).introduce(activity)
    activity.newUserSince = Date.UTC(2026, 5, 16, 8)
    activity.grant = { time: Date.UTC(2026, 5, 15, 20, 20), by: 'admin@acme.example' }
    expect(sampleOf(activity).fields).toMatchObject({
      account_made: '2026-06-15 20:00 UTC',
      account_first_seen: '2026-06-16 08:00 UTC',
      rights_given: '2026-06-15 20:20 UTC',
      rights_given_by: 'admin@acme.example',
    })
  })

  const risk = { points: 40, fact: null }

  test('is known to a detection that comes back as an activity', () => {
    const detection = makeDetection({
      org: { id: orgId, name: 'acme' },
      entity: { type: 'user', id: userId, name: 'dana@acme.example' },
    })
    const activity = toDetectionActivity(detection, risk)
    known(dana).introduce(activity)
    expect(sampleOf(activity).fields).toMatchObject({ name: 'Dana Young', profile: 'Sales User' })
  })

  test('a detection that comes back names the one whom it is about, whoever did the last event', () => {
    const entity = { type: 'user', id: userId, name: 'dana@acme.example' }
    const usernameOf = (fields: Record<string, string>) => {
      const { trigger } = makeDetection()
      return toDetectionActivity(makeDetection({ entity, trigger: { ...trigger, fields } }), risk).username
    }
    expect(usernameOf({ user: '005xx000000OTHERAAA', username: 'other@acme.example' })).toBe(
      'dana@acme.example',
    )
    expect(usernameOf({ user: userId, username: 'dana.young@acme.example' })).toBe('dana.young@acme.example')
  })

  test('comes from the simulated org in the same form', () => {
    const { users } = createOrg({ seed: 'directory', size: 'small' })
    const directory = new Directory()
    for (const line of directoryRecords(users, Date.UTC(2026, 0, 5)))
      directory.note(directoryRecord(JSON.parse(line).data.payload))
    expect(directory.state.size).toBe(users.length)
    for (const user of users) {
      expect(directory.find(orgId, user.id)).toMatchObject({
        username: user.username,
        profile: user.profile,
        active: true,
      })
    }
  })
})
