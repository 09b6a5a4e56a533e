import { systemClock } from '../../../src/clock.ts'
import { minute } from '../../../src/duration.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createRedisStore } from '../../../src/store/redis/redis-store.ts'
import type { StateEntry } from '../../../src/store/state-store.ts'
import { PartitionRunner } from '../../../src/stream/partition-runner.ts'
import { createActivityTask } from '../detection/activity-feed.ts'
import { compileDetectors } from '../detection/bench-detector.ts'
import { readWork, startMeasuring } from './work.ts'

/** A million users of a detector with three windows, each seen on a few days: their state into Redis, and back. */
const entities = 1_000_000
const batchSize = 20_000
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
const store = createRedisStore({ url: redis, prefix: `bench-${run}`, timeout: 60_000, clock, logger })

async function takeLease() {
  const lease = await store.acquire('restore', { owner: run, ttl: 10 * minute, mode: 'steal' })
  if (!lease) throw new Error('the scope is taken')
  return lease
}

const bytes = await save()
const saved = bytes.spent()
const restored = await restore()
process.stdout.write(
  JSON.stringify({ ...restored, entities, save: saved.seconds, bytes: bytes.total / entities }),
)
await store.close()

async function save() {
  const { feed, task } = createActivityTask(detectors, () => undefined)
  for (let round = 0; round < 3; round++) {
    const start = Date.UTC(2026, 9, 5 + round)
    for (let number = 0; number < entities; number++)
      feed({
        time: start + Math.floor(number / 1000) * 1000,
        action: 'api-query',
        user: `005restore${number}`,
      })
  }
  const spent = startMeasuring()
  const lease = await takeLease()
  let total = 0
  for (const state of task.states) {
    const { puts } = state.takeChanges()
    for (let from = 0; from < puts.length; from += batchSize) {
      const entries: StateEntry[] = puts
        .slice(from, from + batchSize)
        .map((put) => ({ section: state.section, ...put }))
      total += entries.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
      await lease.commit({ puts: entries })
    }
  }
  return { spent, total }
}

async function restore() {
  const { task } = createActivityTask(detectors, () => undefined)
  const lease = await takeLease()
  const spent = startMeasuring()
  await PartitionRunner.restore({
    stage: 'detect',
    partition: { topic: 'events', partition: 0 },
    lease,
    task,
    deadLetterTopic: 'dead-letter',
    append: async () => undefined,
    commit: async () => undefined,
    checkpoint: { records: 20_000, interval: 5000 },
    clock,
    logger,
    metrics: createMetrics(),
    onFailure: (error) => {
      throw error
    },
  })
  return spent()
}
