import { expect, it } from 'vitest'
import { EntityState } from '../../../../src/detection/entities/entity-state.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'

const saved = { puts: [], deletes: [] }

function createState() {
  const users = new EntityTable().of('user')
  return { users, state: new EntityState<number>('numbers', users) }
}

it('keeps a value for each entity of each org, and says once what has changed', () => {
  const { state } = createState()
  state.set('org-1', 'u1', 1)
  state.set('org-2', 'u1', 2)
  expect([state.get('org-1', 'u1'), state.get('org-2', 'u1'), state.get('org-1', 'u2')]).toEqual([
    1,
    2,
    undefined,
  ])
  expect(state.takeChanges().puts).toEqual([
    { key: 'org-1\0u1', value: Buffer.from('1') },
    { key: 'org-2\0u1', value: Buffer.from('2') },
  ])
  expect(state.takeChanges()).toEqual(saved)
  state.touch('org-2', 'u1')
  expect(state.takeChanges().puts).toHaveLength(1)
})

it('lets an entity go that it has no value of any more', () => {
  const { users, state } = createState()
  state.set('org', 'u1', 1)
  state.takeChanges()
  state.delete('org', 'u1')
  state.delete('org', 'u1')
  expect(users.find('org', 'u1')).toBe(-1)
  state.set('org', 'u2', 2)
  expect(state.get('org', 'u1')).toBeUndefined()
  expect(state.takeChanges()).toMatchObject({ puts: [{ key: 'org\0u2' }], deletes: ['org\0u1'] })
})

it('deletes nothing that came back before it was saved', () => {
  const { state } = createState()
  state.set('org', 'u1', 1)
  state.delete('org', 'u1')
  state.set('org', 'u1', 2)
  expect(state.takeChanges()).toMatchObject({ puts: [{ key: 'org\0u1' }], deletes: [] })
  expect([...state.entries()]).toEqual([['org', 'u1', 2]])
})

it('comes back from what was saved', () => {
  const { state } = createState()
  state.restore('org\0u1', Buffer.from('7'))
  expect([state.get('org', 'u1'), state.size]).toEqual([7, 1])
  expect(state.takeChanges()).toEqual(saved)
})
