import { Kafka, logLevel } from 'kafkajs'
import { measureRecords, readWork } from './work.ts'

/** The yardstick: kafkajs alone, and JSON.parse of every record. */
const work = readWork()
const { broker, topic, run } = work
const measured = measureRecords(work)
const kafka = new Kafka({ brokers: [broker], clientId: 'bench', logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: `bench-consume-${run}`, maxBytesPerPartition: 1 << 20 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachBatch: async ({ batch }) => {
    for (const { value } of batch.messages) {
      measured.note()
      JSON.parse((value as Buffer).toString())
    }
  },
})
await measured.all.promise
measured.print()
await consumer.disconnect()
