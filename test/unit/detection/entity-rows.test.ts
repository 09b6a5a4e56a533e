import { expect, test } from 'vitest'
import { EntityRows } from '../../../src/detection/entities/entity-rows.ts'
import { EntityTable } from '../../../src/detection/entities/entity-table.ts'
import { createRandom } from './statistics-rig.ts'

const layout = { fixed: 1, parts: 2, perPart: 3 }

function createRows(entities = new EntityTable().of('user'), rowLayout = layout) {
  const rows = new EntityRows('rows', entities, rowLayout)
  return {
    rows,
    entities,
    words: (row: number) => {
      const start = rows.startOf(row)
      return rows
        .chunkOf(row)
        .words.subarray(start, start + rowLayout.fixed + rowLayout.parts * rowLayout.perPart)
    },
  }
}

test('any history of adding, changing, deleting and restoring is that of a Map, and rows keep their numbers', () => {
  const random = createRandom(3)
  let current = createRows()
  const expected = new Map<string, number>()
  const stored = new Map<string, Buffer>()
  const other = createRows()
  for (let step = 0; step < 60_000; step++) {
    const org = `org${Math.floor(random() * 3)}`
    const id = `${step % 7 === 0 ? 'ünïcödé\u{1f600}' : 'u'}${Math.floor(random() * 9000)}`
    const key = `${org}\0${id}`
    const row = current.rows.find(org, id)
    expect(row >= 0).toBe(expected.has(key))
    if (row >= 0 && random() < 0.45) {
      current.rows.delete(row)
      other.rows.delete(other.rows.find(org, id))
      expected.delete(key)
    } else {
      const at = row >= 0 ? row : current.rows.add(org, id)
      if (row < 0) expect(other.rows.add(org, id)).toBe(at)
      expect(current.words(at)[4]).toBe(expected.get(key) ?? 0)
      expected.set(key, step)
      current.words(at)[4] = step
      current.rows.touch(at)
    }
    if (step % 10_000 === 9_999) {
      const { puts, deletes } = current.rows.takeChanges()
      for (const deleted of deletes) stored.delete(deleted)
      for (const put of puts) stored.set(put.key, put.value)
      current = createRows()
      for (const [name, value] of [...stored].toReversed()) current.rows.restore(name, value)
    }
  }
  expect(current.rows.size).toBe(expected.size)
  expect(current.entities.size).toBe(expected.size)
  for (const [key, value] of expected) {
    const [org = '', id = ''] = key.split('\0')
    expect(current.words(current.rows.find(org, id))[4]).toBe(value)
    expect(current.rows.keyOf(current.rows.find(org, id))).toBe(key)
    expect(current.rows.find(org, id)).toBe(other.rows.find(org, id))
  }
})

test('a row that is deleted and comes again before it is saved is saved, and nothing is deleted', () => {
  const { rows } = createRows()
  rows.add('o', 'a')
  rows.takeChanges()
  rows.delete(rows.find('o', 'a'))
  rows.add('o', 'a')
  const { puts, deletes } = rows.takeChanges()
  expect([puts.map(({ key }) => key), deletes]).toEqual([['o\0a'], []])
})

test('an entity is remembered while one detector keeps something of it', () => {
  const entities = new EntityTable().of('user')
  const [one, two] = [createRows(entities), createRows(entities)]
  one.rows.add('o', 'a')
  two.rows.add('o', 'a')
  one.rows.delete(one.rows.find('o', 'a'))
  expect([entities.size, one.rows.find('o', 'a'), two.rows.find('o', 'a')]).toEqual([1, -1, 0])
  two.rows.delete(0)
  expect([entities.size, two.rows.find('o', 'a')]).toEqual([0, -1])
})

test('words that were added to a part since it was saved are zero, and the others keep their places', () => {
  const old = createRows(undefined, { fixed: 1, parts: 2, perPart: 2 })
  old.words(old.rows.add('o', 'a')).set([1, 2, 3, 4, 5])
  const [saved] = old.rows.takeChanges().puts
  const now = createRows(undefined, { fixed: 2, parts: 2, perPart: 3 })
  now.rows.restore(saved?.key ?? '', saved?.value ?? Buffer.alloc(0))
  expect([...now.words(0)]).toEqual([1, 0, 2, 3, 0, 4, 5, 0])
})
