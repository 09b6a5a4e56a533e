import type { KafkaMessage, Message } from 'kafkajs'
import type { LogRecord, NewRecord, TopicPartition } from '../log.ts'

/** Upper bound of what Kafka's record format adds to key, value and headers of a record, in bytes. */
const recordOverhead = 70
const headerOverhead = 10

/** Our record → what kafkajs produces. */
export function toMessage({ key, value, headers }: NewRecord, partition: number): Message {
  return { key, value, partition, ...(headers && { headers: { ...headers } }) }
}

/** What kafkajs fetched → our record. A missing key or value becomes an empty one. */
export function toLogRecord({ topic, partition }: TopicPartition, message: KafkaMessage): LogRecord {
  const headers: Record<string, string> = {}
  for (const name in message.headers) headers[name] = message.headers[name]?.toString() ?? ''
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value ?? Buffer.alloc(0),
    headers,
    timestamp: Number(message.timestamp),
  }
}

/** How many bytes a record takes in a batch, at most. */
export function sizeOf({ key, value, headers = {} }: NewRecord): number {
  let size = recordOverhead + Buffer.byteLength(key) + Buffer.byteLength(value)
  for (const [name, text] of Object.entries(headers)) {
    size += headerOverhead + Buffer.byteLength(name) + Buffer.byteLength(text)
  }
  return size
}
