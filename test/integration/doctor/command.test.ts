import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/server/simulator.ts'
import { createFakePagerDuty, routingKey } from '../../support/fake-pagerduty.ts'
import { createFakeSlack } from '../../support/fake-slack.ts'
import { runForcewatch } from '../../support/run-forcewatch.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const secret = 'the-secret-of-the-app'

describe('forcewatch doctor', () => {
  let simulator: Simulator
  let folder: ReturnType<typeof temporaryFolder>
  let url: string
  beforeEach(async () => {
    folder = temporaryFolder()
    simulator = createSimulator({
      clock: systemClock,
      logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
      seed: 'doctor',
      connectedApps: [{ clientId: 'app', clientSecret: secret, username: 'forcewatch@acme.example' }],
    })
    url = (await simulator.start()).url
  })
  afterEach(async () => {
    await simulator.stop()
    folder[Symbol.dispose]()
  })

  function configure(rest: object = {}, given = secret): string {
    const auth = { flow: 'client_credentials', client_id: 'app', client_secret: given }
    const orgs = [{ name: 'acme', login_url: url, auth }]
    return folder.write(
      'forcewatch.yaml',
      JSON.stringify({ orgs, embedded: { directory: './data' }, ...rest }),
    )
  }

  async function findings(
    args: readonly string[],
  ): Promise<{ code: number; found: Finding[]; last: unknown }> {
    const { code, stdout } = await runForcewatch(['doctor', '--json', ...args])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    return { code, found: lines.slice(0, -1), last: lines.at(-1) }
  }

  test('ends with 0 where all is well, and has sent nobody anything', async () => {
    const slack = await createFakeSlack()
    const config = configure({ receivers: [{ name: 'soc', slack: { webhook_url: slack.url } }] })
    const { code, stdout, stderr } = await runForcewatch(['doctor', '--config', config])
    await slack.close()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^org acme\n {2}ok {7}token/)
    expect(stdout).toContain('files\n')
    expect(stdout).toContain('not tried: --send-test-message sends one message')
    expect(stdout).toMatch(/\n\d+ ok, 0 warnings, 0 failed\n$/)
    expect(slack.accepted).toEqual([])
  })

  test('ends with 1 where something failed, looks at everything else, and shows no secret', async () => {
    const config = configure({ embedded: { directory: '/proc/self/nowhere' } }, 'not-the-secret')
    const { code, found, last } = await findings(['--config', config])
    expect(code).toBe(1)
    expect(found.filter(({ status }) => status === 'failed')).toMatchObject([
      { part: 'org acme', check: 'token', remedy: expect.stringContaining('client_secret') },
      { part: 'files', check: 'writable', remedy: expect.stringContaining('embedded.directory') },
    ])
    expect(
      found
        .filter(({ status }) => status !== 'ok')
        .every(({ remedy, status }) => status === 'skipped' || remedy),
    ).toBe(true)
    expect(last).toEqual({
      file: config,
      ok: false,
      findings: { ok: expect.any(Number), warning: 0, failed: 2, skipped: 6 },
    })
    expect(JSON.stringify(found)).not.toContain('not-the-secret')
  })

  test('sends a test message and its end to each receiver when asked to', async () => {
    const slack = await createFakeSlack()
    const pagerduty = await createFakePagerDuty()
    const config = configure({
      receivers: [
        { name: 'soc', slack: { webhook_url: slack.url } },
        { name: 'duty', pagerduty: { routing_key: routingKey, url: pagerduty.url } },
        { name: 'gone', slack: { webhook_url: `${slack.url}-of-nobody` } },
      ],
      routes: [{ receivers: ['soc', 'duty'] }],
    })
    const { code, found } = await findings(['--send-test-message', '--config', config])
    await slack.close()
    await pagerduty.close()
    expect(code).toBe(1)
    const delivery = found
      .filter(({ check }) => check === 'delivery')
      .map(({ part, status }) => [part, status])
    expect(delivery).toEqual([
      ['receiver soc', 'ok'],
      ['receiver duty', 'ok'],
      ['receiver gone', 'failed'],
    ])
    expect(found.find(({ part, check }) => part === 'receiver gone' && check === 'routes')).toMatchObject({
      status: 'warning',
    })
    expect(slack.accepted.map(({ text }) => text)).toEqual([
      expect.stringContaining('test message of forcewatch doctor'),
      expect.stringContaining('forcewatch doctor'),
    ])
    const [first, end] = pagerduty.accepted
    expect([first?.event_action, end?.event_action]).toEqual(['trigger', 'resolve'])
    expect(end?.dedup_key).toBe(first?.dedup_key)
  })

  test('is refused a configuration that is wrong, with every problem of it', async () => {
    const { code, stderr } = await runForcewatch(['doctor', '--config', configure({ logg: 'kafka' })])
    expect(code).toBe(78)
    expect(stderr).toContain('logg')
  })
})
