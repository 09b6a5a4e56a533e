import { expect, it } from 'vitest'
import { MemoryTable } from '../../../../src/detection/baseline/novelty/memory-table.ts'
import { Repeats } from '../../../../src/detection/baseline/novelty/repeats.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { day, hour } from '../../../../src/duration.ts'

const time = 10 * day

function tableOf(...ids: string[]): MemoryTable {
  const table = new MemoryTable('memories', new EntityTable().of('user'))
  for (const id of ids) table.add('org', id, time)
  return table
}

it('answers the same entity with the same values within the hour', () => {
  const table = tableOf('u1')
  const repeats = new Repeats()
  expect(repeats.answer(table, time, 1, 2)).toBeUndefined()
  repeats.note(table, time, 1, 2, 42)
  expect(repeats.answer(table, time + hour - 1, 1, 2)).toBe(42)
  expect(repeats.answer(table, time + hour, 1, 2)).toBeUndefined()
  expect(repeats.answer(table, time, 1, 3)).toBeUndefined()
  expect(repeats.answer(table, time, 2, 2)).toBeUndefined()
})

it('answers no other entity, and nobody whose memory has changed', () => {
  const table = tableOf('u1', 'u2')
  const repeats = new Repeats()
  table.find('org', 'u1')
  repeats.note(table, time, 1, 2, 42)
  table.find('org', 'u2')
  expect(repeats.answer(table, time, 1, 2)).toBeUndefined()
  table.find('org', 'u1')
  expect(repeats.answer(table, time, 1, 2)).toBe(42)
  table.touch()
  expect(repeats.answer(table, time, 1, 2)).toBeUndefined()
})
