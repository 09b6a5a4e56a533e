import { describe, expect, test } from 'vitest'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import { day, hour } from '../../../src/duration.ts'
import { AppUsage } from '../../../src/report/apps/app-usage.ts'
import { toAppCsv, toAppObjects, toAppRows, toAppSteps } from '../../../src/report/apps/format-apps.ts'
import { type JudgedApp, type JudgeOptions, judgeApps } from '../../../src/report/apps/judge-apps.ts'

const now = Date.UTC(2026, 10, 24)
const org = { id: '00Dxx0000000001AAA', name: 'acme' }
const admin = '005xx000001X8UzAAK'
const robot = '005xx000001SvcAAA'

type Message = { readonly channel: string; readonly payload: Record<string, unknown> }

const visible: Message = { channel: '/forcewatch/org', payload: { AppsVisible: true, TokensVisible: true } }
const people: readonly Message[] = [
  { UserId: admin, Username: 'root@acme.example', Profile: 'System Administrator' },
  { UserId: robot, Username: 'robot@acme.example', Profile: 'Integration User' },
].map((payload) => ({ channel: '/forcewatch/directory', payload }))

function app(Name: string, rest: Record<string, unknown> = {}): Message {
  const listed = {
    ConnectedAppId: '0H45f000000001AAAQ',
    ApprovedUsersOnly: true,
    CreatedDate: iso(now - 500 * day),
  }
  return { channel: '/forcewatch/app', payload: { Name, ...listed, ...rest } }
}

function tokens(user: string, age: number) {
  const LastUsedDate = iso(now - age)
  return { TokenCount: 1, UserCount: 1, UseCount: 5, LastUsedDate, Users: [{ UserId: user, LastUsedDate }] }
}

function login(Application: string, user: string, age: number, LoginKey = `key of ${Application}`): Message {
  return {
    channel: '/event/LoginEventStream',
    payload: {
      EventDate: iso(now - age),
      UserId: user,
      Application,
      LoginKey,
      Status: 'Success',
      LoginType: 'Remote Access 2.0',
    },
  }
}

function query(user: string, age: number, rest: Record<string, unknown>): Message {
  const Query = { Operation: 'Query', ApiType: 'REST', RowsProcessed: 40, RowsReturned: 40 }
  return {
    channel: '/event/ApiEventStream',
    payload: { EventDate: iso(now - age), UserId: user, ...Query, ...rest },
  }
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

function report(...messages: readonly Message[]) {
  return reportWith({}, ...messages)
}

function reportWith(known: Pick<JudgeOptions, 'scopes'>, ...messages: readonly Message[]) {
  const usage = new AppUsage()
  for (const { channel, payload } of messages) {
    const value = Buffer.from(JSON.stringify({ channel, data: { payload } }))
    usage.note(decodeEvent({ key: org.id, value, headers: { org: org.name, origin: 'stream' } }))
  }
  const [first] = usage.result()
  if (!first) throw new Error('no org came out')
  return { usage: first, apps: judgeApps(first, { now, dormantAfter: 90 * day, ...known }) }
}

function kinds({ findings }: JudgedApp): readonly string[] {
  return findings.map(({ kind }) => kind)
}

describe('an app', () => {
  test('that is used by its own user and known to events has nothing to be said about', () => {
    const { apps } = report(
      visible,
      ...people,
      app('Order Bridge', tokens(robot, hour)),
      login('Order Bridge', robot, 3 * hour),
      query(robot, 2 * hour, { LoginKey: 'key of Order Bridge' }),
    )
    expect(apps).toEqual([
      {
        name: 'Order Bridge',
        state: 'in use',
        registration: 'approved users',
        scopes: null,
        users: 1,
        tokens: 1,
        lastUsed: now - hour,
        lastSeen: now - 2 * hour,
        logins: 1,
        calls: 1,
        rows: 40,
        findings: [],
      },
    ])
  })

  test('that nobody has used for 90 days is dormant, and its tokens are to be revoked', () => {
    const { apps } = report(visible, app('Mail Sync', tokens(robot, 91 * day)), login('Other', robot, day))
    const mail = apps.find(({ name }) => name === 'Mail Sync')
    expect(mail).toMatchObject({
      state: 'dormant',
      findings: [
        { kind: 'dormant', why: 'not used for 91 days', remedy: expect.stringContaining('Revoke All') },
      ],
    })
  })

  test('that was registered long ago and never used is dormant, a new one is not', () => {
    const { apps } = report(visible, app('Old'), app('New', { CreatedDate: iso(now - day) }))
    expect(apps.map((each) => [each.name, each.state, kinds(each)])).toEqual([
      ['Old', 'unused', ['dormant']],
      ['New', 'unused', []],
    ])
  })

  test('that an administrator uses has too many rights, by token or by event', () => {
    const { apps } = report(
      visible,
      ...people,
      app('By Token', tokens(admin, hour)),
      app('By Event', tokens(robot, hour)),
      login('By Token', robot, hour),
      login('By Event', admin, hour),
    )
    for (const each of apps) {
      expect(each.findings).toEqual([
        {
          kind: 'over-privileged',
          why: "it acts with an administrator's rights: root@acme.example",
          remedy: 'give it a user of its own with the least permissions',
        },
      ])
    }
  })

  test('that any user may let in has too many rights once it reads by the API', () => {
    const open = app('Loader', { ApprovedUsersOnly: false, ...tokens(robot, hour) })
    const seen = login('Loader', robot, hour)
    expect(kinds(report(visible, open, seen).apps[0]!)).toEqual([])
    const { apps } = report(visible, open, seen, query(robot, hour, { LoginKey: 'key of Loader' }))
    expect(apps[0]?.findings).toMatchObject([
      { kind: 'over-privileged', remedy: expect.stringContaining('Admin approved users are pre-authorized') },
    ])
  })

  test('whose scopes let it do everything has too many rights, and one that the metadata names is known', () => {
    const scopes = new Map([
      ['ledger', ['Api', 'Full', 'RefreshToken']],
      ['bridge', ['Api', 'RefreshToken']],
    ])
    const { apps } = reportWith(
      { scopes },
      visible,
      ...people,
      app('Ledger', tokens(robot, day)),
      login('Ledger', robot, day),
      login('Bridge', robot, day),
      login('Stranger', robot, day),
    )
    const [ledger, stranger, bridge] = apps
    expect(ledger).toMatchObject({
      name: 'Ledger',
      scopes: ['Api', 'Full', 'RefreshToken'],
      findings: [
        {
          kind: 'over-privileged',
          why: 'its scopes let it do all that its users may: Full',
          remedy: expect.stringMatching(/Ledger → OAuth Settings: scope api instead of Full$/),
        },
      ],
    })
    expect(bridge).toMatchObject({ name: 'Bridge', scopes: ['Api', 'RefreshToken'], findings: [] })
    expect(stranger).toMatchObject({ name: 'Stranger', scopes: null, findings: [{ kind: 'unknown' }] })
  })

  test('that is not installed, or not listed at all, is unknown', () => {
    const { apps } = report(
      visible,
      app('Badge Scanner', { ConnectedAppId: null, ApprovedUsersOnly: null, ...tokens(robot, hour) }),
      login('Badge Scanner', robot, hour),
      login('My Ticket Portal', robot, hour),
    )
    expect(apps.map((each) => [each.name, each.registration, kinds(each)])).toEqual([
      ['Badge Scanner', 'not installed', ['unknown']],
      ['My Ticket Portal', 'not listed', ['unknown']],
    ])
    expect(apps[0]?.findings[0]?.remedy).toMatch(/Block.*Install/)
  })

  test('that no event names is told so, with how far the events reach', () => {
    const { apps } = report(
      visible,
      app('Quiet', tokens(robot, hour)),
      login('A', robot, 8 * day),
      login('A', robot, day),
    )
    expect(apps.find(({ name }) => name === 'Quiet')?.findings).toMatchObject([
      { kind: 'never-seen', why: 'no event of 7 days names it' },
    ])
  })

  test('that was used last before the first event cannot be among the events', () => {
    const { apps } = report(
      visible,
      app('Rare', tokens(robot, 20 * day)),
      login('A', robot, 8 * day),
      login('A', robot, day),
    )
    expect(apps.find(({ name }) => name === 'Rare')).toMatchObject({ state: 'in use', findings: [] })
  })

  test('that is gone is not in the report', () => {
    const gone: Message = { channel: '/forcewatch/app', payload: { Name: 'Quiet', IsGone: true } }
    expect(report(visible, app('Quiet'), gone).apps).toEqual([])
  })

  test('is what Salesforce calls an application: a browser or a program is none, unless there is such an app', () => {
    const events = [
      { ...login('Browser', robot, hour) },
      query(robot, hour, { UserAgent: 'python-requests/2.32' }),
      query(robot, hour, { Client: 'Support Desk/3.1' }),
    ]
    expect(report(visible, ...events).apps).toEqual([])
    const { apps } = report(visible, app('Support Desk', tokens(robot, hour)), ...events)
    expect(apps).toMatchObject([{ name: 'Support Desk', calls: 1, findings: [] }])
  })

  test('is judged by events alone where tokens cannot be seen', () => {
    const { apps } = report(
      app('A', tokens(admin, 200 * day)),
      login('A', robot, hour),
      login('B', robot, hour),
    )
    expect(apps).toMatchObject([
      { name: 'A', tokens: null, lastUsed: null, users: 1, state: 'in use', findings: [] },
      { name: 'B', registration: 'not listed', findings: [] },
    ])
  })
})

describe('the report', () => {
  const hostile = '=HYPERLINK("https://evil.example")\u001b[31m'
  const reports = [report(visible, app(hostile, tokens(robot, 100 * day)), app('Plain, with comma'))]

  test('as CSV has a heading, a line for each app, and no formula', () => {
    const [heading, first, second, end] = toAppCsv(reports).split('\r\n')
    expect(heading).toBe(
      'org,name,state,registration,scopes,users,tokens,last_used,last_seen,logins,calls,rows,findings,why,remedy',
    )
    expect(first).toContain(`acme,"'=HYPERLINK(""https://evil.example"")`)
    expect(second).toContain('acme,"Plain, with comma",unused')
    expect(end).toBe('')
  })

  test('as text holds nothing that a terminal obeys', () => {
    const [{ apps }] = reports as [(typeof reports)[0]]
    expect(`${toAppRows(apps).flat().join('')}${toAppSteps(apps)}`).not.toContain('\u001b')
  })

  test('as objects has one for each app', () => {
    expect([...toAppObjects(reports)]).toMatchObject([
      { org: 'acme', name: hostile, state: 'dormant', last_used: iso(now - 100 * day), last_seen: null },
      { org: 'acme', name: 'Plain, with comma', findings: [{ kind: 'dormant' }] },
    ])
  })
})
