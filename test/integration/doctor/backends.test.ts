import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../src/clock.ts'
import { examine, type Part } from '../../../src/doctor/examine.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { kafkaPart, type TopicNeeds } from '../../../src/doctor/kafka-part.ts'
import { redisPart } from '../../../src/doctor/redis-part.ts'
import { day } from '../../../src/duration.ts'
import { inspectKafka } from '../../../src/log/kafka/inspect-kafka.ts'
import { createKafkaLog } from '../../../src/log/kafka/kafka-log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { inspectRedis } from '../../../src/store/redis/inspect-redis.ts'
import { freePort } from '../../support/free-port.ts'
import { canStartRedis, startPrivateRedis } from '../../support/private-redis.ts'
import { kafkaBrokers } from '../../support/services.ts'

const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
const brokers = await kafkaBrokers()

function findings(part: Part): Promise<Finding[]> {
  return Array.fromAsync(examine([part], { clock }))
}

describe.skipIf(!brokers)('doctor looks at a real Kafka', () => {
  const run = randomUUID().slice(0, 8)
  const topics = {
    events: `${run}.events`,
    detections: `${run}.detections`,
    alerts: `${run}.alerts`,
    deadLetter: `${run}.dead`,
  }
  const needs: TopicNeeds = { topics, partitions: 2, replication: 1, retention: 35 * day, orgs: 1 }
  const connection = { brokers: brokers ?? [], clientId: run, clock, logger }
  const inspect = () => inspectKafka({ ...connection, topics: Object.values(topics) })
  const log = createKafkaLog({ ...connection, replication: 1 })
  afterAll(() => log.close())

  test('before the service created its topics', async () => {
    const found = await findings(kafkaPart(inspect, needs))
    expect(found).toMatchObject([
      { check: 'reach', status: 'ok', text: '1 broker answers' },
      {
        check: 'topics',
        status: 'warning',
        items: Object.values(topics),
        remedy: expect.stringContaining('--partitions 2 --replication-factor 1'),
      },
    ])
  })

  test('whose brokers are fewer than the replicas that are asked for', async () => {
    const found = await findings(kafkaPart(inspect, { ...needs, replication: 3 }))
    expect(found[1]).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('kafka.replication: 1'),
    })
  })

  test('with the topics as the service creates them, and with one that somebody else made', async () => {
    const { events, detections, alerts, deadLetter } = topics
    const made = [detections, alerts, deadLetter].map((name) => ({
      name,
      partitions: 2,
      retention: 35 * day,
    }))
    await log.createTopics([...made, { name: events, partitions: 1, retention: day }])
    const found = await findings(kafkaPart(inspect, { ...needs, orgs: 2 }))
    const about = (topic: string) => found.filter(({ items }) => items?.includes(topic))
    expect(about(detections).map(({ text }) => text)).toEqual([expect.stringContaining('one replica')])
    expect(about(events)).toMatchObject([
      { status: 'warning', text: expect.stringContaining('one replica') },
      {
        status: 'failed',
        text: expect.stringContaining('records go after 1d'),
        remedy: `kafka-configs.sh --alter --entity-type topics --entity-name ${events} --add-config retention.ms=${35 * day}`,
      },
      { status: 'warning', text: expect.stringContaining('2 orgs share 1 partition') },
    ])
  })

  test('that nobody answers for', async () => {
    const address = `127.0.0.1:${await freePort()}`
    const nobody = () => inspectKafka({ ...connection, brokers: [address], topics: [] })
    const found = await findings(kafkaPart(nobody, needs))
    expect(found).toMatchObject([
      {
        check: 'reach',
        status: 'failed',
        text: expect.stringContaining(address),
        remedy: expect.any(String),
      },
      { check: 'topics', status: 'skipped' },
    ])
  })
})

describe.skipIf(!canStartRedis)('doctor looks at a real Redis', () => {
  async function examineRedis(...args: readonly string[]): Promise<readonly Finding[]> {
    const redis = await startPrivateRedis({ args })
    try {
      return await findings(redisPart(() => inspectRedis({ url: redis.url, clock, logger })))
    } finally {
      await redis.stop()
    }
  }
  const troubles = (found: readonly Finding[]) => found.filter(({ status }) => status !== 'ok')

  test('that keeps what it acknowledges', async () => {
    const found = await examineRedis('--appendonly', 'yes', '--maxmemory-policy', 'noeviction')
    expect(found.map(({ check, status }) => `${check}: ${status}`)).toEqual([
      'reach: ok',
      'version: ok',
      'role: ok',
      'eviction: ok',
      'append-only file: ok',
      'memory: ok',
    ])
  })

  test('that throws away and forgets', async () => {
    const settings = ['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru', '--maxmemory', '1200kb']
    expect(troubles(await examineRedis(...settings))).toMatchObject([
      {
        check: 'eviction',
        status: 'failed',
        remedy: expect.stringContaining('CONFIG SET maxmemory-policy noeviction'),
      },
      {
        check: 'append-only file',
        status: 'failed',
        remedy: expect.stringContaining('CONFIG SET appendonly yes'),
      },
      { check: 'memory', status: 'warning', remedy: expect.stringContaining('maxmemory') },
    ])
  })

  test('that is a replica', async () => {
    const found = await examineRedis(
      '--appendonly',
      'yes',
      '--replicaof',
      '127.0.0.1',
      String(await freePort()),
    )
    expect(troubles(found)).toMatchObject([{ check: 'role', status: 'failed' }])
  })

  test('that wants a password, without CONFIG, or that is not there', async () => {
    expect(troubles(await examineRedis('--appendonly', 'yes', '--requirepass', 'secret'))[0]).toMatchObject({
      check: 'reach',
      status: 'failed',
      remedy: expect.stringContaining('redis.password'),
    })
    expect(troubles(await examineRedis('--appendonly', 'yes', '--rename-command', 'CONFIG', ''))).toEqual([])
    const url = `redis://127.0.0.1:${await freePort()}`
    const found = await findings(redisPart(() => inspectRedis({ url, clock, logger, timeout: 1000 })))
    expect(found.map(({ status }) => status)).toEqual(['failed', ...Array(5).fill('skipped')])
  })
})
