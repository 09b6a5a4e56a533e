import { Partitioners } from 'kafkajs'
import { expect, it } from 'vitest'
import { murmur2, partitionOf } from '../../../src/log/partitioning.ts'

it.each([
  ['', 275646681],
  ['a', -1563381124],
  ['ab', 316155434],
  ['abc', 479470107],
  ['foobar', -790332482],
  ['Zürich', -1551140815],
  ['00D5g000004XyzAEAS', -607210804],
  ['a-little-bit-long-string', -985981536],
])('hashes %j as Apache Kafka’s clients do', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})

it('chooses the partition that kafkajs chooses', () => {
  const partitionMetadata = Array.from({ length: 12 }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }))
  const choose = Partitioners.DefaultPartitioner()
  for (let index = 0; index < 1_000; index++) {
    const key = `00D${index.toString(36)}`
    expect(partitionOf(key, 12)).toBe(choose({ topic: 't', partitionMetadata, message: { key, value: '' } }))
  }
})
