import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { day, minute } from '../../src/duration.ts'
import { ownBackend } from '../support/own-backend.ts'
import { runForcewatch } from '../support/run-forcewatch.ts'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { createInstallation, type Installation } from './installation.ts'

const brokers = (await kafkaBrokers()) ?? []
const redis = (await redisUrl()) ?? ''
const main = new URL('../../src/main.ts', import.meta.url).pathname
const logins = '/event/LoginEventStream'

/** What happened on three days. */
function keepHistory({ simulator }: Installation): ReadonlySet<string> {
  const ids = new Set<string>()
  const end = systemClock.now() - minute
  for (let date = end - 3 * day; date < end; date += minute) {
    const EventIdentifier = `stored-${ids.size}`
    ids.add(EventIdentifier)
    simulator.keep(logins, { EventIdentifier, EventDate: new Date(date).toISOString(), Status: 'Success' })
  }
  return ids
}

async function recordsOf({ log, topics }: Installation) {
  const records: { id: string; origin: string | undefined }[] = []
  for (const { partition, first } of await log.offsets(topics.events))
    for await (const { value, headers } of log.read({ topic: topics.events, partition }, first)) {
      const { EventIdentifier: id } = JSON.parse(value.toString()).data.payload
      if (id !== undefined) records.push({ id, origin: headers.origin })
    }
  return records
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50)
}

describe.skipIf(brokers.length === 0 || redis === '')('with a broker and a server', () => {
  test('a backfill that is killed goes on, and the service comes after it', {
    timeout: 120_000,
  }, async () => {
    const installation = await createInstallation({
      config: ownBackend('backfill', brokers, redis),
      watch: { channels: [logins], reconciliation: { settle: '1s' } },
    })
    try {
      const { simulator, env } = installation
      const stored = keepHistory(installation)
      const args = ['backfill', '--days', '4', '--config', await installation.configure(0)]
      const killed = spawn(process.execPath, [main, ...args], {
        stdio: 'ignore',
        env: { ...process.env, ...env },
      })
      await until(async () => (await recordsOf(installation)).length > 0)
      killed.kill('SIGKILL')
      await new Promise((resolve) => killed.once('exit', resolve))

      const resumed = await runForcewatch(args, env)
      expect(resumed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^acme: filled .* events, /) })
      const filled = await recordsOf(installation)
      expect(new Set(filled.map(({ id }) => id))).toEqual(stored)
      expect(new Set(filled.map(({ origin }) => origin))).toEqual(new Set(['backfill']))

      await installation.start(['ingest'])
      await simulator.ready()
      simulator.publish(logins, { EventIdentifier: 'live', Status: 'Success' })
      await until(async () => (await recordsOf(installation)).some(({ id }) => id === 'live'))
      // One partition, in order: the service's events come after what was filled in.
      expect((await recordsOf(installation)).slice(filled.length)).toEqual([{ id: 'live', origin: 'stream' }])
    } finally {
      await installation.close()
    }
  })
})
