import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { hasCode } from '../../src/errors.ts'
import { createKafkaLog, type KafkaLogOptions } from '../../src/log/kafka/kafka-log.ts'
import type { Log, LogRecord } from '../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { freePort } from '../support/free-port.ts'
import { type KafkaBroker, startKafkaBroker } from '../support/kafka-broker.ts'
import { Recorder } from '../support/recorder.ts'
import { kafkaBrokers, kafkaJars } from '../support/services.ts'
import { describeLog, numbers, range } from './log.ts'

const logger = createLogger({ level: 'error', format: 'text' }, createSecretScrubber())

function openLog(options: Pick<KafkaLogOptions, 'brokers'> & Partial<KafkaLogOptions>): Log {
  return createKafkaLog({
    clientId: 'contract',
    replication: 1,
    sessionTimeout: 6_000,
    clock: systemClock,
    logger,
    ...options,
  })
}

const bareReader = new URL('../support/bare-kafka-reader.ts', import.meta.url).pathname
const brokers = (await kafkaBrokers()) ?? []
describeLog(
  'Kafka log',
  async () => ({ open: () => openLog({ brokers }) }),
  { rebalance: true, sessionTimeout: 6_000 },
  { skip: brokers.length === 0 },
)

describe.skipIf(brokers.length === 0)('Kafka log with compression', () => {
  it.each(['gzip', 'zstd'] as const)(
    'by %s takes less room, and is read by whoever is not told of it',
    async (compression) => {
      const [squeezed, plain] = [openLog({ brokers, compression }), openLog({ brokers, compression: 'none' })]
      onTestFinished(async () => void (await Promise.all([squeezed.close(), plain.close()])))
      const topic = `compressed-${randomUUID()}`
      await squeezed.createTopics([{ name: topic, partitions: 1 }])
      // More than a topic of ours takes as it is.
      const values = ['first', 'x'.repeat(9 << 20), 'last']
      const records = values.map((value) => ({ key: 'k', value, headers: { org: 'acme' } }))
      await expect(plain.append(topic, records.slice(1, 2))).rejects.toMatchObject({ code: 'LOG_REJECTED' })
      await squeezed.append(topic, records)
      const read: LogRecord[] = []
      for await (const record of plain.read({ topic, partition: 0 }, 0)) read.push(record)
      expect(read.map(({ value }) => value.length)).toEqual(values.map(({ length }) => length))
      expect(read[0]?.headers).toEqual({ org: 'acme' })
    },
  )

  it('is what nobody asked for, and a process that knows nothing but kafkajs reads it', async () => {
    const topic = `default-${randomUUID()}`
    const log = openLog({ brokers })
    onTestFinished(() => log.close())
    await log.createTopics([{ name: topic, partitions: 1 }])
    const values = range(0, 500).map((number) => JSON.stringify({ number, text: 'x'.repeat(1000) }))
    await log.append(
      topic,
      values.map((value) => ({ key: 'k', value, headers: { org: 'acme' } })),
    )
    const { stdout } = await promisify(execFile)(process.execPath, [bareReader, brokers.join(), topic, '500'])
    const { read, compressed } = JSON.parse(stdout) as { read: readonly string[]; compressed: boolean }
    expect(read).toEqual(values)
    expect(compressed).toBe(true)
  })
})

describe.skipIf(brokers.length === 0)('Kafka log whose topic is still being made', () => {
  it('waits for it', async () => {
    const log = openLog({ brokers })
    onTestFinished(() => log.close())
    const topic = `late-${randomUUID()}`
    const recorder = new Recorder()
    const subscribed = log.subscribe({
      group: topic,
      topics: [topic],
      handler: recorder,
      onFailure: recorder.onFailure,
    })
    await log.createTopics([{ name: topic, partitions: 1 }])
    await subscribed
    await log.append(topic, numbers(0, 3))
    await recorder.until(() => recorder.received.length === 3)
  })

  it('takes a topic that several processes make at once for made when it can be written to', async () => {
    const logs = Array.from({ length: 5 }, () => openLog({ brokers }))
    onTestFinished(async () => void (await Promise.all(logs.map((log) => log.close()))))
    const topics = Array.from({ length: 20 }, () => `contended-${randomUUID()}`)
    const makeAndWrite = async (log: Log) => {
      await log.createTopics(topics.map((name) => ({ name, partitions: 3 })))
      for (const topic of topics) await log.append(topic, numbers(0, 1))
    }
    await expect(Promise.all(logs.map(makeAndWrite))).resolves.toHaveLength(logs.length)
  })
})

const jars = await kafkaJars()
describe.skipIf(jars === undefined)('Kafka log whose broker is killed', () => {
  let broker: KafkaBroker
  afterAll(() => broker?.stop())
  const start = async (): Promise<KafkaBroker> => {
    broker ??= await startKafkaBroker({ jars: jars ?? '' })
    return broker
  }

  it('takes every append once and in order through a SIGKILL and a restart, and its consumers go on', async () => {
    const { address, kill, restart } = await start()
    const log = openLog({ brokers: [address] })
    await log.createTopics([{ name: 'struck', partitions: 1 }])
    const recorder = new Recorder()
    await log.subscribe({
      group: 'struck',
      topics: ['struck'],
      handler: recorder,
      onFailure: recorder.onFailure,
    })
    await log.append('struck', numbers(0, 100))
    await recorder.until(() => recorder.received.length === 100)

    let total = 100
    let restarted = false
    const appendOn = async () => {
      for (; !restarted; total += 50) await log.append('struck', numbers(total, total + 50))
    }
    const appending = appendOn()
    await recorder.until(() => recorder.received.length > 300)
    await kill()
    await restart()
    restarted = true
    await appending
    await recorder.until(() => recorder.received.length >= total, 90_000)
    const stored = await Array.fromAsync(log.read({ topic: 'struck', partition: 0 }, 0))
    expect(stored.map(({ value }) => Number(value.toString()))).toEqual(range(0, total))
    expect([...new Set(recorder.values)].map(Number)).toEqual(range(0, total))
    expect(recorder.failures).toEqual([])
    await log.close()
  }, 240_000)

  it('is closed in time while the broker is away, whatever is under way', async () => {
    const { address, kill, restart } = await start()
    const log = openLog({ brokers: [address] })
    await log.createTopics([{ name: 'left', partitions: 1 }])
    const recorder = new Recorder()
    const handler = { group: 'left', topics: ['left'], handler: recorder, onFailure: recorder.onFailure }
    await log.subscribe(handler)
    await log.append('left', numbers(0, 1))
    await recorder.until(() => recorder.received.length === 1)
    await kill()
    const append = expect(log.append('left', numbers(1, 2))).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
    const offsets = expect(log.offsets('left')).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await expectClosed(log)
    await Promise.all([append, offsets])
    expect(recorder.events.at(-1)).toBe('revoked left/0 stopped')
    await restart()
  }, 240_000)

  it('says in time that it cannot be reached, and takes appends again when it can', async () => {
    const { address, kill, restart } = await start()
    const log = openLog({ brokers: [address], appendTimeout: 1_000 })
    await log.createTopics([{ name: 'away', partitions: 1 }])
    await log.append('away', numbers(0, 1))
    await kill()
    const error = await log.append('away', numbers(1, 2)).catch((reason) => reason)
    expect(hasCode(error, 'LOG_UNAVAILABLE') && error.retryable).toBe(true)
    expect(error.message).toContain(address)
    expect(error.message).toContain('away')
    expect(error.remedy).toMatch(/brokers run/)
    await restart()
    await expect
      .poll(
        () =>
          log.append('away', numbers(1, 2)).then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true)
    const stored = await Array.fromAsync(log.read({ topic: 'away', partition: 0 }, 0))
    expect(stored.map(({ value }) => value.toString()).slice(0, 2)).toEqual(['0', '1'])
    await log.close()
  }, 240_000)
})

describe.skipIf(jars === undefined)('Kafka log whose broker falls silent', () => {
  it('replaces the consumer, which goes on where it was', async () => {
    const broker = await startKafkaBroker({ jars: jars ?? '' })
    onTestFinished(() => broker.stop())
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'text' }, createSecretScrubber(), {
      write: (line) => void lines.push(line),
    })
    const log = openLog({ brokers: [broker.address], silenceTimeout: 2_000, logger })
    await log.createTopics([{ name: 'silent', partitions: 1 }])
    await log.append('silent', numbers(0, 10))
    const recorder = new Recorder({ assigned: async () => recorder.received.length })
    await log.subscribe({
      group: 'silent',
      topics: ['silent'],
      handler: recorder,
      onFailure: recorder.onFailure,
    })
    await recorder.until(() => recorder.received.length === 10)
    broker.freeze()
    await recorder.until(() => recorder.owned.size === 0)
    broker.thaw()
    await recorder.until(() => recorder.owned.size === 1, 90_000)
    await log.append('silent', numbers(10, 20))
    await recorder.until(() => recorder.received.length === 20)
    expect(recorder.values.map(Number)).toEqual(range(0, 20))
    expect(recorder.events).toContain('revoked silent/0 lost')
    expect(lines.join('')).toMatch(/the consumer of group silent was silent for \d+ s; it is replaced/)
    await log.close()
  }, 240_000)
})

describe('Kafka log without a broker', () => {
  it('is closed in time, whatever is under way', async () => {
    const log = openLog({ brokers: [`127.0.0.1:${await freePort()}`] })
    const append = expect(log.append('t', numbers(0, 1))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await expectClosed(log)
    await append
  })

  it('refuses a subscription with the address and the remedy', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const log = openLog({ brokers: [address] })
    const recorder = new Recorder()
    const subscription = log.subscribe({
      group: 'g',
      topics: ['t'],
      handler: recorder,
      onFailure: recorder.onFailure,
    })
    await expect(subscription).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      message: expect.stringContaining(address),
      remedy: expect.stringContaining('Check that the brokers run'),
    })
    await log.close()
  })
})

/** Three seconds are the promise: a service that stops has ten for everything. */
async function expectClosed(log: Log): Promise<void> {
  const closed = log.close().then(() => 'closed')
  const late = systemClock.sleep(3_000).then(() => 'still closing')
  expect(await Promise.race([closed, late])).toBe('closed')
}
