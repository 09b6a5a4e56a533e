import { describe, expect, test } from 'vitest'
import { day, minute } from '../../../src/duration.ts'
import type { OrgApp } from '../../../src/simulator/server/org-apps.ts'
import { defaultSetup, type OrgSetup } from '../../../src/simulator/server/org-setup.ts'
import { until, watchOrg } from './watched-org.ts'

const directory = { enabled: true, interval: 100 }
const now = Date.UTC(2026, 10, 20)
const seesAll = { permissions: [...defaultSetup.permissions, 'CustomizeApplication'] }

function userId(index: number): string {
  return `0055f0000${String(100_000 + index)}AAA`
}

function app(name: string, tokens: number, registration?: Partial<OrgApp['registration']>): OrgApp {
  return {
    name,
    tokens: Array.from({ length: tokens }, (_, index) => ({
      userId: userId(index),
      created: now - 100 * day,
      lastUsed: now - (index + 1) * minute,
      uses: 3,
    })),
    ...(registration && {
      registration: { id: '0H45f000000001AAAQ', approvedUsersOnly: true, created: now, ...registration },
    }),
  }
}

type Watched = Awaited<ReturnType<typeof watchOrg>>

async function told({ records }: Watched, channel: string): Promise<Record<string, unknown>[]> {
  const all = (await records()).map(({ value, headers }) => ({ ...JSON.parse(value.toString()), headers }))
  const found = all.filter((record) => record.channel === channel)
  for (const { headers } of found) expect(headers.origin).toBe('directory')
  return found.map(({ data }) => data.payload)
}

async function readings({ metrics }: Watched): Promise<number> {
  const { values } = await metrics.directory_reads_total.get()
  return values.reduce((sum, { value }) => sum + value, 0)
}

describe('what an org says about itself', () => {
  test('is in the log before the first event and before its users, once, and again when it changes', async () => {
    const setup: { -readonly [K in keyof OrgSetup]?: OrgSetup[K] } = { timeZone: 'Asia/Tokyo' }
    await using org = await watchOrg({ simulator: { setup } })
    await org.started({ directory })
    org.publish(1)
    await org.everythingArrived()
    await until(async () => (await readings(org)) >= 3)
    const [first] = await org.records()
    expect(JSON.parse(first!.value.toString()).channel).toBe('/forcewatch/org')
    expect(await told(org, '/forcewatch/org')).toEqual([
      {
        EventDate: expect.any(String),
        Name: 'Simulated Org',
        OrganizationType: 'Enterprise Edition',
        IsSandbox: false,
        InstanceName: 'SIM1',
        TimeZone: 'Asia/Tokyo',
        TrialExpirationDate: null,
        Limits: expect.objectContaining({ DailyApiRequests: { Max: 1_000_000, Remaining: 998_000 } }),
        AppsVisible: true,
        TokensVisible: false,
      },
    ])
    // What is left of a limit is no news, an edition is.
    setup.limits = { DailyApiRequests: { Max: 1_000_000, Remaining: 900_000 } }
    setup.edition = 'Unlimited Edition'
    await until(async () => (await told(org, '/forcewatch/org')).length === 2)
    expect((await told(org, '/forcewatch/org'))[1]).toMatchObject({ OrganizationType: 'Unlimited Edition' })
  })
})

describe('the apps that can get at an org', () => {
  test('are told with registration and use; who uses them most lately comes first', async () => {
    const apps = [app('Order Bridge', 3, {}), app('Badge Scanner', 1)]
    await using org = await watchOrg({ simulator: { apps, setup: seesAll } })
    await org.started({ directory })
    await until(async () => (await told(org, '/forcewatch/app')).length === 2)
    const [bridge, scanner] = await told(org, '/forcewatch/app')
    expect(bridge).toMatchObject({
      Name: 'Order Bridge',
      ConnectedAppId: '0H45f000000001AAAQ',
      ApprovedUsersOnly: true,
      TokenCount: 3,
      UserCount: 3,
      UseCount: 9,
      LastUsedDate: '2026-11-19T23:59:00.000+0000',
      IsGone: false,
    })
    expect((bridge!.Users as { UserId: string }[]).map(({ UserId }) => UserId)).toEqual([0, 1, 2].map(userId))
    expect(scanner).toMatchObject({ Name: 'Badge Scanner', ConnectedAppId: null, ApprovedUsersOnly: null })
    expect(await told(org, '/forcewatch/org')).toMatchObject([{ TokensVisible: true }])
  })

  test('are told again when a user, a policy or the day of last use changes, and when they are gone', async () => {
    const apps = [app('Order Bridge', 2, {}), app('Badge Scanner', 1)]
    await using org = await watchOrg({ simulator: { apps, setup: seesAll } })
    await org.started({ directory })
    await until(async () => (await readings(org)) >= 3)
    expect(await told(org, '/forcewatch/app')).toHaveLength(2)
    apps[0] = app('Order Bridge', 2, { approvedUsersOnly: false })
    apps.pop()
    await until(async () => (await told(org, '/forcewatch/app')).length === 4)
    const later = (await told(org, '/forcewatch/app')).slice(2)
    expect(later).toMatchObject([
      { Name: 'Order Bridge', ApprovedUsersOnly: false },
      { Name: 'Badge Scanner', IsGone: true },
    ])
    const before = await readings(org)
    await until(async () => (await readings(org)) >= before + 2)
    expect(await told(org, '/forcewatch/app')).toHaveLength(4)
  })

  test('with more tokens than one query hands out are read to the end', async () => {
    const apps = [app('Mobile', 6_100, {})]
    await using org = await watchOrg({ simulator: { apps, setup: seesAll } })
    await org.started({ directory })
    await until(async () => (await told(org, '/forcewatch/app')).length === 1)
    const [mobile] = await told(org, '/forcewatch/app')
    expect(mobile).toMatchObject({ TokenCount: 6_100, UserCount: 6_100 })
    expect(mobile?.Users).toHaveLength(200)
  })

  test('that may not be seen are said once, and users and events go on', async () => {
    await using org = await watchOrg({ simulator: { hidden: ['ConnectedApplication'] } })
    await org.started({ directory })
    org.publish(2)
    await org.everythingArrived()
    await until(async () => (await readings(org)) >= 3)
    const warned = org.lines.filter(({ msg }) =>
      msg.startsWith('the connected apps of the org cannot be read'),
    )
    expect(warned).toMatchObject([{ remedy: expect.stringContaining('View Setup and Configuration') }])
    expect(await told(org, '/forcewatch/org')).toMatchObject([{ AppsVisible: false }])
    expect(await told(org, '/forcewatch/directory')).toHaveLength(1)
  })
})
