import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../src/clock.ts'
import type { ConfigFile } from '../../src/config/schema.ts'
import { second } from '../../src/duration.ts'
import { channel, loginEvents } from '../recovery/login-events.ts'
import { freePort } from '../support/free-port.ts'
import { canStartRedis, startPrivateRedis } from '../support/private-redis.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createInstallation, type Installation } from './installation.ts'

/** What is wrong from the outside: each is told with what, where and the remedy, and costs no event and no alert. */

const detectors = new URL('../recovery/detectors', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'forcewatch-bad-input-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the service does not start', () => {
  const secret = 'a-secret-nobody-may-see'
  const good = {
    orgs: [
      {
        name: 'acme',
        login_url: 'http://127.0.0.1:1',
        auth: { flow: 'client_credentials', client_id: 'app', client_secret: secret },
      },
    ],
    embedded: { directory: './data' },
    detectors: { directory: detectors },
    web: { port: 0 },
  }

  async function start(change: object) {
    using place = temporaryFolder()
    const file = place.write('forcewatch.yaml', JSON.stringify({ ...good, ...change }, undefined, 2))
    const { code, stderr } = await runForcewatch(['run', '--config', file])
    expect(stderr).not.toContain(secret)
    expect(stderr).not.toMatch(/^ +at /m)
    return { code, stderr }
  }

  test('with an unknown key in the configuration', async () => {
    expect(await start({ recievers: [] })).toEqual({
      code: 78,
      stderr: expect.stringMatching(
        /forcewatch\.yaml:\d+:3 recievers: unknown key — did you mean receivers\?/,
      ),
    })
  })

  test('with a broken detector', async () => {
    using place = temporaryFolder()
    place.write('broken.yaml', 'id: broken\nentity: usr\n')
    const run = await start({ detectors: { directory: place.path } })
    expect(run.code).toBe(78)
    expect(run.stderr).toMatch(/broken\.yaml:2:9 entity: unknown field usr — did you mean user\?/)
    expect(run.stderr).toContain('Mend the files')
  })

  test('without any detector', async () => {
    using place = temporaryFolder()
    const run = await start({ detectors: { directory: place.path } })
    expect(run).toEqual({
      code: 78,
      stderr: expect.stringContaining('holds no detector (*.yaml)\n  Name the'),
    })
  })

  test('in a directory that it cannot use', async () => {
    using place = temporaryFolder()
    const directory = place.write('a-file', '')
    const run = await start({ embedded: { directory } })
    expect(run.code).toBe(78)
    expect(run.stderr).toContain(`The embedded log ${directory}/log.db failed`)
    expect(run.stderr).toContain('Check that the directory exists')
  })

  test('while Kafka cannot be reached', async () => {
    const broker = `127.0.0.1:${await freePort()}`
    const run = await start({ log: 'kafka', kafka: { brokers: [broker] } })
    expect(run.code).toBe(69)
    expect(run.stderr).toContain(`forcewatch: Kafka at ${broker} failed`)
    expect(run.stderr).toContain('Check that the brokers run')
  })

  test.runIf(canStartRedis)('when Redis refuses its password', async () => {
    const redis = await startPrivateRedis({ args: ['--requirepass', 'the-right-one'] })
    try {
      const run = await start({ store: 'redis', redis: { url: redis.url, password: secret } })
      expect(run.code).toBe(78)
      expect(run.stderr).toContain(`forcewatch: Redis at 127.0.0.1:${redis.port} failed`)
      expect(run.stderr).toContain('Check `redis.username` and `redis.password`')
    } finally {
      await redis.stop()
    }
  })
})

describe('the service goes on', () => {
  let installation: Installation | undefined
  afterEach(async () => {
    await installation?.close()
    installation = undefined
  })

  const install = async (name: string): Promise<Installation> => {
    const config: Partial<ConfigFile> = {
      embedded: { directory: join(folder, name) },
      detectors: { directory: detectors },
    }
    installation = await createInstallation({ config, watch: { channels: [channel] } })
    return installation
  }
  const publish = ({ simulator }: Installation, from: number, to?: number) => {
    for (const { time, payload } of loginEvents().slice(from, to))
      simulator.publish(channel, payload, { eventDate: time })
  }

  test('past a malformed record, which waits in the dead-letter topic as it came', async () => {
    const here = await install('malformed')
    const service = await here.start()
    publish(here, 0, 100)
    await service.until(
      async () => (await service.metric('records_processed_total', 'stage="detect"')) === 100,
    )
    const headers = { org: 'acme', origin: 'stream' }
    const key = here.simulator.org.id
    const values = ['{"channel":"/event/LoginEventStream",', '{"channel":"/event/X","data":7}']
    await here.log.append(
      here.topics.events,
      values.map((value) => ({ key, value: Buffer.from(value), headers })),
    )
    publish(here, 100)
    await here.slack.until(() => JSON.stringify(here.slack.accepted).includes('user99@'), 30_000)
    expect(await service.metric('records_dead_total', 'stage="detect"')).toBe(2)
    await service.stop()

    const file = await here.configure(0)
    const read = await runForcewatch(['log', 'read', 'dead-letter', '--json', '--config', file], here.env)
    const records = read.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records).toMatchObject([
      { key, value: values[0], headers: { code: 'RECORD_MALFORMED', reason: 'the value is not JSON' } },
      { key, value: JSON.parse(values[1] ?? ''), headers: { offset: '101', topic: here.topics.events } },
    ])
  })

  test('after its token was revoked', async () => {
    const here = await install('revoked')
    const service = await here.start()
    publish(here, 0, 100)
    await service.until(
      async () => (await service.metric('records_processed_total', 'stage="detect"')) === 100,
    )
    here.simulator.faults.inject({ kind: 'token-revoked' })
    publish(here, 100)
    await here.slack.until(() => JSON.stringify(here.slack.accepted).includes('user99@'), 30_000)
    expect(await service.metric('records_processed_total', 'stage="detect"')).toBe(loginEvents().length)
    for (const secret of here.secrets) expect(service.log()).not.toContain(secret)
  })

  test('while Salesforce refuses the login, unready and with the remedy in its log', async () => {
    const here = await install('refused')
    here.simulator.faults.inject({ kind: 'token-not-approved', times: 1000 })
    const service = await here.launch()
    await service.logged("user hasn't approved this consumer")
    const line = service
      .log()
      .split('\n')
      .find((text) => text.includes('approved this consumer'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'error',
      org: 'acme',
      msg: expect.stringContaining('—'),
    })
    const ready = await fetch(`${service.url}/-/ready`)
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('org acme')])
    expect((await fetch(`${service.url}/-/healthy`)).status).toBe(200)
    expect(await service.stop()).toMatchObject({ code: 0 })
  })

  test('until it is stopped, which takes no longer because Salesforce leaves a login without an answer', async () => {
    const here = await install('silent')
    here.simulator.faults.inject({ kind: 'token-silent', times: Number.POSITIVE_INFINITY })
    const service = await here.launch()
    await service.until(async () => here.simulator.requests().token === 1)
    const begun = clock.monotonic()
    expect(await service.stop()).toMatchObject({ code: 0 })
    expect(clock.monotonic() - begun).toBeLessThan(8 * second)
  })

  test('when a receiver refuses, tells the other one, and the first after a restart with the mended address', async () => {
    const here = await install('receiver')
    here.slack.fail({ status: 403, body: 'action_prohibited' }, Number.POSITIVE_INFINITY)
    const first = await here.start()
    publish(here, 0)
    await here.pagerduty.until(() => JSON.stringify(here.pagerduty.accepted).includes('user99@'), 30_000)
    await first.logged('action_prohibited')
    for (const secret of here.secrets) expect(first.log()).not.toContain(secret)
    await first.stop()
    here.slack.recover()
    await here.start()
    await here.slack.until(() => JSON.stringify(here.slack.accepted).includes('user99@'), 30_000)
  })
})
