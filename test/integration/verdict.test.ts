import { expect, test } from 'vitest'
import { createApp, type Ports } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { channel, lastBurst, loginEvents } from '../recovery/login-events.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const detectors = new URL('../recovery/detectors', import.meta.url).pathname
const orgId = '00Dxx0000001gPLEAY'

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20)
}

test('a verdict given on the command line goes through the log to the alert and to topic alerts', async () => {
  using place = temporaryFolder()
  const file = place.write(
    'forcewatch.yaml',
    JSON.stringify({
      orgs: [
        {
          name: 'acme',
          login_url: 'http://127.0.0.1:1',
          auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'hush' },
        },
      ],
      embedded: { directory: './data' },
      detectors: { directory: detectors },
      web: { port: 0 },
      checkpoint: { interval: '100ms' },
    }),
  )
  const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
  let ports: Ports | undefined
  const app = createApp(loadConfig(file, { env: {} }), {
    roles: ['detect', 'alert'],
    clock: systemClock,
    logger,
    console: { stream: process.stderr, format: 'json', colors: false },
    wrapPorts: (opened) => (ports = opened),
  })
  const { url } = await app.start()
  try {
    const events = loginEvents()
      .slice(-lastBurst)
      .map(({ payload }, index) => ({
        key: orgId,
        value: JSON.stringify({
          channel,
          data: { payload, event: { EventUuid: `verdict-${index}`, EventApiName: 'LoginEventStream' } },
        }),
        headers: { org: 'acme', origin: 'stream' },
      }))
    await ports?.log.append('forcewatch.events', events)
    await until(() => app.alerts.list().length > 0)
    const [alert] = app.alerts.list()
    const id = alert?.id ?? ''
    const give = (...args: string[]) => runForcewatch(['verdict', ...args, '--url', url])

    expect(await give(id, 'expected', '--note', 'a load test', '--by', 'ann')).toMatchObject({
      code: 0,
      stdout: 'noted\n',
    })
    await until(() => app.alerts.get(id)?.verdict !== undefined)
    expect(app.alerts.get(id)).toMatchObject({
      status: alert?.status,
      verdict: { word: 'expected', by: 'ann', note: 'a load test' },
    })
    expect(app.alerts.get(id)?.history.at(-1)?.detail).toContain('expected by ann: a load test')

    const findings: { verdict_id?: number }[] = []
    for (const { partition, first } of (await ports?.log.offsets('forcewatch.alerts')) ?? [])
      for await (const { value } of ports!.log.read({ topic: 'forcewatch.alerts', partition }, first))
        findings.push(JSON.parse(value.toString()))
    expect(findings.some(({ verdict_id }) => verdict_id === 5)).toBe(true)

    expect(await give('f'.repeat(32), 'test')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no alert'),
    })
    expect((await give(id, 'guilty')).code).toBe(2)
  } finally {
    await app.stop()
  }
}, 60_000)
