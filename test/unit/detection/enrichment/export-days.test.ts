import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { ExportDays } from '../../../../src/detection/enrichment/export-days.ts'
import { Familiarity } from '../../../../src/detection/enrichment/familiarity.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { day, hour } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

/** Somebody who is at work from day 0 on, and takes something on these days: what is told of the last of them. */
function toldAfter(days: readonly number[], changes: Partial<Activity> = {}, watch = watched()) {
  const offset = () => 0
  return days.map((at) => {
    const time = monday + at * day + 9 * hour
    const exported = { action: 'report-export', rows: 300, ...changes } as const
    return watch.note(makeActivity({ user: 'u1', time, ...exported }), offset)
  })
}

/** `seen`: days on which the user was at work. */
function watched(seen: readonly number[] = [0, 25, 50], entities = new EntityTable()): ExportDays {
  const familiarity = new Familiarity({ entities })
  for (const at of seen) familiarity.note(makeActivity({ user: 'u1', time: monday + at * day }))
  return new ExportDays(familiarity.state, entities.of('user'))
}

test('days with an export are counted once each, those of the last fortnight apart', () => {
  expect(toldAfter([1, 3, 35, 35.1, 36, 45]).at(-1)).toEqual({ recent: 3, before: 2 })
  expect(toldAfter([1, 3, 30, 31, 60]).at(-1)).toEqual({ recent: 1, before: 2 })
})

test('nothing is told of who has been known for less than six weeks, but what they did counts', () => {
  expect(toldAfter([20, 40, 42])).toEqual([null, null, { recent: 2, before: 1 }])
  expect(toldAfter([50], { user: 'u2' })).toEqual([null])
})

test('nothing is told of who was away for a month or more of that time', () => {
  expect(toldAfter([50], {}, watched([0, 45]))).toEqual([null])
  expect(toldAfter([120], {}, watched([0, 45, 70, 95, 120]))).toEqual([{ recent: 1, before: 0 }])
})

test('a list counts when it is long, and nothing else does', () => {
  expect(toldAfter([50], { action: 'list-view', rows: 999 })).toEqual([null])
  expect(toldAfter([50], { action: 'list-view', rows: 1000 })).toEqual([{ recent: 1, before: 0 }])
  expect(toldAfter([50], { action: 'report-run', rows: 2000 })).toEqual([null])
  expect(toldAfter([50], { rows: 0 })).toEqual([null])
})

test('what comes late counts on its own day', () => {
  expect(toldAfter([50, 30, 51]).at(-1)).toEqual({ recent: 2, before: 1 })
})

test('what is saved goes on, and what is too old is forgotten', () => {
  const before = watched()
  toldAfter([50, 51], {}, before)
  const after = watched()
  for (const { key, value } of before.state.takeChanges().puts) after.state.restore(key, value)
  expect(toldAfter([52], {}, after)).toEqual([{ recent: 3, before: 0 }])
  after.expire(monday + 100 * day)
  expect([...after.state.entries()]).toHaveLength(1)
  after.expire(monday + 110 * day)
  expect([...after.state.entries()]).toHaveLength(0)
})
