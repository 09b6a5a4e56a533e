import { expect, test } from 'vitest'
import type { Decoded } from '../../../src/detection/activity/activity.ts'
import { createZoneOffset } from '../../../src/detection/algorithms/zone-offset.ts'
import { day, hour, minute, second, week } from '../../../src/duration.ts'
import { acme, createRandom, createRig, makeActivity, makeDetector, poisson } from './statistics-rig.ts'

const zone = 'America/New_York'
const told: Decoded = { kind: 'org', org: acme, timeZone: zone, appsVisible: true, tokensVisible: false }
/** Two weeks before the clock goes back, so that hours of UTC and of the zone do not stay the same. */
const from = Math.floor(Date.parse('2026-11-01T06:00:00Z') / day) * day - 2 * week

function threeWeeks(): Decoded[] {
  const offset = createZoneOffset(zone)
  const random = createRandom(41)
  const activities: ReturnType<typeof makeActivity>[] = []
  for (let time = from; time < from + 3 * week; time += hour) {
    const local = (time + offset(time)) % day
    const count = poisson(random, local >= 9 * hour && local < 17 * hour ? 20 : 0.02)
    for (let number = 0; number < count; number++)
      activities.push(makeActivity({ user: `u${number % 5}`, time: time + Math.floor(hour * random()) }))
  }
  const burst = from + 20 * day + 14 * hour
  for (let number = 0; number < 200; number++)
    activities.push(makeActivity({ user: 'u1', time: burst + number * 2 * second }))
  return activities.sort((a, b) => a.time - b.time)
}

/** What is found, with the numbers that depend on the hour of the week. */
function found(timeZone: string | null, ...records: readonly (Decoded | number)[]) {
  const rig = createRig([makeDetector({ budget: 1 / hour, windows: [10 * minute, hour] })], timeZone)
  rig.feed(...records)
  rig.restart()
  rig.feed(...threeWeeks())
  return rig.detections
}

test('an org without a configured time zone lives in its own, also after a restart and if it tells late', () => {
  const configured = found(zone)
  expect(configured.length).toBeGreaterThan(0)
  expect(found(null, told)).toEqual(configured)
  expect(found(null, from - day, told)).toEqual(found(zone, from - day))
  expect(found(null)).toEqual(found('UTC'))
  expect(found('UTC', told)).toEqual(found('UTC'))
  expect(found('UTC')).not.toEqual(configured)
})
