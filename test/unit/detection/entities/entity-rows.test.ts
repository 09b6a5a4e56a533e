import { expect, test } from 'vitest'
import { EntityRows } from '../../../../src/detection/entities/entity-rows.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { rowsIn } from '../../../../src/detection/entities/row-format.ts'
import { createRandom } from '../statistics-rig.ts'

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
    if (step % 10_000 >= 9000 && step % 40 === 39) save(current.rows, stored)
    if (step % 10_000 === 9999) {
      current = createRows()
      for (const [name, value] of shuffled(stored, random)) current.rows.restore(name, value)
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

test('what is saved is what changed, with twice as many other rows at most; a row that changes hands takes its block along', () => {
  const random = createRandom(5)
  const { rows } = createRows()
  const stored = new Map<string, Buffer>()
  for (let i = 0; i < 10_000; i++) rows.add('o', `u${i}`)
  expect(save(rows, stored).written).toBe(10_000)
  expect(stored.size).toBeLessThan(200)
  let changed = 0
  let written = 0
  for (let checkpoint = 0; checkpoint < 200; checkpoint++) {
    const touched = new Set(Array.from({ length: 100 }, () => Math.floor(random() * 10_000)))
    for (const row of touched) rows.touch(row)
    changed += touched.size
    written += save(rows, stored).written
  }
  expect(written).toBeLessThan(3 * changed)
  expect(stored.size).toBeLessThan(5000)
  for (let row = 0; row < 10_000; row++) rows.touch(row)
  expect(save(rows, stored).written).toBe(10_000)
  expect(stored.size).toBeLessThan(200)
  rows.touch(7)
  expect(save(rows, stored).written).toBe(1)
  rows.delete(7)
  expect(save(rows, stored).written).toBe(63)
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

/** As a checkpoint does; answers how many rows were written. */
function save(rows: EntityRows, stored: Map<string, Buffer>) {
  const { puts, deletes } = rows.takeChanges()
  for (const key of deletes) expect(stored.delete(key)).toBe(true)
  for (const { key, value } of puts) stored.set(key, value)
  return { written: puts.reduce((sum, { value }) => sum + [...rowsIn(value)].length, 0) }
}

/** The entries of a section come in any order, and may come twice. */
function shuffled(stored: ReadonlyMap<string, Buffer>, random: () => number): [string, Buffer][] {
  const entries = [...stored].map((entry) => ({ entry, place: random() }))
  const again = entries.filter(() => random() < 0.1).map(({ entry }) => ({ entry, place: random() }))
  return [...entries, ...again].sort((a, b) => a.place - b.place).map(({ entry }) => entry)
}
