import { systemClock } from '../../../src/clock.ts'
import { createKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import type { TopicPartition } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics, type Metrics } from '../../../src/metrics.ts'
import { createRedisStore } from '../../../src/store/redis/redis-store.ts'
import { Processor } from '../../../src/stream/processor.ts'
import type { PartitionTask } from '../../../src/stream/task.ts'
import { measureRecords, readWork } from './work.ts'

export type TaskOptions = {
  readonly partition: TopicPartition
  readonly topics: { readonly detections: string }
  readonly metrics: Metrics
}

/**
 * Runs a task as the service does, records from Kafka, output to Kafka, checkpoints to Redis, until it has had all records; prints
 * what those after the warm-up took, the last checkpoint included.
 */
export async function runRoad(createTask: (options: TaskOptions) => PartitionTask): Promise<void> {
  const work = readWork()
  const { broker, redis, topic, run } = work
  const measured = measureRecords(work)
  const clock = systemClock
  const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber())
  const metrics = createMetrics()
  const log = createKafkaLog({ brokers: [broker], clientId: 'bench', replication: 1, clock, logger })
  const store = createRedisStore({ url: redis, prefix: `bench-${run}`, clock, logger })
  const topics = { detections: `detections-${run}`, deadLetter: `dead-letter-${run}` }
  await log.createTopics(Object.values(topics).map((name) => ({ name, partitions: 1 })))

  const processor = new Processor({
    stage: 'detect',
    group: `bench-${run}`,
    topic,
    deadLetterTopic: topics.deadLetter,
    createTask: (partition) => noteRecords(createTask({ partition, topics, metrics })),
    // As `stream.checkpoint` is when nothing is configured.
    checkpoint: { records: 20_000, interval: 5000 },
    log,
    store,
    owner: `bench-${run}`,
    clock,
    logger,
    metrics,
    onFailure: (error) => measured.all.reject(error),
  })

  function noteRecords(task: PartitionTask): PartitionTask {
    const { process: processRecord } = task
    task.process = (record, output) => {
      measured.note()
      processRecord.call(task, record, output)
    }
    return task
  }

  await processor.start()
  await measured.all.promise
  await processor.stop()
  measured.print()
  await Promise.all([log.close(), store.close()])
}
