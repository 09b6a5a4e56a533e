import { describe, expect, it } from 'vitest'
import { MemoryTable, memoriesIn } from '../../../../src/detection/baseline/novelty/memory-table.ts'
import {
  addValue,
  encodeMemory,
  findValue,
  lastDay,
  toWord,
} from '../../../../src/detection/baseline/novelty/value-memory.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { day } from '../../../../src/duration.ts'
import { createRandom } from '../statistics-rig.ts'

const kind = { rateHalfLife: 30, capacities: new Array(8).fill(3000) }
const word = (value: number) => toWord(value, 1)

function knows(table: MemoryTable, id: string, value: number): boolean {
  const memory = table.find('org', id)
  return memory !== undefined && findValue(memory, word(value)) >= 0
}

describe('the memories of a table', () => {
  it('grow one by one, and none takes from another', () => {
    const table = new MemoryTable('memories', new EntityTable().of('user'))
    const users = 600
    const countOf = (user: number) => (user === 7 ? 2500 : user % 40)
    for (let user = 0; user < users; user++) table.add('org', `u${user}`, 10 * day)
    for (let value = 0; value < 2500; value++) {
      for (let user = 0; user < users; user++) {
        if (value >= countOf(user)) continue
        const memory = table.find('org', `u${user}`)
        if (memory) addValue(memory, word(user * 10_000 + value), 10 * day, 10 * day, kind)
      }
    }
    for (let user = 0; user < users; user++) {
      const count = countOf(user)
      expect(count === 0 || knows(table, `u${user}`, user * 10_000 + count - 1)).toBe(true)
      expect(knows(table, `u${user}`, user * 10_000 + count)).toBe(false)
    }
  })

  it('leave nothing behind where another one is put in their place', () => {
    const table = new MemoryTable('memories', new EntityTable().of('user'))
    const memory = table.add('org', 'gone', 10 * day)
    addValue(memory, word(5), 10 * day, 10 * day, kind)
    table.delete()
    expect(table.find('org', 'gone')).toBeUndefined()
    const next = table.add('org', 'next', 20 * day)
    expect(lastDay(next)).toBe(20)
    expect(knows(table, 'next', 5)).toBe(false)
    const { puts, deletes } = table.takeChanges()
    expect(puts.flatMap(({ value }) => Array.from(memoriesIn(value), ({ id }) => id))).toEqual(['next'])
    expect(deletes).toEqual([])
  })

  it('come back from what was saved, also over what was there', () => {
    const table = new MemoryTable('memories', new EntityTable().of('user'))
    for (let value = 0; value < 100; value++) {
      const memory = table.find('org', 'u') ?? table.add('org', 'u', 10 * day)
      addValue(memory, word(value), 10 * day, 10 * day, kind)
    }
    const [saved] = table.takeChanges().puts
    if (!saved) throw new Error('nothing was saved')
    const other = new MemoryTable('memories', new EntityTable().of('user'))
    addValue(other.add('org', 'u', 30 * day), word(1000), 30 * day, 30 * day, kind)
    other.takeChanges()
    other.restore(saved.key, saved.value)
    expect(other.size).toBe(1)
    expect(other.firstOf('org')).toBe(10 * day)
    for (let value = 0; value < 100; value++) expect(knows(other, 'u', value)).toBe(true)
    expect(knows(other, 'u', 1000)).toBe(false)
    expect(other.takeChanges().puts).toEqual([])
  })

  it('come back from a few entries, whatever has been added, changed and deleted since they were first saved', () => {
    const random = createRandom(9)
    const stored = new Map<string, Buffer>()
    let table = new MemoryTable('memories', new EntityTable().of('user'))
    for (let user = 0; user < 2000; user++) table.add('org', `u${user}`, user * day)
    save(table, stored)
    expect(stored.size).toBeLessThan(64)
    for (let checkpoint = 0; checkpoint < 100; checkpoint++) {
      for (let change = 0; change < 20; change++) {
        const id = `u${Math.floor(random() * 3000)}`
        const known = table.find('org', id)
        if (known && random() < 0.3) table.delete()
        else {
          const memory = known ?? table.add('org', id, checkpoint * day)
          addValue(memory, word(100 * checkpoint + change), checkpoint * day, checkpoint * day, kind)
          table.touch()
        }
      }
      save(table, stored)
      if (checkpoint % 9 !== 0) continue
      const before = contentOf(table)
      table = new MemoryTable('memories', new EntityTable().of('user'))
      for (const [key, value] of [...stored].sort(() => random() - 0.5)) table.restore(key, value)
      expect(contentOf(table)).toEqual(before)
      expect(table.size).toBe(before.length)
    }
  })
})

function save(table: MemoryTable, stored: Map<string, Buffer>): void {
  const { puts, deletes } = table.takeChanges()
  for (const key of deletes) stored.delete(key)
  for (const { key, value } of puts) stored.set(key, value)
}

function contentOf(table: MemoryTable): readonly string[] {
  return Array.from(table.entries(), ([, id, memory]) => encodeMemory(memory, id).toString('hex')).sort()
}
