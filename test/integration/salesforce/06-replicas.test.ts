import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openLog, topicNames } from '../../../src/adapters.ts'
import { systemClock as clock } from '../../../src/clock.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Config, ConfigFile } from '../../../src/config/schema.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createSimulator } from '../../../src/simulator/server/simulator.ts'
import { freePort } from '../../support/free-port.ts'
import { ownBackend } from '../../support/own-backend.ts'
import { type ServiceProcess, startService } from '../../support/service-process.ts'
import { kafkaBrokers, redisUrl } from '../../support/services.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { logins } from './watched-org.ts'

const brokers = (await kafkaBrokers()) ?? []
const redis = (await redisUrl()) ?? ''
const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
/** What a takeover may take, ms. */
const takeoverLimit = 30_000

/** A simulated org and as many processes of the service as a test likes, on a shared log and store. */
async function watchWithReplicas() {
  const folder = temporaryFolder()
  const simulator = createSimulator({
    clock,
    logger,
    seed: 'replicas',
    connectedApps: [{ clientId: 'app', clientSecret: 'a-long-secret', username: 'watch@acme.example' }],
    timing: { hold: 5_000, reaper: 5_000 },
  })
  const { url } = await simulator.start()
  const settings: ConfigFile = {
    ...ownBackend('replicas', brokers, redis),
    orgs: [
      {
        name: 'acme',
        login_url: url,
        auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'a-long-secret' },
        channels: [logins],
      },
    ],
    receivers: [{ name: 'console', console: {} }],
  }
  const file = folder.write('forcewatch.yaml', JSON.stringify(settings))
  const processes: ServiceProcess[] = []
  let published = 0
  return {
    simulator,
    async start(): Promise<ServiceProcess> {
      const webPort = await freePort()
      const own = folder.write(`${webPort}.yaml`, JSON.stringify({ ...settings, web: { port: webPort } }))
      const process = startService({ args: ['run', '--roles', 'ingest', '--config', own], webPort })
      processes.push(process)
      return process
    },
    publish(count: number): void {
      for (let index = 0; index < count; index++)
        simulator.publish(logins, { EventIdentifier: String(published++) })
    },
    /** How often each published event is in the log, once every one is there: its times, without repetition. */
    async timesInTheLog(): Promise<readonly number[]> {
      const config = loadConfig(file, { env: {} })
      const times = new Map<string, number>()
      await within(30_000, async () => {
        times.clear()
        for (const id of await readIdentifiers(config)) times.set(id, (times.get(id) ?? 0) + 1)
        return times.size === published
      })
      return [...new Set(times.values())].sort()
    },
    async [Symbol.asyncDispose]() {
      for (const process of processes) process.signal('SIGKILL')
      await Promise.all(processes.map(({ ended }) => ended))
      await simulator.stop()
      folder[Symbol.dispose]()
    },
  }
}

async function readIdentifiers(config: Config): Promise<readonly string[]> {
  const log = openLog(config, { clock, logger })
  const { events: topic } = topicNames(config)
  const found: string[] = []
  try {
    for (const { partition, first } of await log.offsets(topic)) {
      for await (const { value } of log.read({ topic, partition }, first)) {
        const id = JSON.parse(value.toString()).data.payload.EventIdentifier
        if (id !== undefined) found.push(id)
      }
    }
  } finally {
    await log.close()
  }
  return found
}

async function within(limit: number, condition: () => boolean | Promise<boolean>): Promise<number> {
  const begun = clock.monotonic()
  while (!(await condition())) {
    if (clock.monotonic() - begun > limit) throw new Error(`not within ${limit} ms: ${condition}`)
    await clock.sleep(50)
  }
  return clock.monotonic() - begun
}

describe.skipIf(brokers.length === 0 || redis === '')(
  'of several replicas on Kafka and Redis one subscribes',
  () => {
    let org: Awaited<ReturnType<typeof watchWithReplicas>>
    let holder: ServiceProcess
    let standbys: ServiceProcess[]

    beforeAll(async () => {
      org = await watchWithReplicas()
      holder = await org.start()
      await holder.logged('"msg":"subscribed"')
      standbys = [await org.start(), await org.start()]
      await Promise.all(standbys.map((standby) => standby.logged('standing by')))
    })
    afterAll(() => org[Symbol.asyncDispose]())

    test('and the others leave Salesforce alone', async () => {
      org.publish(20)
      expect(await org.timesInTheLog()).toEqual([1])
      expect(org.simulator.handshakes()).toHaveLength(1)
      expect(org.simulator.sessions()).toHaveLength(1)
    })

    test('when the holder is killed another takes over within 30 s, and nothing is lost', async () => {
      org.publish(20)
      holder.signal('SIGKILL')
      await holder.ended
      org.publish(20)
      const took = await within(takeoverLimit, () => org.simulator.handshakes().length === 2)
      expect(took).toBeLessThanOrEqual(takeoverLimit)
      org.publish(20)
      // What was on its way into the log when the holder died may come again.
      expect([[1], [1, 2]]).toContainEqual([...(await org.timesInTheLog())])
      expect(org.simulator.offences()).toEqual([])
    })

    test('a holder that wakes up after another has taken over writes nothing, and stands by', async () => {
      const [first, second] = standbys as [ServiceProcess, ServiceProcess]
      const isFirst = first.log().includes('"msg":"subscribed"')
      const [paused, successor] = isFirst ? [first, second] : [second, first]
      const before = await org.timesInTheLog()
      await within(10_000, () => org.simulator.sessions().some(({ held }) => held))
      paused.signal('SIGSTOP')
      // These reach the socket of the one that is paused; nobody else will be told of that.
      org.publish(20)
      await successor.logged('"msg":"subscribed"')
      expect(await org.timesInTheLog()).toEqual(before)
      org.publish(20)
      expect(await org.timesInTheLog()).toEqual(before)
      paused.signal('SIGCONT')
      await paused.logged('another process has taken the lease')
      org.publish(20)
      expect(await org.timesInTheLog()).toEqual(before)
      expect(org.simulator.handshakes()).toHaveLength(3)
      expect(org.simulator.offences()).toEqual([])
    }, 120_000)
  },
)
