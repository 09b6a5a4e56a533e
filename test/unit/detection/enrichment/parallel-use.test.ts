import { expect, test } from 'vitest'
import { createFirsts, tell } from '../../../../src/detection/activity/firsts.ts'
import { ParallelUse } from '../../../../src/detection/enrichment/parallel-use.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { makeActivity, monday } from '../statistics-rig.ts'

const network = 0

/** An activity from a known or a new network; answers what is made of the new one. */
function seen(use: ParallelUse, newness: 'old' | 'new', after: number, automated = true) {
  const firsts = tell(createFirsts(0, automated), network, newness)
  return use.note(makeActivity({ user: 'loader', time: monday + after, firsts }))
}

test('a program that goes on from its usual network is at work from both', () => {
  const use = new ParallelUse()
  expect(seen(use, 'new', 0)).toBeNull()
  expect(seen(use, 'old', 20 * minute)).toBeNull()
  expect(seen(use, 'new', 21 * minute)).toBe('parallel')
})

test('what is still under way while a program moves does not count', () => {
  const use = new ParallelUse()
  seen(use, 'old', -minute)
  seen(use, 'new', 0)
  seen(use, 'old', 9 * minute)
  expect(seen(use, 'new', hour)).toBeNull()
})

test('a network that has not been used for a day is left', () => {
  const use = new ParallelUse()
  seen(use, 'new', 0)
  seen(use, 'old', hour)
  expect(seen(use, 'new', 20 * hour)).toBe('parallel')
  expect(seen(use, 'new', 26 * hour)).toBe('moved')
})

test('a program that has only been seen in its new network for more than a day has moved', () => {
  const use = new ParallelUse()
  seen(use, 'old', 0)
  seen(use, 'new', hour)
  expect(seen(use, 'new', 25 * hour)).toBeNull()
  expect(seen(use, 'new', 26 * hour)).toBe('moved')
  seen(use, 'old', 27 * hour)
  expect(seen(use, 'new', 28 * hour)).toBe('parallel')
})

test('people are in two places with their phones', () => {
  const use = new ParallelUse()
  seen(use, 'new', 0, false)
  seen(use, 'old', 20 * minute, false)
  expect(seen(use, 'new', 21 * minute, false)).toBeNull()
  expect(use.state.size).toBe(0)
})

test('a program without a new network is forgotten, one with it is not', () => {
  const use = new ParallelUse()
  seen(use, 'new', 0)
  seen(use, 'new', day)
  use.expire(monday + 4 * day)
  expect(use.state.size).toBe(1)
  use.expire(monday + 4.1 * day)
  expect(use.state.size).toBe(0)
})

test('after a restart both are still in use', () => {
  const use = new ParallelUse()
  seen(use, 'new', 0)
  seen(use, 'old', 20 * minute)
  const restored = new ParallelUse()
  for (const { key, value } of use.state.takeChanges().puts) restored.state.restore(key, value)
  expect(seen(restored, 'new', 21 * minute)).toBe('parallel')
})
