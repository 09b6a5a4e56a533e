import { describe, expect, test } from 'vitest'
import { systemClock as clock } from '../../../src/clock.ts'
import { examine } from '../../../src/doctor/examine.ts'
import { kafkaPart } from '../../../src/doctor/kafka-part.ts'
import { day, hour } from '../../../src/duration.ts'
import type { TopicFacts } from '../../../src/log/log-facts.ts'

const names = { events: 'events', detections: 'detections', alerts: 'alerts', deadLetter: 'dead' }
const sound: TopicFacts = {
  name: 'events',
  partitions: 12,
  replicas: 3,
  inSync: 3,
  minInSync: 2,
  retention: 35 * day,
  retentionBytes: Number.POSITIVE_INFINITY,
  compacted: false,
  maxMessageBytes: 2 << 20,
}

async function judge(events: Partial<TopicFacts>, brokers = 3) {
  const topics = Object.values(names).map((name) => ({ ...sound, name, ...(name === 'events' && events) }))
  const needs = { topics: names, partitions: 12, replication: 3, retention: 35 * day, orgs: 2 }
  const findings = await Array.fromAsync(
    examine([kafkaPart(async () => ({ brokers, topics }), needs)], { clock }),
  )
  return findings.filter(({ status }) => status !== 'ok')
}

describe('a topic of a cluster of three', () => {
  test('is fine as the service creates it', async () => {
    expect(await judge({})).toEqual([])
  })

  test.each([
    ['is compacted', { compacted: true }, 'failed', 'cleanup.policy=delete'],
    ['forgets within three days', { retention: 71 * hour }, 'failed', `retention.ms=${35 * day}`],
    ['forgets within a week', { retention: 7 * day }, 'warning', `retention.ms=${35 * day}`],
    ['forgets by size', { retentionBytes: 1e9 }, 'warning', 'retention.bytes=-1'],
    ['takes no large events', { maxMessageBytes: 1_048_588 }, 'warning', 'max.message.bytes=2097152'],
    ['has one replica', { replicas: 1, inSync: 1, minInSync: 1 }, 'warning', 'kafka-reassign-partitions.sh'],
    ['trusts one broker', { minInSync: 1 }, 'warning', 'min.insync.replicas=2'],
    ['lacks a replica', { inSync: 2 }, 'warning', 'Bring back'],
    ['lacks two replicas', { inSync: 1 }, 'failed', 'Bring back'],
    ['asks for more replicas than there are', { minInSync: 4 }, 'failed', 'min.insync.replicas=2'],
    ['has fewer partitions than orgs', { partitions: 1 }, 'warning', 'another topic name'],
  ] as const)('that %s', async (_, events, status, remedy) => {
    expect(await judge(events)).toMatchObject([
      { status, items: ['events'], remedy: expect.stringContaining(remedy) },
    ])
  })
})
