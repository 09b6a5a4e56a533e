import { expect, test } from 'vitest'
import { day, hour, minute, week } from '../../../../src/duration.ts'
import {
  createRandom,
  createRig,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  normal,
  poisson,
} from '../statistics-rig.ts'

/**
 * Entities with gamma–Poisson counts, office hours and a tenth of them machines, from the first day on. The budget is
 * what an analyst was promised.
 */
test('the alerts of a benign month are about as many as the budget says', () => {
  const weeks = 4
  const budget = 20 / week
  const random = createRandom(5)
  const users = Array.from({ length: 80 }, (_, u) => ({
    id: `u${u}`,
    machine: u % 10 === 0,
    rate: (u % 10 === 0 ? 12 : 1.5) * Math.exp(normal(random)),
  }))
  const rig = createRig([makeDetector({ budget, windows: [10 * minute, hour, day] })])
  for (let h = 0; h < weeks * 168; h++) {
    const office = Math.floor(h / 24) % 7 < 5 && h % 24 >= 8 && h % 24 < 18
    const times = users.flatMap(({ id, machine, rate }) => {
      const mean = rate * (machine ? 1 : office ? 2.5 : 0.03) * gamma(random, 2)
      return Array.from({ length: poisson(random, mean) }, () => ({
        user: id,
        time: monday + h * hour + Math.floor(random() * hour),
      }))
    })
    rig.feed(...times.sort((a, b) => a.time - b.time).map((fields) => makeActivity(fields)))
  }
  const alerts = rig.detections.filter(({ sequence }) => sequence === 0).length
  const ratio = alerts / (budget * weeks * week)
  console.log(`${alerts} alerts in ${weeks} benign weeks, ${ratio.toFixed(2)} of the budget`)
  expect(ratio).toBeGreaterThan(0.3)
  expect(ratio).toBeLessThan(1.5)
})
