import { describe, expect, test } from 'vitest'
import { second } from '../../../src/duration.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import { directoryRecords } from '../../../src/simulator/directory-records.ts'
import type { OrgUser } from '../../../src/simulator/server/org-user.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import { until, watchOrg } from './watched-org.ts'

const directory = { enabled: true, interval: 100 }

function people(count: number): OrgUser[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `0055f0000${String(100_000 + index)}AAA`,
    username: `user${index}@acme.example`,
    name: `User ${index}`,
    userType: 'Standard',
    profile: 'Sales User',
    role: 'Sales',
    department: 'Sales',
    modified: Date.UTC(2026, 0, 1) + index * second,
  }))
}

type Watched = Awaited<ReturnType<typeof watchOrg>>

async function told({ records }: Watched): Promise<Record<string, unknown>[]> {
  const all = (await records()).map(({ value }) => JSON.parse(value.toString()))
  return all.filter(({ channel }) => channel === '/forcewatch/directory').map(({ data }) => data.payload)
}

async function reads({ metrics }: Watched, outcome: string): Promise<number> {
  const { values } = await metrics.directory_reads_total.get()
  return values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0
}

function warnings({ lines }: Watched) {
  return lines.filter(({ msg }) => msg.startsWith('the users of the org cannot be read in full'))
}

describe('the directory of an org', () => {
  test('is in the log before the first event, page after page, each user once', async () => {
    const users = people(4500)
    await using org = await watchOrg({ simulator: { users } })
    await org.started({ directory })
    org.publish(1)
    await org.everythingArrived()
    await until(async () => (await reads(org, 'ok')) >= 3)
    const records = await org.records()
    expect(records.findIndex(({ headers }) => headers.origin === 'stream')).toBe(4502)
    const names = (await told(org)).map(({ Username }) => Username)
    expect(new Set(names).size).toBe(4501)
    expect(names).toHaveLength(4501)
    expect(records[0]?.key).toBe(org.simulator.org.id)
    expect(warnings(org)).toEqual([])
  })

  test('tells of who is new or changed, also after a restart, and of nobody else', async () => {
    const users = people(3)
    await using org = await watchOrg({ simulator: { users } })
    const ingest = await org.started({ directory })
    await until(async () => (await told(org)).length === 4)
    await ingest.stop()
    users[1] = { ...users[1]!, profile: 'System Administrator', modified: Date.UTC(2026, 5, 1) }
    users.push({ ...people(5)[4]!, modified: Date.UTC(2026, 5, 2) })
    // A login is no change.
    users[0] = { ...users[0]!, lastLogin: Date.UTC(2026, 5, 1), modified: Date.UTC(2026, 5, 3) }
    await org.started({ directory })
    await until(async () => (await told(org)).length >= 6 && (await reads(org, 'ok')) >= 3)
    const later = (await told(org)).slice(4)
    expect(later).toMatchObject([
      { Username: 'user1@acme.example', Profile: 'System Administrator' },
      { Username: 'user4@acme.example', IsActive: true },
    ])
    expect(later).toHaveLength(2)
  })

  test('is written as the simulator writes it into files', async () => {
    const { users } = createOrg({ seed: 'directory', size: 'small' })
    await using org = await watchOrg({ simulator: { users } })
    await org.started({ directory })
    await until(async () => (await told(org)).length > users.length)
    const expected = [...directoryRecords(users, 0)].map((line) => JSON.parse(line).data.payload)
    const withoutDate = (payload: Record<string, unknown>) => ({ ...payload, EventDate: '' })
    const found = new Map((await told(org)).map((payload) => [payload.UserId, withoutDate(payload)]))
    for (const payload of expected) expect(found.get(payload.UserId)).toEqual(withoutDate(payload))
  })

  test.each([
    [['Profile', 'UserRole'], 'it may not see Profile.Name, UserRole.Name', 'View Roles and Role Hierarchy'],
    [['User.Department'], 'it may not see Department', 'Read Access to the field Department'],
    [['User'], 'INVALID_TYPE', 'View All Users'],
  ])(
    'without permission for %s it warns once with the remedy, and events go on',
    async (hidden, text, remedy) => {
      await using org = await watchOrg({ simulator: { users: people(3), hidden } })
      await org.started({ directory })
      await until(async () => (await reads(org, 'partial')) + (await reads(org, 'denied')) >= 3)
      expect(warnings(org)).toHaveLength(1)
      expect(warnings(org)[0]?.msg).toContain(text)
      expect(warnings(org)[0]?.remedy).toContain(remedy)
      org.publish(2)
      await org.everythingArrived()
    },
  )

  test('says that it sees nobody but itself', async () => {
    await using org = await watchOrg()
    await org.started({ directory })
    await until(() => warnings(org).length === 1)
    expect(warnings(org)[0]?.remedy).toContain('View All Users')
  })

  test('is not read where that is switched off', async () => {
    await using org = await watchOrg({ simulator: { users: people(3) } })
    await org.started({ directory: { enabled: false, interval: 100 } })
    org.publish(1)
    await org.everythingArrived()
    expect(await told(org)).toEqual([])
    expect(org.simulator.requests().rest).toBe(0)
  })

  test('loses nobody when the log refuses for a while', async () => {
    let refusals = 3
    await using org = await watchOrg({
      simulator: { users: people(600) },
      wrapLog: (log) => ({
        ...log,
        append: async (topic, records) => {
          if (refusals-- > 0) throw new ForcewatchError('LOG_UNAVAILABLE', 'not now')
          return log.append(topic, records)
        },
      }),
    })
    await org.started({ directory })
    await until(async () => (await told(org)).length === 601)
  })
})
