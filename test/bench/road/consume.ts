import { Kafka, logLevel } from 'kafkajs'
import { readWork, startMeasuring } from './work.ts'

/** The yardstick: kafkajs alone, and JSON.parse of every record. */
const { broker, topic, records, run } = readWork()
const kafka = new Kafka({ brokers: [broker], clientId: 'bench', logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `bench-consume-${run}`, maxBytesPerPartition: 1 << 20 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let spent: ReturnType<typeof startMeasuring> | undefined
const done = Promise.withResolvers<void>()
let seen = 0
await consumer.run({
  eachBatch: async ({ batch }) => {
    spent ??= startMeasuring()
    for (const { value } of batch.messages) {
      JSON.parse((value as Buffer).toString())
      seen++
    }
    if (seen >= records) done.resolve()
  },
})
await done.promise
process.stdout.write(JSON.stringify(spent?.()))
await consumer.disconnect()
