import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { createSimulator } from '../../src/simulator/server/simulator.ts'
import { channel, lastBurst, loginEvents } from '../recovery/login-events.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20)
}

test('an attack that the stream lost without a word is alerted on', async () => {
  using folder = temporaryFolder()
  const connectedApps = [{ clientId: 'app', clientSecret: 'hush-hush', username: 'ingest@acme.example' }]
  const simulator = createSimulator({ clock: systemClock, logger, seed: 'lost', connectedApps })
  const { url } = await simulator.start()
  const file = folder.write(
    'forcewatch.yaml',
    JSON.stringify({
      orgs: [
        {
          name: 'acme',
          login_url: url,
          auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'hush-hush' },
          channels: [channel],
          directory: { enabled: false },
          reconciliation: { interval: '200ms', settle: '300ms', overlap: '1s' },
        },
      ],
      embedded: { directory: './data' },
      detectors: { directory: new URL('../recovery/detectors', import.meta.url).pathname },
      web: { port: 0 },
      checkpoint: { interval: '100ms' },
    }),
  )
  const app = createApp(loadConfig(file, { env: {} }), {
    roles: ['ingest', 'detect', 'alert'],
    clock: systemClock,
    logger,
    console: { stream: new PassThrough().resume(), format: 'json', colors: false },
  })
  await app.start()
  try {
    await until(() => simulator.sessions().length > 0)
    simulator.faults.inject({ kind: 'event-lost', times: lastBurst })
    for (const { payload } of loginEvents().slice(-lastBurst))
      simulator.publish(channel, payload, { eventDate: new Date(systemClock.now()) })
    await until(() => app.alerts.list().length > 0)
    const { values } = await app.metrics.reconcile_injected_total.get()
    expect(values).toMatchObject([{ labels: { event: 'LoginEventStream' }, value: lastBurst }])
  } finally {
    await app.stop()
    await simulator.stop()
  }
})
