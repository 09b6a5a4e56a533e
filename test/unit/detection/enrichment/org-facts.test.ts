import { describe, expect, test } from 'vitest'
import type { AppRecord, OrgRecord } from '../../../../src/detection/activity/activity.ts'
import { decodeEvent } from '../../../../src/detection/activity/decode.ts'
import { activityField } from '../../../../src/detection/definition/fields.ts'
import { OrgFacts } from '../../../../src/detection/enrichment/org-facts.ts'
import { makeDetection, org } from '../../../support/make-detection.ts'
import { makeActivity } from '../statistics-rig.ts'

function record(channel: string, payload: object): OrgRecord | AppRecord {
  const decoded = decodeEvent({
    key: org.id,
    value: Buffer.from(JSON.stringify({ channel, data: { payload } })),
    headers: { org: org.name, origin: 'directory' },
  })
  if (!('kind' in decoded) || (decoded.kind !== 'org' && decoded.kind !== 'app'))
    throw new Error('no fact came out')
  return decoded
}

const visible = { TimeZone: 'Asia/Tokyo', AppsVisible: true, TokensVisible: true }
const loader = {
  Name: 'Data Loader',
  ConnectedAppId: '0H45f000000001A',
  ApprovedUsersOnly: false,
  TokenCount: 4,
  UserCount: 3,
  UseCount: 12,
  LastUsedDate: '2026-11-19T23:59:00.000+0000',
  Users: [{ UserId: '005xx000001X8Uz' }],
}

function known(...records: readonly (OrgRecord | AppRecord)[]): OrgFacts {
  const facts = new OrgFacts()
  for (const each of records) facts.note(each)
  return facts
}

/** What a detection whose event came from this application is told about it. */
function lineOf(facts: OrgFacts, app: string, type = 'ApiEventStream') {
  const plain = makeDetection()
  const detection = makeDetection({ trigger: { ...plain.trigger, type, fields: { app } } })
  const { explanation } = facts.explain(detection)
  expect(explanation.filter(({ label }) => label !== 'App')).toEqual(plain.explanation)
  return explanation.find(({ label }) => label === 'App')?.value
}

describe('what an org tells about itself', () => {
  test('is its time zone, if there is such a one', () => {
    expect(known(record('/forcewatch/org', visible)).timeZoneOf(org)).toBe('Asia/Tokyo')
    expect(known(record('/forcewatch/org', { TimeZone: 'Mars/Olympus' })).timeZoneOf(org)).toBeUndefined()
    expect(known().timeZoneOf(org)).toBeUndefined()
  })

  test('is the same after a restart', () => {
    const before = known(record('/forcewatch/org', visible), record('/forcewatch/app', loader))
    const after = new OrgFacts()
    for (const [index, state] of before.states.entries())
      for (const { key, value } of state.takeChanges().puts) after.states[index]?.restore(key, value)
    expect(after.timeZoneOf(org)).toBe('Asia/Tokyo')
    expect(lineOf(after, 'Data Loader')).toBe(lineOf(before, 'Data Loader'))
  })
})

describe('the app of an alert', () => {
  const all = record('/forcewatch/org', visible)
  test.each([
    [loader, 'Data Loader: registered; any user may let it in; tokens of 3 users, last used on 2026-11-19'],
    [
      { ...loader, ApprovedUsersOnly: true, UserCount: 0, LastUsedDate: null },
      'Data Loader: registered, for approved users only; nobody has a token, never used',
    ],
    [
      { ...loader, ConnectedAppId: null, ApprovedUsersOnly: null, UserCount: 1 },
      'Data Loader: not installed, so that no policy of the org holds for it; tokens of 1 user, last used on 2026-11-19',
    ],
  ])('is described: %#', (app, text) => {
    expect(lineOf(known(all, record('/forcewatch/app', app)), 'data loader')).toBe(
      text.replace('Data', 'data').replace('Loader', 'loader'),
    )
  })

  test('is described without its tokens where they cannot be seen', () => {
    const some = record('/forcewatch/org', { ...visible, TokensVisible: false })
    expect(lineOf(known(some, record('/forcewatch/app', loader)), 'Data Loader')).toBe(
      'Data Loader: registered; any user may let it in',
    )
  })

  test('is called unknown after a login only, and where the apps can be seen', () => {
    const facts = known(all, record('/forcewatch/app', loader))
    expect(lineOf(facts, 'My Ticket Portal', 'LoginEventStream')).toBe(
      'My Ticket Portal: not registered with the org, and nobody has given it a token',
    )
    expect(lineOf(facts, 'python-requests')).toBeUndefined()
    expect(lineOf(facts, 'Browser', 'LoginEventStream')).toBeUndefined()
    expect(lineOf(known(), 'My Ticket Portal', 'LoginEventStream')).toBeUndefined()
  })

  test('is unknown again when it is gone', () => {
    const gone = record('/forcewatch/app', { Name: 'Data Loader', IsGone: true })
    expect(lineOf(known(all, record('/forcewatch/app', loader), gone), 'Data Loader')).toBeUndefined()
  })

  test('without a name is no record', () => {
    expect(() => record('/forcewatch/app', { TokenCount: 1 })).toThrow('data.payload.Name is missing')
  })
})

describe('app_installed', () => {
  const badge = record('/forcewatch/app', { ...loader, Name: 'Badge', ConnectedAppId: null })
  const facts = known(record('/forcewatch/org', visible), record('/forcewatch/app', loader), badge)
  test.each([
    ['an app that the org has installed', 'LoginEventStream', 'data loader', true],
    ['one of a query', 'ApiEventStream', 'Data Loader', true],
    ['one that holds tokens and is not installed', 'ApiEventStream', 'Badge', false],
    ['one that a login names and the org does not know', 'LoginEventStream', 'My Ticket Portal', false],
    ['a program that names itself', 'ApiEventStream', 'python-requests', null],
    ['a browser', 'LoginEventStream', 'Browser', null],
    ['an event that names none', 'ApiEventStream', null, null],
  ])('of %s', (_, type, Application, installed) => {
    const payload = { EventDate: '2026-11-24T13:05:00.000Z', UserId: 'u', Application, Status: 'Success' }
    const activity = decodeEvent({
      key: org.id,
      value: Buffer.from(JSON.stringify({ channel: `/event/${type}`, data: { payload } })),
      headers: { org: org.name, origin: 'stream' },
    })
    if ('kind' in activity) throw new Error('no activity came out')
    const field = activityField('app_installed')
    if ('unknown' in field) throw new Error(field.unknown)
    expect(field.read(activity)).toBeNull()
    facts.introduce(activity)
    expect(field.read(activity)).toBe(installed)
  })
})

describe('app_approved', () => {
  test.each([
    ['an app that an administrator must approve', { ApprovedUsersOnly: true }, true],
    ['an app that any user may let in', { ApprovedUsersOnly: false }, false],
    ['an app of whose policy nobody tells', { ApprovedUsersOnly: null }, null],
    ['an app that is not installed', { ApprovedUsersOnly: true, ConnectedAppId: null }, false],
  ])('of %s', (_, policy, approved) => {
    const facts = known(
      record('/forcewatch/org', visible),
      record('/forcewatch/app', { ...loader, ...policy }),
    )
    const activity = makeActivity({ time: 0, app: 'data loader', org })
    facts.introduce(activity)
    const field = activityField('app_approved')
    if ('unknown' in field) throw new Error(field.unknown)
    expect(field.read(activity)).toBe(approved)
  })
})
