import { randomUUID } from 'node:crypto'
import type { ConfigFile } from '../../src/config/schema.ts'

/** The sections of a configuration file that choose a shared Kafka and Redis: topics, groups and keys that no other run has. */
export function ownBackend(
  name: string,
  brokers: readonly string[],
  redisUrl: string,
  kafka: Pick<NonNullable<ConfigFile['kafka']>, 'session_timeout'> = {},
): Pick<ConfigFile, 'log' | 'store' | 'kafka' | 'redis'> {
  const run = `${name}-${randomUUID().slice(0, 8)}`
  const topics = {
    events: `${run}.events`,
    detections: `${run}.detections`,
    alerts: `${run}.alerts`,
    dead_letter: `${run}.dead`,
  }
  return {
    log: 'kafka',
    store: 'redis',
    kafka: { brokers: [...brokers], client_id: run, topics, partitions: 2, replication: 1, ...kafka },
    redis: { url: redisUrl, prefix: run },
  }
}
