import { expect, it } from 'vitest'
import type { Decoded } from '../../../src/detection/activity/activity.ts'
import { ReadAhead } from '../../../src/detection/read-ahead.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { acme } from './statistics-rig.ts'

function recordAt(offset: number, text = 'good'): LogRecord {
  return {
    topic: 'events',
    partition: 0,
    offset,
    key: 'org',
    value: Buffer.from(text),
    headers: {},
    timestamp: 0,
  }
}

function createReader() {
  const read: number[] = []
  const ahead = new ReadAhead(({ offset, value }): Decoded => {
    read.push(offset)
    if (value.toString() === 'bad') throw new Error('bad')
    return { kind: 'heartbeat', org: acme, time: offset }
  })
  return { ahead, read }
}

it('reads each record once, also when some of them are passed over', () => {
  const { ahead, read } = createReader()
  const records = [1, 2, 3, 4].map((offset) => recordAt(offset))
  ahead.read(records)
  expect(read).toEqual([1, 2, 3, 4])
  expect(records.slice(1).map((record) => ahead.take(record))).toMatchObject([
    { time: 2 },
    { time: 3 },
    { time: 4 },
  ])
  expect(read).toHaveLength(4)
  expect(ahead.take(recordAt(9))).toMatchObject({ time: 9 })
})

it('says what is wrong with a record when it is its turn', () => {
  const { ahead } = createReader()
  const [good, bad] = [recordAt(1), recordAt(2, 'bad')]
  ahead.read([good, bad])
  expect(ahead.take(good)).toMatchObject({ time: 1 })
  expect(() => ahead.take(bad)).toThrow('bad')
})
