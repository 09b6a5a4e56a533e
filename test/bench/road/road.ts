import { median } from 'simple-statistics'
import { systemClock } from '../../../src/clock.ts'
import { day } from '../../../src/duration.ts'
import { createKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { Log, NewRecord } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import { createOrg } from '../../../src/simulator/traffic/org.ts'
import { startKafkaBroker } from '../../support/kafka-broker.ts'
import { fetchKafkaJars } from '../../support/kafka-jars.ts'
import { startRedisServer } from '../../support/redis-server.ts'
import { atMost, forComparison, type Gate, type Section, times } from '../detection/gates.ts'
import { runMeasured } from '../measured-process.ts'
import type { Checkpoint, Restored, Spent, Work } from './work.ts'

const rounds = 3
const records = 400_000
/** After so many all of the code has been compiled. */
const warmUp = 200_000
const script = (name: string) => new URL(name, import.meta.url).pathname

/**
 * The whole road on a real broker and a real Redis against reading the same topic with kafkajs and JSON.parse alone, in turn,
 * medians; and how long a million entities take to come back from Redis.
 */
export async function measureRoad(): Promise<Section> {
  const broker = await startKafkaBroker({ jars: await fetchKafkaJars() })
  const redis = await startRedisServer()
  try {
    const work = { broker: broker.address, redis: redis.url, topic: 'events', records, warmUp }
    await fillTopic(work)
    const consumed: Spent[] = []
    const carried: Spent[] = []
    const detected: Spent[] = []
    for (let round = 0; round < rounds; round++) {
      consumed.push(await runWorker('consume.ts', { ...work, run: `c${round}` }))
      carried.push(await runWorker('engine.ts', { ...work, run: `e${round}` }))
      detected.push(await runWorker('detect.ts', { ...work, run: `d${round}` }))
    }
    const restored = (await runWorker('restore.ts', { ...work, run: 'restore' })) as Restored
    return toSection({ consumed, carried, detected }, restored)
  } finally {
    await redis.stop()
    await broker.stop()
  }
}

async function runWorker(name: string, work: Work): Promise<Spent> {
  const { stdout } = await runMeasured(script(name), [JSON.stringify(work)])
  return JSON.parse(stdout) as Spent
}

async function fillTopic({ broker, topic }: Omit<Work, 'run'>): Promise<void> {
  const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber())
  const log = createKafkaLog({
    brokers: [broker],
    clientId: 'bench',
    replication: 1,
    clock: systemClock,
    logger,
  })
  await log.createTopics([{ name: topic, partitions: 1 }])
  await append(log, topic)
  await log.close()
}

async function append(log: Log, topic: string): Promise<void> {
  const org = createOrg({ seed: 'road-bench', size: 'medium' })
  const from = Date.UTC(2026, 9, 5)
  const headers = { org: 'medium', origin: 'stream' }
  let batch: NewRecord[] = []
  let count = 0
  for (const { channel, payload } of generateTraffic({ org, seed: 'road-bench', from, to: from + 5 * day })) {
    const event = {
      EventUuid: `road-${count}`,
      replayId: count,
      EventApiName: channel.slice('/event/'.length),
    }
    const value = JSON.stringify({ channel, data: { schema: 'bench', payload, event } })
    batch.push({ key: org.identity.id, value, headers })
    if (++count % 500 === 0 || count === records + warmUp) {
      await log.append(topic, batch)
      batch = []
    }
    if (count === records + warmUp) return
  }
}

/** The workers' rounds: the yardstick, the road with a task that only parses, and with all detectors. */
type Rounds = Readonly<Record<'consumed' | 'carried' | 'detected', readonly Spent[]>>

function toSection({ consumed, carried, detected }: Rounds, restored: Restored): Section {
  const perEvent = (runs: readonly Spent[]) => (median(runs.map(({ cpu }) => cpu)) / records) * 1e6
  const alone = perEvent(consumed)
  const ratioGate = (name: string, runs: readonly Spent[], most: number): Gate => {
    const took = perEvent(runs)
    const gate = atMost(name, took / alone, most, times)
    return { ...gate, measured: `${gate.measured} (${took.toFixed(1)} of ${alone.toFixed(1)} µs per event)` }
  }
  const seconds = median(detected.map((run) => run.seconds))
  const entities = restored.entities.toLocaleString('en')
  return {
    title: 'Speed on Kafka and Redis',
    method: `${records.toLocaleString('en')} events of a medium org on one partition, ${rounds} rounds in turn, medians of CPU time per event. ${warmUp.toLocaleString('en')} events before them are not counted on either side: a service that runs for months compiles its code once. Figures of speed differ from machine to machine and from run to run; ratios less.`,
    gates: [
      ratioGate('CPU of the road without detectors, against kafkajs and JSON.parse alone', carried, 1.8),
      ratioGate('CPU of the road with all detectors, against the same', detected, 1.8),
      forComparison('events per second', Math.round(records / seconds).toLocaleString('en')),
      {
        ...atMost(`restoring ${entities} entities from Redis`, restored.seconds, 10, inSeconds),
        measured: `${inSeconds(restored.seconds)} (${inSeconds(restored.cpu)} of CPU)`,
      },
      checkpointGate(`checkpoint of ${entities} new entities: longest stall of the process`, restored.all),
      checkpointGate(`checkpoint of a hundredth of them: longest stall of the process`, restored.few),
    ],
  }
}

/** A member of a Kafka group must send a heartbeat every 30 s; three of them should fit. */
const mostStall = 10

function checkpointGate(name: string, { seconds, stall }: Checkpoint): Gate {
  const gate = atMost(name, stall, mostStall, inSeconds)
  return { ...gate, measured: `${gate.measured} of ${inSeconds(seconds)}` }
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`
}
