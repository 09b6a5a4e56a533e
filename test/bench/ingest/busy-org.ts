import { systemClock } from '../../../src/clock.ts'
import { day } from '../../../src/duration.ts'
import type { Compression } from '../../../src/log/kafka/codecs.ts'
import { defaultChannels } from '../../../src/salesforce/channels.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import { createInstallation, type Installation, type Service } from '../../integration/installation.ts'
import { startKafkaBroker } from '../../support/kafka-broker.ts'
import { fetchKafkaJars } from '../../support/kafka-jars.ts'
import { ownBackend } from '../../support/own-backend.ts'
import { startRedisServer } from '../../support/redis-server.ts'

/** A simulated medium org whose events the ingest stage, a process of its own, brings into a real Kafka. */
export type BusyOrg = {
  readonly installation: Installation
  readonly service: Service
  /** `host:port` of the broker. */
  readonly broker: string
  /** Publishes the next events of the org as fast as the client takes them. */
  publish(count: number): Promise<void>
  /** How many events the service has received. */
  received(): Promise<number>
  /** A figure of the service's process, such as `process_cpu_seconds_total`. */
  figure(name: string): Promise<number>
}

/** Events that may wait for the client. */
const largestBacklog = 10_000
const step = 200
const seed = 'busy-org'

/** Runs `work` with a busy org and ends every process of it afterwards. */
export async function withBusyOrg<T>(
  work: (org: BusyOrg) => Promise<T>,
  compression: Compression = 'gzip',
): Promise<T> {
  const broker = await startKafkaBroker({ jars: await fetchKafkaJars() })
  const redis = await startRedisServer()
  const org = createOrg({ seed, size: 'medium' })
  const backend = ownBackend('ingest', [broker.address], redis.url)
  const installation = await createInstallation({
    org: { org: org.identity, users: org.users },
    config: { ...backend, kafka: { ...backend.kafka!, compression } },
  })
  try {
    const service = await installation.start(['ingest'])
    await installation.simulator.ready()
    const from = Date.UTC(2026, 9, 5)
    const watched = new Set(defaultChannels.map(({ channel }) => channel))
    const traffic = generateTraffic({ org, seed, from, to: from + 90 * day }).filter(({ channel }) =>
      watched.has(channel),
    )
    return await work({
      installation,
      service,
      broker: broker.address,
      async publish(count) {
        for (let published = 0; published < count; published++) {
          if (published % step === 0) await installation.simulator.ready(largestBacklog)
          const { value } = traffic.next()
          if (!value) throw new Error('the traffic of the org is at its end')
          installation.simulator.publish(value.channel, value.payload)
        }
      },
      received: () => service.metric('events_received_total'),
      figure: (name) => readFigure(service, name),
    })
  } finally {
    await installation.close()
    await redis.stop()
    await broker.stop()
  }
}

/** Waits until the service has received so many events. @throws after two minutes without one more */
export async function untilReceived({ received }: BusyOrg, count: number): Promise<void> {
  let [last, since] = [-1, systemClock.monotonic()]
  for (;;) {
    const now = await received()
    if (now >= count) return
    if (now > last) [last, since] = [now, systemClock.monotonic()]
    if (systemClock.monotonic() - since > 120_000) throw new Error(`only ${now} of ${count} events arrived`)
    await systemClock.sleep(500)
  }
}

async function readFigure({ url }: Service, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
  if (line === undefined) throw new Error(`the service has no figure ${name}`)
  return Number(line.slice(name.length))
}
