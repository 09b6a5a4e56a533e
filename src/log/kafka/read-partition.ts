import type { Cluster, KafkaMessage } from 'kafkajs'
import { ForcewatchError } from '../../errors.ts'
import { type LogRecord, partitionName, type TopicPartition } from '../log.ts'
import type { KafkaClient } from './kafka-client.ts'
import { toLogError } from './kafka-errors.ts'
import { toLogRecord } from './kafka-record.ts'

export type ReadOptions = {
  /** Cut off from its brokers at the end. */
  readonly client: KafkaClient
  readonly brokers: readonly string[]
  readonly partition: TopicPartition
  readonly start: number
  readonly end: number
  readonly signal: AbortSignal | undefined
}

type FetchedMessage = KafkaMessage & { readonly isControlRecord?: boolean }
type FetchResponse = {
  readonly responses: readonly {
    readonly partitions: readonly { readonly messages: readonly FetchedMessage[] }[]
  }[]
}

const fetchBytes = 4 << 20
const maxWaitTime = 500
const readCommitted = 1

/** Fetches that may bring nothing in a row before a partition counts as unreadable. */
const patience = 20

/** Reads a partition without a consumer group, from the offset `start` up to but not including `end`. @throws LOG_UNAVAILABLE, LOG_REJECTED */
export async function* readPartition(options: ReadOptions): AsyncGenerator<LogRecord> {
  const { client, brokers, partition, start, end, signal } = options
  const cluster = clusterOf(client)
  try {
    await cluster.connect()
    await cluster.addMultipleTargetTopics([partition.topic])
    let idle = 0
    for (let next = start; next < end && !signal?.aborted; ) {
      const messages = await fetchOnce(cluster, partition, next)
      idle = messages.length === 0 ? idle + 1 : 0
      if (idle > patience) throw nothingCame(partition, next, brokers)
      for (const message of messages) {
        const offset = Number(message.offset)
        if (offset >= end || signal?.aborted) return
        if (offset < next) continue
        if (!message.isControlRecord) yield toLogRecord(partition, message)
        next = offset + 1
      }
    }
  } catch (error) {
    throw toLogError(error, `read ${partitionName(partition)}`, brokers)
  } finally {
    await cluster.disconnect().catch(() => undefined)
    client.cut()
  }
}

/**
 * kafkajs offers records through consumer groups only, and joining one takes seconds and leaves it behind. The cluster
 * object that it hands to partition assigners can fetch without.
 */
function clusterOf({ kafka }: KafkaClient): Cluster {
  const captured: Cluster[] = []
  kafka.consumer({
    groupId: 'unused',
    allowAutoTopicCreation: false,
    partitionAssigners: [
      ({ cluster }) => {
        captured.push(cluster)
        const unused = () => Promise.reject(new Error('this consumer joins no group'))
        return {
          name: 'none',
          version: 0,
          assign: unused,
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        }
      },
    ],
  })
  const [cluster] = captured
  if (!cluster) throw new Error('kafkajs made a consumer without asking for its assigner')
  return cluster
}

async function fetchOnce(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  offset: number,
): Promise<readonly FetchedMessage[]> {
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (nodeId === undefined) {
    await cluster.refreshMetadata()
    return []
  }
  const broker = await cluster.findBroker({ nodeId })
  const request = { partition, fetchOffset: String(offset), maxBytes: fetchBytes }
  const response: FetchResponse = await broker.fetch({
    maxWaitTime,
    maxBytes: fetchBytes,
    isolationLevel: readCommitted,
    topics: [{ topic, partitions: [request] }],
  })
  return response.responses[0]?.partitions[0]?.messages ?? []
}

function nothingCame(partition: TopicPartition, next: number, brokers: readonly string[]): ForcewatchError {
  return new ForcewatchError(
    'LOG_UNAVAILABLE',
    `Kafka at ${brokers.join(', ')} sends nothing of ${partitionName(partition)} from offset ${next} on.`,
    { remedy: 'Check that the partition has a leader (kafka-topics.sh --describe).' },
  )
}
