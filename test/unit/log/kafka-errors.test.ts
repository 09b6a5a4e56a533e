import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs'
import { expect, it } from 'vitest'
import { toLogError } from '../../../src/log/kafka/kafka-errors.ts'

const brokers = ['kafka-1:9092', 'kafka-2:9092']
const protocol = (type: string, message: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(message), { type, code: 1, retriable: false }))

it('names the brokers, what was tried and the reason, once', () => {
  const refused = new KafkaJSConnectionError('connect ECONNREFUSED', {
    broker: 'kafka-1:9092',
    code: 'ECONNREFUSED',
  })
  const error = toLogError(
    new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 5, retryTime: 1 }),
    'create topics',
    brokers,
  )
  expect(error.message).toBe(
    'Kafka at kafka-1:9092, kafka-2:9092 failed to create topics: connect ECONNREFUSED.',
  )
  expect(error.code).toBe('LOG_UNAVAILABLE')
  expect(toLogError(error, 'do something around it', brokers)).toBe(error)
})

it.each([
  ['INVALID_REPLICATION_FACTOR', 'kafka.replication'],
  ['TOPIC_AUTHORIZATION_FAILED', 'kafka.topics'],
  ['MESSAGE_TOO_LARGE', 'max.message.bytes'],
])('says how to mend %s, which waiting does not', (type, remedy) => {
  const error = toLogError(protocol(type, 'no'), 'work', brokers)
  expect(error).toMatchObject({
    code: 'LOG_REJECTED',
    retryable: false,
    remedy: expect.stringContaining(remedy),
  })
})

it('waits for replicas to come back', () => {
  const error = toLogError(protocol('NOT_ENOUGH_REPLICAS', 'no'), 'append', brokers)
  expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE', remedy: expect.stringContaining('in sync') })
})
