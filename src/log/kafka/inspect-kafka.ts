import kafkajs, { type Admin, type ITopicMetadata } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { second } from '../../duration.ts'
import type { Logger } from '../../logger.ts'
import type { LogFacts, TopicFacts } from '../log-facts.ts'
import { createClient, type KafkaConnectionOptions } from './kafka-client.ts'
import { toLogError } from './kafka-errors.ts'

export type InspectKafkaOptions = KafkaConnectionOptions & {
  readonly topics: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
}

const patience = 5 * second
const settings = [
  'cleanup.policy',
  'max.message.bytes',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
] as const

type Settings = Readonly<Record<string, string>>

/** Reads how a cluster and some of its topics are set up; changes nothing. @throws LOG_UNAVAILABLE, LOG_REJECTED */
export async function inspectKafka(options: InspectKafkaOptions): Promise<LogFacts> {
  const { kafka, cut } = createClient({ ...options, retryFor: patience })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    const existing = new Set(await admin.listTopics())
    const names = options.topics.filter((name) => existing.has(name))
    return { brokers: brokers.length, topics: names.length > 0 ? await inspectTopics(admin, names) : [] }
  } catch (error) {
    throw toLogError(error, 'tell about itself', options.brokers)
  } finally {
    cut()
    await admin.disconnect().catch(() => undefined)
  }
}

async function inspectTopics(admin: Admin, names: readonly string[]): Promise<readonly TopicFacts[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: [...settings],
    })),
  })
  const settingsOf = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  )
  return topics.map((topic) => toFacts(topic, settingsOf.get(topic.name) ?? {}))
}

function toFacts({ name, partitions }: ITopicMetadata, topic: Settings): TopicFacts {
  return {
    name,
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    inSync: Math.min(...partitions.map(({ isr }) => isr.length)),
    minInSync: Number(topic['min.insync.replicas']),
    retention: toBound(topic['retention.ms']),
    retentionBytes: toBound(topic['retention.bytes']),
    compacted: (topic['cleanup.policy'] ?? '').includes('compact'),
    maxMessageBytes: Number(topic['max.message.bytes']),
  }
}

/** Kafka writes -1 for no bound. */
function toBound(text: string | undefined): number {
  const bound = Number(text ?? -1)
  return bound < 0 ? Number.POSITIVE_INFINITY : bound
}
