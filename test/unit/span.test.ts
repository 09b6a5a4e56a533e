import { expect, test } from 'vitest'
import { day, hour, minute, second } from '../../src/duration.ts'
import { formatWithin } from '../../src/span.ts'

test.each([
  [-second, 'at once'],
  [0, 'at once'],
  [200, 'within 1 s'],
  [59 * second, 'within 59 s'],
  [minute, 'within 1 min'],
  [99 * second, 'within 99 s'],
  [10 * minute, 'within 10 min'],
  [19 * minute + second, 'within 20 min'],
  [hour, 'within 1 h'],
  [90 * minute, 'within 90 min'],
  [2 * hour + second, 'within 3 h'],
  [day, 'within 24 h'],
  [2 * day + second, 'within 3 days'],
  [7 * day, 'within 7 days'],
  [1500 * day, 'within 1,500 days'],
])('%i ms is told as %s: never quicker than it was', (milliseconds, told) => {
  expect(formatWithin(milliseconds)).toBe(told)
})
