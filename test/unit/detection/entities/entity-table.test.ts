import { expect, test } from 'vitest'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'

test('columns keep their numbers apart, also when one more is added or entities go on coming', () => {
  const users = new EntityTable().of('user')
  const columns = [users.addColumn()]
  for (let entity = 0; entity < 500; entity++) {
    if (entity % 100 === 50) columns.push(users.addColumn())
    for (const [i, column] of columns.entries()) column.set(entity, 1000 * (i + 1) + entity)
  }
  for (const [i, column] of columns.entries()) {
    const since = i === 0 ? 0 : 100 * i - 50
    for (let entity = 0; entity < 500; entity++)
      expect(column.get(entity)).toBe(entity < since ? 0 : 1000 * (i + 1) + entity)
    expect(column.get(10_000)).toBe(0)
  }
})

test('of many entities those that are expected are glanced at once, by everybody who keeps something of them', () => {
  const users = new EntityTable().of('user')
  const seen: [keeper: string, entity: number][] = []
  for (const keeper of ['a', 'b']) users.addKeeper({ glance: (entity) => seen.push([keeper, entity]) })
  const expectSome = () => {
    for (const id of ['u7', 'u3', 'unknown']) users.expect('org', id)
    users.glanceAtExpected()
    return seen.splice(0)
  }
  for (let user = 0; user < 29_999; user++) users.retain('org', `u${user}`)
  expect(expectSome()).toEqual([])
  users.retain('org', 'one more')
  expect(expectSome()).toEqual([
    ['a', 7],
    ['a', 3],
    ['b', 7],
    ['b', 3],
  ])
  users.glanceAtExpected()
  expect(seen).toEqual([])
})
