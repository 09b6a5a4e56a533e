import { describe, expect, it } from 'vitest'
import { BatchWriter, recordsOf } from '../../../src/backtest/event-batch.ts'

const record = (text: string, org = 'acme', timestamp = 7) => ({
  key: `id-${org}`,
  headers: { org, origin: 'stream' },
  timestamp,
  value: Buffer.from(text),
})

const read = (batch: ReturnType<BatchWriter['take']>) =>
  [...recordsOf(batch)].map(({ value, ...rest }) => ({ ...rest, value: Buffer.from(value) }))

describe('a batch', () => {
  it('gives back the records of several orgs in order', () => {
    const writer = new BatchWriter(1000)
    const records = [record('one'), record('two', 'other', 8), record('three'), record('größer ✓')]
    for (const each of records) expect(writer.write(each)).toBe(true)
    const batch = writer.take(undefined)
    expect(batch.envelopes).toHaveLength(2)
    expect(read(batch)).toEqual(records)
    expect(writer.isEmpty).toBe(true)
  })

  it('is full, and goes on in a buffer that is free', () => {
    const writer = new BatchWriter(100)
    const free = new SharedArrayBuffer(100)
    expect(writer.write(record('x'.repeat(70)))).toBe(true)
    expect(writer.write(record('y'.repeat(70)))).toBe(false)
    expect(read(writer.take(free))).toHaveLength(1)
    expect(writer.write(record('y'.repeat(70)))).toBe(true)
    expect(writer.take(undefined).bytes).toBe(free)
  })

  it('has a record of any size', () => {
    const writer = new BatchWriter(100)
    const large = record('z'.repeat(5000))
    expect(writer.write(large)).toBe(true)
    expect(writer.write(record('y'))).toBe(false)
    expect(read(writer.take(undefined))).toEqual([large])
    expect(writer.write(record('y'))).toBe(true)
  })
})
