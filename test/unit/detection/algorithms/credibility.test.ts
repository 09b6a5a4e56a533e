import { expect, test } from 'vitest'
import { credibility } from '../../../../src/detection/algorithms/gamma-poisson.ts'
import { day, hour, week } from '../../../../src/duration.ts'
import {
  createRandom,
  createRig,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  poisson,
} from '../statistics-rig.ts'

const people = 60
const pages = makeDetector({ budget: 1 / (4 * week), atLeast: 100, windows: [hour, day] })

/** Two weeks in which everybody opens about 150 pages on a working day, each another number; `u0` as `isAway` says. */
function alertsOf(isAway: (day: number) => boolean) {
  const random = createRandom(5)
  const paces = Array.from({ length: people }, () => 150 * gamma(random, 4))
  const rig = createRig([pages])
  for (let d = 0; d < 14; d++) {
    if (d % 7 > 4) continue
    const opened = paces.flatMap((pace, u) => {
      const count = u === 0 && isAway(d) ? 1 : poisson(random, pace * gamma(random, 6))
      return Array.from({ length: count }, () =>
        makeActivity({ user: `u${u}`, time: monday + d * day + 8 * hour + Math.floor(random() * 9 * hour) }),
      )
    })
    rig.feed(...opened.sort((a, b) => a.time - b.time))
  }
  return rig.detections.map(({ entity }) => entity.id)
}

test('a window tells less of a rate the more windows differ anyway', () => {
  expect(credibility(0.1, 1)).toBeCloseTo(0.91, 2)
  expect(credibility(150, 1)).toBeCloseTo(0.0066, 4)
  expect(credibility(150, 0.001)).toBeCloseTo(0.87, 2)
})

test('whoever is back from a week away at the beginning is no surprise', () => {
  expect(alertsOf(() => false)).toEqual([])
  expect(alertsOf((d) => d < 5)).toEqual([])
})
