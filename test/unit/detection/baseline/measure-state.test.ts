import { expect, test } from 'vitest'
import { suspend } from '../../../../src/detection/baseline/suspension.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { contentOf, createMeasures, moment } from '../measure-rig.ts'

const monday = Date.UTC(2026, 2, 9)
const windows = [10 * minute, hour, day]

test('what is kept of an entity is read back as it was saved', () => {
  const names: string[] = []
  const { measures, add, restored } = createMeasures(windows, true, names)
  for (const [i, id] of ['u1', 'jürgen', '\u{1f600}', 'x'.repeat(400)].entries()) {
    const state = add(id, monday + i * minute, monday - 3 * hour, `user, ${id.slice(0, 3)}`)
    for (let n = 0; n < 5; n++) measures.record(state, monday + n * 25 * minute - i * hour, 1, n)
    suspend(state, monday + i * hour, false)
    state.slotOf(1).cells[state.slotOf(1).base + moment.peakSecond] = 1.5 + i
  }
  const contents = [0, 1, 2, 3].map((row) => contentOf(measures, measures.at(row), (n) => names[n] as string))
  expect(contents[3]?.waiting.length).toBeGreaterThan(2)
  const again = restored()
  const restoredNames = ['another', ...names]
  const found = contents.map(({ row }) => contentOf(again, again.at(row), (n) => restoredNames[n] as string))
  expect(found).toEqual(contents)
})

test('an entity takes little space when it is saved', () => {
  const { measures, add } = createMeasures([10 * minute])
  const state = add('u1', monday)
  for (const at of [3, 6, 12]) measures.record(state, monday + at * minute, 1, 0)
  const [saved] = measures.rows.takeChanges().puts
  expect(saved?.value.length).toBeLessThan(110)
})
