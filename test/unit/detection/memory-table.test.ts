import { describe, expect, it } from 'vitest'
import { MemoryTable } from '../../../src/detection/baseline/memory-table.ts'
import { addValue, findValue, lastDay, toWord } from '../../../src/detection/baseline/value-memory.ts'
import { EntityTable } from '../../../src/detection/entities/entity-table.ts'
import { day } from '../../../src/duration.ts'

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
    expect(puts.map(({ key }) => key)).toEqual(['org\0next'])
    expect(deletes).toEqual(['org\0gone'])
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
})
