import { logLevel } from 'kafkajs'
import { beforeEach, expect, it } from 'vitest'
import { createManualClock, type ManualClock } from '../../../src/clock.ts'
import { createLogCreator } from '../../../src/log/kafka/kafka-logging.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'

let lines: { level: string; msg: string }[]
let clock: ManualClock
let write: (level: logLevel, message: string, fields?: Record<string, unknown>) => void

beforeEach(() => {
  lines = []
  clock = createManualClock()
  const logger = createLogger({ level: 'debug', format: 'json' }, createSecretScrubber(), {
    write: (line) => void lines.push(JSON.parse(line)),
  })
  const log = createLogCreator(logger, clock)(logLevel.INFO)
  write = (level, message, fields = {}) =>
    log({ namespace: 'Consumer', level, label: '', log: { timestamp: '', message, ...fields } })
})

it.each([
  ['Response JoinGroup(key: 11, version: 5)', { error: 'The coordinator is loading' }],
  ['The group is rebalancing, re-joining', {}],
  ['Crash: KafkaJSProtocolError: The coordinator is loading', {}],
  ['Connection error: this client was given up', {}],
])('takes normal life for no news: %s', (message, fields) => {
  write(logLevel.ERROR, message, fields)
  expect(lines).toMatchObject([{ level: 'debug' }])
})

it('grades what kafkajs tells about itself as debug', () => {
  write(logLevel.INFO, 'Consumer has joined the group')
  expect(lines).toMatchObject([{ level: 'debug', msg: 'kafkajs Consumer: Consumer has joined the group' }])
})

it('warns of trouble, and of the same trouble once a minute', () => {
  const failed = () =>
    write(logLevel.ERROR, 'Connection error: connect ECONNREFUSED', { broker: 'kafka:9092' })
  failed()
  failed()
  expect(lines).toMatchObject([{ level: 'warn', broker: 'kafka:9092' }])
  clock.advance(60_000)
  failed()
  expect(lines).toHaveLength(2)
})
