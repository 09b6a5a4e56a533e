import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../../src/clock.ts'
import { day, minute } from '../../../src/duration.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createRedisStore } from '../../../src/store/redis/redis-store.ts'
import { PartitionRunner } from '../../../src/stream/partition-runner.ts'
import type { PartitionTask } from '../../../src/stream/task.ts'
import { createActivityTask, emptyRecord } from '../detection/activity-feed.ts'
import { compileDetectors } from '../detection/bench-detector.ts'
import { type Checkpoint, type Restored, readWork, startMeasuring } from './work.ts'

/** A million users of a detector with three windows, each seen on a few days: their state into Redis, and back. */
const entities = 1_000_000
const firstDay = Date.UTC(2026, 9, 5)
const { redis, run } = readWork()
const clock = systemClock
const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber())
const detectors = compileDetectors({
  volume: `
where: { action: api-query }
entity: user
measure: count
windows: [10m, 1h, 24h]
baseline: { model: counts, half_life: 14d }
fires: { budget: 1/week, at_least: 1000 }`,
})
const store = createRedisStore({ url: redis, prefix: `bench-${run}`, clock, logger })

const saved = await save()
const { cpu, seconds } = await restore()
process.stdout.write(JSON.stringify({ ...saved, cpu, seconds, entities } satisfies Restored))
await store.close()

/** A checkpoint in which everything is new, and one in which a hundredth has changed. */
async function save() {
  const { feed, task } = createActivityTask(detectors, () => undefined)
  const runner = await open(task)
  const seen = (number: number, time: number) =>
    feed({ time, action: 'api-query', user: `005restore${number}` })
  for (let round = 0; round < 3; round++) {
    for (let number = 0; number < entities; number++)
      seen(number, firstDay + round * day + Math.floor(number / 1000) * 1000)
  }
  const all = await measureCheckpoint(runner, 1)
  for (let number = 0; number < entities; number += 100) seen(number, firstDay + 3 * day)
  const few = await measureCheckpoint(runner, 2)
  await runner.close(false)
  return { all, few }
}

/** The runner saves after every record: the one that is given to it repeats the last activity. */
async function measureCheckpoint(runner: PartitionRunner, offset: number): Promise<Checkpoint> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const spent = startMeasuring()
  await runner.process([{ ...emptyRecord, offset }], async () => true)
  const { seconds } = spent()
  delay.disable()
  return { seconds, stall: delay.max / 1e9 }
}

async function restore() {
  const { task } = createActivityTask(detectors, () => undefined)
  const spent = startMeasuring()
  await open(task)
  return spent()
}

async function open(task: PartitionTask): Promise<PartitionRunner> {
  const lease = await store.acquire('restore', { owner: run, ttl: 10 * minute, mode: 'steal' })
  if (!lease) throw new Error('the scope is taken')
  return PartitionRunner.restore({
    stage: 'detect',
    partition: { topic: 'events', partition: 0 },
    lease,
    task,
    deadLetterTopic: 'dead-letter',
    append: async () => undefined,
    commit: async () => undefined,
    checkpoint: { records: 1, interval: minute },
    clock,
    logger,
    metrics: createMetrics(),
    onFailure: (error) => {
      throw error
    },
  })
}
