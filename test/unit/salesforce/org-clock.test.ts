import { expect, test } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { hour, second } from '../../../src/duration.ts'
import { createOrgClock } from '../../../src/salesforce/org-clock.ts'

test.each([
  ['an hour behind', -hour, -hour],
  ['an hour ahead', hour, hour],
  ['as far away as an answer takes', -59 * second, 0],
])('the clock of an org that is %s of ours', (_name, difference, expected) => {
  const clock = createManualClock(10 * hour)
  const org = createOrgClock(clock)
  org.tell(undefined)
  expect(org.now()).toBe(10 * hour)
  org.tell(clock.now() + difference)
  clock.advance(hour)
  expect(org.now()).toBe(11 * hour + expected)
})

test('the clock of an org follows when ours is set right', () => {
  const clock = createManualClock(10 * hour)
  const org = createOrgClock(clock)
  org.tell(9 * hour)
  org.tell(9 * hour - 30 * second)
  expect(org.now()).toBe(9 * hour)
  org.tell(10 * hour - second)
  expect(org.now()).toBe(10 * hour)
})
