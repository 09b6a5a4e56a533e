import { expect, test } from 'vitest'
import {
  countFeeder,
  createFeeders,
  type Feeders,
  largestFeeders,
  learnFeeders,
  noteElsewhere,
  presenceOf,
} from '../../../../src/detection/baseline/silence/feeders.ts'
import { day, hour, minute } from '../../../../src/duration.ts'

const keep = 7 * hour
const now = Date.UTC(2026, 2, 2, 12)

function learnHour(feeders: Feeders, events: number) {
  learnFeeders(feeders, { passed: 1, watched: 1, counted: events, learned: events }, 14 * day)
}

/** Ann brings 60 events where she shows six signs of work elsewhere; Bob as many, and is seen nowhere else. */
function annAndBob(): Feeders {
  const feeders = createFeeders()
  for (let n = 0; n < 60; n++) {
    countFeeder(feeders, 'ann', null, now)
    countFeeder(feeders, 'bob', null, now)
  }
  for (let n = 0; n < 6; n++) noteElsewhere(feeders, 'ann', now - 20 * hour + n * 5 * minute, keep)
  learnHour(feeders, 120)
  return feeders
}

test('who is at work elsewhere brings as much as goes with it, and who is seen nowhere may be away', () => {
  const feeders = annAndBob()
  expect(presenceOf(feeders, 120, now, 0.05)).toEqual({ brought: 0, variance: 0, away: 2 })
  noteElsewhere(feeders, 'ann', now, keep)
  noteElsewhere(feeders, 'ann', now + minute, keep)
  expect(presenceOf(feeders, 120, now, 0.05)).toMatchObject({ brought: expect.closeTo(10), away: 2 })
  for (let n = 1; n < 9; n++) noteElsewhere(feeders, 'ann', now + n * 5 * minute, keep)
  expect(presenceOf(feeders, 120, now, 0.05)).toMatchObject({ brought: expect.closeTo(60), away: 1 })
})

test('signs of work within an hour tell as little for sure as one', () => {
  const [burst, spread] = [annAndBob(), annAndBob()]
  for (let n = 0; n < 4; n++) {
    noteElsewhere(burst, 'ann', now + n * 5 * minute, keep)
    noteElsewhere(spread, 'ann', now + n * hour, keep)
  }
  expect(presenceOf(burst, 120, now, 0.05)).toMatchObject({
    brought: expect.closeTo(40),
    variance: expect.closeTo(1600),
  })
  expect(presenceOf(spread, 120, now, 0.05)).toMatchObject({
    brought: expect.closeTo(40),
    variance: expect.closeTo(400),
  })
})

test('only those who bring most are remembered, however many come', () => {
  const feeders = annAndBob()
  for (let n = 0; n < 500; n++) countFeeder(feeders, `guest${n}`, null, now + n * minute)
  learnHour(feeders, 500)
  expect(feeders.users.size).toBe(24)
  expect(largestFeeders(feeders, now, 0.05).map(({ name }) => name)).toEqual(['ann', 'bob'])
})

test('of a crowd one a minute is remembered, and the others count as nobody', () => {
  const feeders = annAndBob()
  for (let n = 0; n < 500; n++) countFeeder(feeders, `guest${n}`, null, now)
  learnHour(feeders, 500)
  const remembered = Array.from({ length: 22 }, (_, n) => `guest${n + 1}`)
  expect([...feeders.users.keys()]).toEqual(['ann', 'bob', ...remembered, ''])
  expect(feeders.users.get('')?.events).toBeCloseTo(477)
})
