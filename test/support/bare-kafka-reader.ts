import kafkajs from 'kafkajs'

/** Somebody else who reads our topics: kafkajs as it comes. Prints the values, and whether they lay there compressed. */
const [brokers = '', topic = '', count = ''] = process.argv.slice(2)
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
const gzip = CompressionCodecs[CompressionTypes.GZIP]!
let compressed = false
CompressionCodecs[CompressionTypes.GZIP] = () => {
  compressed = true
  return gzip()
}
const kafka = new Kafka({
  brokers: brokers.split(','),
  clientId: 'somebody-else',
  logLevel: logLevel.NOTHING,
})
const consumer = kafka.consumer({ groupId: `somebody-else-${topic}` })
const read: string[] = []
const done = Promise.withResolvers<void>()
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    read.push(String(message.value))
    if (read.length === Number(count)) done.resolve()
  },
})
await done.promise
await consumer.disconnect()
process.stdout.write(JSON.stringify({ read, compressed }))
