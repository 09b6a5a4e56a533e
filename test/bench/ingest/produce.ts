import { Kafka, logLevel } from 'kafkajs'
import { installCodecs } from '../../../src/log/kafka/codecs.ts'
import { type Spent, startMeasuring } from '../road/work.ts'

export type Produced = Spent & { readonly records: number }

/** The yardstick: kafkajs alone reads back what a topic holds and produces it once more, as durably; only producing counts. */
const [broker, from, to] = process.argv.slice(2) as [string, string, string]
const batchSize = 500
installCodecs()
const kafka = new Kafka({ brokers: [broker], clientId: 'bench', logLevel: logLevel.NOTHING })
const records = await readAll()
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
await producer.connect()
const spent = startMeasuring()
for (let start = 0; start < records.length; start += batchSize)
  await producer.send({ topic: to, acks: -1, messages: records.slice(start, start + batchSize) })
const produced: Produced = { ...spent(), records: records.length }
process.stdout.write(JSON.stringify(produced))
await producer.disconnect()

async function readAll() {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: to, numPartitions: 2, replicationFactor: 1 }] })
  const offsets = await admin.fetchTopicOffsets(from)
  await admin.disconnect()
  const total = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0)
  const read: { key: Buffer | null; value: Buffer | null }[] = []
  const done = Promise.withResolvers<void>()
  const consumer = kafka.consumer({ groupId: `bench-${to}` })
  await consumer.connect()
  await consumer.subscribe({ topic: from, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { key, value } of batch.messages) read.push({ key, value })
      if (read.length >= total) done.resolve()
    },
  })
  await done.promise
  await consumer.disconnect()
  return read
}
