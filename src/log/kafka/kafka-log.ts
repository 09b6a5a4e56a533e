import type { Admin } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import { ForcewatchError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type {
  Log,
  LogRecord,
  NewRecord,
  PartitionOffset,
  PartitionOffsets,
  Subscription,
  SubscriptionOptions,
  TopicPartition,
  TopicSpec,
} from '../log.ts'
import { partitionOf } from '../partitioning.ts'
import type { Compression } from './codecs.ts'
import { createClient, type KafkaClient, type KafkaConnectionOptions } from './kafka-client.ts'
import { isUnsettled, toLogError } from './kafka-errors.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { KafkaSubscription } from './kafka-subscription.ts'
import { readPartition } from './read-partition.ts'

export type KafkaLogOptions = KafkaConnectionOptions & {
  /** Replicas of topics that are created. With three or more, an append is acknowledged by at least two. */
  readonly replication: number
  /** Gzip when absent. Whatever is in the log can be read in any case. */
  readonly compression?: Compression
  /** How long an append may take before it fails with LOG_UNAVAILABLE, ms; 30 s when absent. */
  readonly appendTimeout?: number
  /** How long a member may be silent before the group gives its partitions to others, ms; 30 s when absent. */
  readonly sessionTimeout?: number
  /** After how long without any sign of life a consumer is replaced, ms; a rebalance and two sessions when absent. */
  readonly silenceTimeout?: number
  readonly clock: Clock
  readonly logger: Logger
}

/** The log as a Kafka cluster. Nothing is connected before the first call. */
export function createKafkaLog(options: KafkaLogOptions): Log {
  return new KafkaLog(options)
}

const defaultAppendTimeout = 30 * second
const defaultSessionTimeout = 30 * second
/** How long the group waits at a rebalance for a member to finish with its partitions. */
const rebalanceTimeout = minute
const partitionCountsMaxAge = 5 * minute

/** Room for any event: Salesforce says that it sends 1 MB at most, and one without room would stop the stream of its org. */
const maxMessageBytes = 8 << 20

const settleTimeout = 10 * second
const settlePause = 100

/** How long a call is repeated before it fails, where nothing else is said. */
const retryFor = 10 * second

type AdminConnection = { readonly client: KafkaClient; readonly connected: Promise<Admin> }
type PartitionCount = { readonly count: Promise<number>; readonly read: number }

class KafkaLog implements Log {
  readonly #options: KafkaLogOptions
  readonly #producer: KafkaProducer
  readonly #subscriptions = new Set<KafkaSubscription>()
  readonly #partitionCounts = new Map<string, PartitionCount>()
  #admin: AdminConnection | undefined

  constructor(options: KafkaLogOptions) {
    this.#options = options
    const { brokers, clock, appendTimeout = defaultAppendTimeout, compression = 'gzip' } = options
    this.#producer = new KafkaProducer({
      brokers,
      clock,
      appendTimeout,
      compression,
      createClient: () => this.#createClient(appendTimeout),
    })
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    const { replication } = this.#options
    await this.#administer('create topics', async (admin) => {
      const existing = new Set(await admin.listTopics())
      const missing = topics.filter(({ name }) => !existing.has(name))
      if (missing.length === 0) return
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map(({ name, partitions, retention }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: [
            { name: 'max.message.bytes', value: String(maxMessageBytes) },
            { name: 'min.insync.replicas', value: replication > 2 ? '2' : '1' },
            ...(retention === undefined ? [] : [{ name: 'retention.ms', value: String(retention) }]),
          ],
        })),
      })
      // Fails, and is repeated, until brokers know the topics. kafkajs would not wait for those that another process has just created.
      await admin.fetchTopicMetadata({ topics: missing.map(({ name }) => name) })
    })
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    const partitions = await this.#partitionCount(topic)
    const groups = Map.groupBy(records, ({ key }) => partitionOf(key, partitions))
    await Promise.all([...groups].map(([partition, group]) => this.#producer.append(topic, partition, group)))
  }

  async subscribe(options: SubscriptionOptions): Promise<Subscription> {
    const { brokers, clock, logger, sessionTimeout = defaultSessionTimeout, silenceTimeout } = this.#options
    const subscription = new KafkaSubscription(options, {
      brokers,
      clock,
      logger,
      sessionTimeout,
      silenceTimeout: silenceTimeout ?? rebalanceTimeout + 2 * sessionTimeout,
      rebalanceTimeout,
      createClient: () => this.#createClient(),
      onEnd: () => this.#subscriptions.delete(subscription),
    })
    this.#subscriptions.add(subscription)
    await subscription.start()
    return subscription
  }

  async *read(partition: TopicPartition, from: number, signal?: AbortSignal): AsyncGenerator<LogRecord> {
    const range = (await this.offsets(partition.topic)).find((each) => each.partition === partition.partition)
    if (!range) return
    const { brokers } = this.#options
    const start = Math.max(from, range.first)
    yield* readPartition({ client: this.#createClient(), brokers, partition, start, end: range.next, signal })
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#administer(`read the offsets of topic ${topic}`, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return []
      const offsets = await admin.fetchTopicOffsets(topic)
      return offsets
        .map(({ partition, low, high }) => ({ partition, first: Number(low), next: Number(high) }))
        .sort((a, b) => a.partition - b.partition)
    })
  }

  async offsetsAt(topic: string, time: number): Promise<readonly PartitionOffset[]> {
    return this.#administer(`find the offsets of topic ${topic} at a time`, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return []
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time)
      return offsets
        .map(({ partition, offset }) => ({ partition, offset: Number(offset) }))
        .sort((a, b) => a.partition - b.partition)
    })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()))
    this.#producer.close()
    if (this.#admin) this.#dropAdmin(this.#admin)
  }

  /** Calls that arrive while the answer is on its way share it, and so keep their order. */
  #partitionCount(topic: string): Promise<number> {
    const now = this.#options.clock.monotonic()
    const known = this.#partitionCounts.get(topic)
    if (known && now - known.read < partitionCountsMaxAge) return known.count
    const count = this.#readPartitionCount(topic)
    this.#partitionCounts.set(topic, { count, read: now })
    count.catch(() => this.#partitionCounts.delete(topic))
    return count
  }

  async #readPartitionCount(topic: string): Promise<number> {
    const what = `read how many partitions topic ${topic} has`
    const count = await this.#administer(what, async (admin) => {
      if (!(await admin.listTopics()).includes(topic)) return 0
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.length ?? 0
    })
    if (count > 0) return count
    throw new ForcewatchError(
      'LOG_REJECTED',
      `Kafka at ${this.#options.brokers.join(', ')} has no topic ${topic}.`,
      {
        remedy:
          'The service creates its topics when it starts, if its Kafka user may: otherwise create it by hand.',
      },
    )
  }

  /** After a failure the next call begins with a new connection. What a broker does not know yet is asked again. */
  async #administer<T>(what: string, action: (admin: Admin) => Promise<T>): Promise<T> {
    const { clock, brokers } = this.#options
    const deadline = clock.monotonic() + settleTimeout
    for (;;) {
      this.#admin ??= openAdmin(this.#createClient())
      const connection = this.#admin
      try {
        return await action(await connection.connected)
      } catch (error) {
        if (!isUnsettled(error) || clock.monotonic() > deadline) {
          this.#dropAdmin(connection)
          throw toLogError(error, what, brokers)
        }
        await clock.sleep(settlePause)
      }
    }
  }

  /** Cuts the connection first: without a broker kafkajs would go on trying. */
  #dropAdmin(connection: AdminConnection): void {
    if (this.#admin === connection) this.#admin = undefined
    connection.client.cut()
    void connection.connected.then((admin) => admin.disconnect()).catch(() => undefined)
  }

  #createClient(patience = retryFor): KafkaClient {
    return createClient({ ...this.#options, retryFor: patience })
  }
}

function openAdmin(client: KafkaClient): AdminConnection {
  const admin = client.kafka.admin()
  const connected = admin.connect().then(() => admin)
  connected.catch(() => undefined)
  return { client, connected }
}
