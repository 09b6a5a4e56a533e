import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigFile } from '../../src/config/schema.ts'
import { metricTable } from '../../src/metrics.ts'
import { ownBackend } from '../support/own-backend.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { detectorText } from '../unit/detection/detector-file.ts'
import { createInstallation, type Installation, type Service } from './installation.ts'

const channel = '/event/LoginEventStream'
const brokers = await kafkaBrokers()
const redis = await redisUrl()

describe.skipIf(!brokers || !redis)('who runs the service on Kafka and Redis', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let installation: Installation

  beforeEach(async () => {
    folder = temporaryFolder()
    folder.write('burst.yaml', detectorText())
    installation = await createInstallation({
      config: {
        ...ownBackend('operations', brokers ?? [], redis ?? ''),
        detectors: { directory: folder.path },
        logging: { level: 'debug', format: 'json' },
      } satisfies Partial<ConfigFile>,
      watch: { channels: [channel] },
    })
  })

  afterEach(async () => {
    await installation.close()
    folder[Symbol.dispose]()
  })

  /** What the detector in the folder fires at. */
  async function logInFiveTimes(user: string): Promise<void> {
    const { simulator } = installation
    await simulator.ready()
    for (let login = 0; login < 5; login++) {
      simulator.publish(channel, {
        UserId: user,
        Username: user,
        Status: 'Success',
        LoginType: 'Application',
      })
    }
  }

  async function notifiedAbout(user: string): Promise<void> {
    const { slack } = installation
    await slack.until(() => slack.accepted.some(({ text }) => text.includes(user)))
  }

  test('sees that it lives at once, and that it is ready when it works, with the reason until then', async () => {
    installation.simulator.faults.inject({ kind: 'token-unavailable', times: Number.POSITIVE_INFINITY })
    const service = await installation.launch()
    await service.logged('running')
    expect(await ask(service, '/-/healthy')).toEqual({ status: 200, body: 'healthy\n' })
    const { status, body } = await ask(service, '/-/ready')
    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({
      ready: false,
      reasons: expect.arrayContaining([expect.stringContaining('org acme')]),
    })

    installation.simulator.faults.clear()
    await service.ready()
    expect(await ask(service, '/-/healthy')).toEqual({ status: 200, body: 'healthy\n' })
    const ready = await ask(service, '/-/ready')
    expect(JSON.parse(ready.body)).toEqual({ ready: true, reasons: [] })

    expect(await service.stop()).toEqual({ code: 0, signal: null })
    await expect(ask(service, '/-/healthy')).rejects.toThrow('fetch failed')
  })

  test('finds every metric of the table, with numbers in those that count what has happened', async () => {
    const service = await installation.start()
    await logInFiveTimes('erin')
    await notifiedAbout('erin')
    const { body } = await ask(service, '/metrics')
    for (const [name, { type, help }] of Object.entries(metricTable)) {
      expect(body).toContain(`# HELP forcewatch_${name} ${help}\n`)
      expect(body).toContain(`# TYPE forcewatch_${name} ${type}\n`)
    }
    expect(await service.metric('build_info')).toBe(1)
    expect(await service.metric('session_up', 'org="acme"')).toBe(1)
    expect(await service.metric('events_received_total', `channel="${channel}"`)).toBe(5)
    expect(await service.metric('records_processed_total', 'stage="detect"')).toBe(5)
    expect(await service.metric('detections_total', 'detector="burst"')).toBeGreaterThanOrEqual(1)
    expect(await service.metric('alerts_total', 'event="opened"')).toBe(1)
    expect(await service.metric('partitions_owned', 'stage="detect"')).toBe(2)
    expect(body).not.toContain('erin')
  })

  test('sends SIGHUP: a broken detector is refused with its place, and the old ones stay; a mended one is taken', async () => {
    const service = await installation.start()
    expect(await service.metric('config_last_reload_successful')).toBe(1)

    const file = folder.write('second.yaml', detectorText({ id: 'id: second', windows: 'windows: [ten]' }))
    service.signal('SIGHUP')
    await service.logged('the old ones stay')
    const refusal = linesOf(service).find(({ msg }) => String(msg).includes('the old ones stay'))
    expect(JSON.stringify(refusal)).toMatch(new RegExp(`${file}:8:\\d+ windows`))
    expect(await service.metric('config_last_reload_successful')).toBe(0)
    expect(await service.metric('detectors_loaded')).toBe(1)
    await logInFiveTimes('frank')
    await notifiedAbout('frank')

    folder.write('second.yaml', detectorText({ id: 'id: second', title: 'title: Logins anew' }))
    service.signal('SIGHUP')
    await service.logged('detectors reloaded')
    expect(await service.metric('config_last_reload_successful')).toBe(1)
    expect(await service.metric('detectors_loaded')).toBe(2)
    await logInFiveTimes('grace')
    const { slack } = installation
    await slack.until(() =>
      slack.accepted.some(
        ({ text, blocks }) => /grace/.test(text) && JSON.stringify(blocks).includes('Logins anew'),
      ),
    )
  })

  test('ends it at once with a second signal, whatever it waits for', async () => {
    const { slack } = installation
    const service = await installation.start()
    slack.fail({ status: 200, hang: true }, Number.POSITIVE_INFINITY)
    await logInFiveTimes('heidi')
    await slack.until(() => slack.requests.length === 1)
    service.signal('SIGTERM')
    await service.logged('stopping')
    service.signal('SIGTERM')
    expect(await service.ended).toEqual({ code: null, signal: 'SIGTERM' })
  })

  test('reads a log of JSON, a line each, that holds no secret even when things go wrong', async () => {
    const { slack, simulator, secrets } = installation
    simulator.faults.inject({ kind: 'token-unavailable' })
    slack.fail({ status: 500, body: 'oh no' })
    const service = await installation.start()
    await logInFiveTimes('ivan')
    await notifiedAbout('ivan')
    expect(await service.stop()).toEqual({ code: 0, signal: null })
    for (const line of linesOf(service)) {
      expect(line).toEqual(expect.objectContaining({ level: expect.any(String), time: expect.any(String) }))
    }
    expect(service.log()).toContain('did not take a notification')
    for (const secret of secrets) expect(service.log()).not.toContain(secret)
  })

  test('reads a topic of Kafka as one JSON object a line', async () => {
    const service = await installation.start()
    await logInFiveTimes('judy')
    await notifiedAbout('judy')
    await service.stop()
    const config = await installation.configure(0)
    const read = await runForcewatch(
      ['log', 'read', 'detections', '--json', '--config', config],
      installation.env,
    )
    expect(read.code).toBe(0)
    const records = read.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => index))
    for (const record of records) {
      expect(record).toMatchObject({
        topic: installation.topics.detections,
        key: installation.simulator.org.id,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        value: { kind: expect.stringMatching(/^(detection|progress)$/), org: { name: 'acme' } },
      })
    }
    const detections = records.filter(({ value }) => value.kind === 'detection')
    expect(detections[0].value).toMatchObject({
      detector: { id: 'burst' },
      entity: { id: 'judy' },
      observed: 5,
    })
  })
})

async function ask({ url }: Service, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${url}${path}`)
  return { status: response.status, body: await response.text() }
}

function linesOf(service: Service): readonly Record<string, unknown>[] {
  return service
    .log()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
