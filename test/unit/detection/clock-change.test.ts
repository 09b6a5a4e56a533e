import { expect, test } from 'vitest'
import { createZoneOffset } from '../../../src/detection/algorithms/zone-offset.ts'
import { day, hour, minute, week } from '../../../src/duration.ts'
import { createRandom, createRig, gamma, makeActivity, makeDetector, poisson } from './statistics-rig.ts'

const zone = 'America/New_York'
const offset = createZoneOffset(zone)

/** With the budget of one an hour; an hour that moves would bring one for each of the 25 users. */
const mostByChance = 10

test.each([
  ['forward', '2026-03-08T07:00:00Z'],
  ['back', '2026-11-01T06:00:00Z'],
])('when the clock goes %s, office hours move along: nobody is early or late by an hour', (_, change) => {
  const from = Math.floor(Date.parse(change) / day) * day - 2 * week
  const random = createRandom(41)
  const rig = createRig([makeDetector({ budget: 1 / hour, windows: [10 * minute, hour] })], zone)
  for (let time = from; time < from + 3 * week; time += hour) {
    const local = time + offset(time)
    const isOffice = Math.floor(local / day + 3) % 7 < 5 && local % day >= 9 * hour && local % day < 17 * hour
    const activities = Array.from({ length: 25 }, (_, u) =>
      Array.from({ length: poisson(random, (isOffice ? 12 : 0.002) * gamma(random, 6)) }, () =>
        makeActivity({ user: `u${u}`, time: time + Math.floor(hour * random()) }),
      ),
    ).flat()
    rig.feed(...activities.sort((a, b) => a.time - b.time))
  }
  const alerts = rig.detections.filter(({ time, sequence }) => sequence === 0 && time >= Date.parse(change))
  expect(alerts.length).toBeLessThanOrEqual(mostByChance)
})
