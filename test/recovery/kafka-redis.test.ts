import { randomUUID } from 'node:crypto'
import { describe, test } from 'vitest'
import { kafkaBrokers, redisUrl } from '../support/services.ts'
import { describeRecovery } from './crash.ts'
import type { Backend } from './watched-org.ts'

const brokers = await kafkaBrokers()
const redis = await redisUrl()

if (brokers && redis)
  describeRecovery('Kafka and Redis', async () => ownBackend(brokers, redis), { severalProcesses: true })
else describe.skip('after kill -9, on Kafka and Redis', () => test('needs both', () => undefined))

/** Topics, groups and keys that no other run has. */
function ownBackend(brokers: readonly string[], url: string): Backend {
  const run = `recovery-${randomUUID().slice(0, 8)}`
  const topics = {
    events: `${run}.events`,
    detections: `${run}.detections`,
    alerts: `${run}.alerts`,
    dead_letter: `${run}.dead`,
  }
  return {
    log: 'kafka',
    store: 'redis',
    kafka: { brokers: [...brokers], client_id: run, topics, partitions: 2, replication: 1 },
    redis: { url, prefix: run },
  }
}
