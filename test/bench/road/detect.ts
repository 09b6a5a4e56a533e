import { systemClock } from '../../../src/clock.ts'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import { loadDetectors } from '../../../src/detection/definition/catalog.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import { createKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createRedisStore } from '../../../src/store/redis/redis-store.ts'
import { Processor } from '../../../src/stream/processor.ts'
import type { PartitionTask } from '../../../src/stream/task.ts'
import { readWork, startMeasuring } from './work.ts'

/** The detect stage as the service runs it: records from Kafka, detections to Kafka, checkpoints to Redis. */
const { broker, redis, topic, records, run } = readWork()
const clock = systemClock
const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber())
const metrics = createMetrics()
const log = createKafkaLog({ brokers: [broker], clientId: 'bench', replication: 1, clock, logger })
const store = createRedisStore({ url: redis, prefix: `bench-${run}`, clock, logger })
const detectors = await loadDetectors(new URL('../../../detectors', import.meta.url).pathname)
const topics = { detections: `detections-${run}`, deadLetter: `dead-letter-${run}` }
await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 1 })))

let spent: ReturnType<typeof startMeasuring> | undefined
const done = Promise.withResolvers<void>()
const processor = new Processor({
  stage: 'detect',
  group: `bench-detect-${run}`,
  topic,
  deadLetterTopic: topics.deadLetter,
  createTask: (partition) =>
    countRecords(
      createDetectionTask({
        partition,
        detectors: () => detectors,
        orgSettings: () => ({ timeZone: 'Europe/Berlin' }),
        topics,
        decode: decodeEvent,
        metrics,
      }),
    ),
  // As `stream.checkpoint` is when nothing is configured.
  checkpoint: { records: 20_000, interval: 5000 },
  log,
  store,
  owner: `bench-${run}`,
  clock,
  logger,
  metrics,
  onFailure: (error) => done.reject(error),
})

function countRecords(task: PartitionTask): PartitionTask {
  let seen = 0
  const { process: processRecord } = task
  task.process = (record, output) => {
    spent ??= startMeasuring()
    processRecord.call(task, record, output)
    if (++seen === records) done.resolve()
  }
  return task
}

await processor.start()
await done.promise
// The last checkpoint is part of the work.
await processor.stop()
process.stdout.write(JSON.stringify(spent?.()))
await Promise.all([log.close(), store.close()])
