import { expect, test } from 'vitest'
import { Grants } from '../../../../src/detection/enrichment/grants.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const admin = '005xx000000admAAAB'
const clerk = '005xx000000clrkAAB'

/** An administrator gives permissions to some users. */
function give(grants: Grants, permissions: readonly string[], users: readonly string[], changes = {}) {
  const raw = {
    Operation: 'AssignedToUsers',
    PermissionList: JSON.stringify({ Permissions: permissions }),
    ImpactedUserIds: JSON.stringify(users),
    ...changes,
  }
  grants.note(makeActivity({ action: 'permission-change', user: admin, time: monday, raw }))
}

function isGranted(grants: Grants, user: string, days: number): boolean {
  return grants.note(makeActivity({ user, time: monday + days * day })) !== null
}

test('whoever was given a permission to read everything counts as such for three days', () => {
  const grants = new Grants()
  give(grants, ['RunReports', 'ViewAllData'], [clerk])
  expect(isGranted(grants, clerk, 0.1)).toBe(true)
  expect(isGranted(grants, clerk, 2.9)).toBe(true)
  expect(isGranted(grants, clerk, 3.1)).toBe(false)
  expect(isGranted(grants, admin, 0.1)).toBe(false)
})

test('who gave it, and when, is known', () => {
  const grants = new Grants()
  give(grants, ['ViewAllData'], [clerk])
  const activity = makeActivity({ user: clerk, time: monday + hour })
  expect(grants.note(activity)).toEqual({ time: monday, by: admin })
})

test('what earlier versions saved tells when, and not who', () => {
  const grants = new Grants()
  grants.state.restore(`${makeActivity({ time: monday }).org.id}\0${clerk}`, Buffer.from(String(monday)))
  expect(grants.note(makeActivity({ user: clerk, time: monday + hour }))).toEqual({ time: monday, by: null })
})

test('ids of 15 characters are known in their long form', () => {
  const grants = new Grants()
  give(grants, ['ModifyAllData'], ['005xx000000clrk'])
  expect([...grants.state.entries()].map(([, user]) => user)).toEqual([
    expect.stringMatching(/^005xx000000clrk...$/),
  ])
})

test.each([
  ['a lesser permission', ['RunReports', 'ManageSharing'], {}],
  ['a permission that was taken away', ['ViewAllData'], { Operation: 'UnassignedFromUsers' }],
  ['a change that names nobody', ['ViewAllData'], { ImpactedUserIds: null }],
])('%s does not count', (_, permissions, changes) => {
  const grants = new Grants()
  give(grants, permissions, [clerk], changes)
  expect(isGranted(grants, clerk, 0.1)).toBe(false)
})

test('a permission that many receive at once prepares nobody', () => {
  const grants = new Grants()
  const many = Array.from({ length: 21 }, (_, number) => `005xx0000000${100 + number}AAA`)
  give(grants, ['ViewAllData'], [clerk, ...many])
  expect(isGranted(grants, clerk, 0.1)).toBe(false)
})

test('what is not recent any more is forgotten', () => {
  const grants = new Grants()
  give(grants, ['ViewAllData'], [clerk])
  grants.expire(monday + 2 * day)
  expect(grants.state.size).toBe(1)
  grants.expire(monday + 4 * day)
  expect(grants.state.size).toBe(0)
})
