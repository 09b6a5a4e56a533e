import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { day } from '../../src/duration.ts'
import { defaultSetup } from '../../src/simulator/server/org-setup.ts'
import { createApps } from '../../src/simulator/traffic/apps.ts'
import { generateTraffic } from '../../src/simulator/traffic/generate.ts'
import { createOrg } from '../../src/simulator/traffic/org.ts'
import { writeTraffic } from '../../src/simulator/traffic-file.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { until, watchOrg } from './salesforce/watched-org.ts'

/** What ingest writes about a simulated org whose user sees all tokens, and two of its days. */
async function recordOrg(file: string): Promise<void> {
  const org = createOrg({ seed: 'apps', size: 'small' })
  const now = Date.now()
  const apps = createApps(org, now)
  const setup = { permissions: [...defaultSetup.permissions, 'CustomizeApplication'] }
  await using watched = await watchOrg({ simulator: { users: org.users, apps, setup } })
  await watched.started({ directory: { enabled: true, interval: 100 } })
  const isTold = async () => (await watched.records()).length >= org.users.length + apps.length + 1
  await until(isTold)
  const output = createWriteStream(file)
  for (const { value } of await watched.records()) output.write(`${value}\n`)
  await writeTraffic(generateTraffic({ org, seed: 'apps', from: now - 2 * day, to: now }), output, 'apps')
  await finished(output.end())
}

describe('forcewatch report apps', () => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'events.ndjson')
  beforeAll(() => recordOrg(file), 120_000)
  afterAll(() => folder[Symbol.dispose]())

  test('tells which apps of an org are in use, dormant, over-privileged, unknown or never seen', async () => {
    const { code, stdout } = await runForcewatch(['report', 'apps', '--file', file, '--json'])
    expect(code).toBe(0)
    const apps = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => [JSON.parse(line).name, JSON.parse(line)]),
    )
    const kinds = (name: string) => apps.get(name)?.findings.map(({ kind }: { kind: string }) => kind)
    expect(apps.get('Order Bridge')).toMatchObject({
      state: 'in use',
      registration: 'approved users',
      findings: [],
    })
    expect(apps.get('Order Bridge').calls).toBeGreaterThan(100)
    expect(kinds('Nightly Backup')).toEqual(['over-privileged'])
    expect(kinds('Legacy Mail Sync')).toEqual(['dormant'])
    expect(kinds('Trial Dashboard')).toEqual(['dormant'])
    expect(kinds('Badge Scanner')).toEqual(['unknown'])
    expect(kinds('Data Loader')).toEqual(['over-privileged'])
    expect(kinds('Chat Notifier')).toEqual(['never-seen'])
    expect(apps.has('Browser')).toBe(false)
  })

  test('prints a table with what to do, or CSV', async () => {
    const text = await runForcewatch(['report', 'apps', '--file', file])
    expect(text.stdout).toMatch(/^APP +STATE +LETS IN/m)
    expect(text.stdout).toMatch(/^Legacy Mail Sync +dormant +any user/m)
    expect(text.stdout).toContain(
      '  dormant: not used for 214 days\n    → Setup → Connected Apps OAuth Usage',
    )
    const csv = await runForcewatch([
      'report',
      'apps',
      '--file',
      file,
      '--format',
      'csv',
      '--dormant',
      '300d',
    ])
    expect(csv.stdout.split('\r\n')[0]).toMatch(/^org,name,state/)
    expect(csv.stdout).toMatch(/,Legacy Mail Sync,in use,/)
  })

  test('tells scopes where an administrator has retrieved them', async () => {
    const without = await runForcewatch(['report', 'apps', '--file', file])
    expect(without.stdout).toContain('Scopes are not known')
    folder.write(
      'force-app/Order.connectedApp-meta.xml',
      '<ConnectedApp><label>Order Bridge</label><oauthConfig><scopes>Api</scopes><scopes>Web</scopes></oauthConfig></ConnectedApp>',
    )
    const metadata = join(folder.path, 'force-app')
    const { stdout } = await runForcewatch(['report', 'apps', '--file', file, '--metadata', metadata])
    expect(stdout).not.toContain('Scopes are not known')
    expect(stdout).toMatch(/^Order Bridge +in use +approved users +Api Web .*over-privileged$/m)
  })

  test('without a log to read it says so', async () => {
    const config = folder.write(
      'forcewatch.yaml',
      JSON.stringify({
        orgs: [
          {
            name: 'acme',
            login_url: 'https://acme.my.salesforce.com',
            auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'secret' },
          },
        ],
        embedded: { directory: './data' },
      }),
    )
    const { code, stderr } = await runForcewatch(['report', 'apps', '--config', config])
    expect(code).toBe(2)
    expect(stderr).toContain('there is no topic')
  })
})
