import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { day } from '../../src/duration.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { detectorText } from '../unit/detection/detector-file.ts'

test('a running service says every day which exceptions have ended', async () => {
  using place = temporaryFolder()
  const expires = new Date(Date.now() + 40 * day).toISOString().slice(0, 10)
  const exceptions = `exceptions: [{ match: { user: u9 }, reason: known, owner: me, expires: ${expires} }]`
  place.write('detectors/burst.yaml', detectorText({ exceptions }))
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
      detectors: { directory: './detectors' },
      web: { port: 0 },
    }),
  )
  let passed = 0
  const daily: (() => void)[] = []
  const clock = {
    ...systemClock,
    now: () => Date.now() + passed,
    every(ms: number, callback: () => void) {
      if (ms === day) daily.push(callback)
      return systemClock.every(ms, callback)
    },
  }
  const lines = new PassThrough()
  const logger = createLogger({ level: 'warn', format: 'json' }, createSecretScrubber(), lines)
  const app = createApp(loadConfig(file, { env: {} }), { roles: ['detect'], clock, logger })
  await app.start()
  try {
    passed = 45 * day
    for (const lint of daily) lint()
    expect(String(lines.read())).toContain(`the exception ended with ${expires}`)
  } finally {
    await app.stop()
  }
})
