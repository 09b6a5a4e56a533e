import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../src/detection/activity/activity.ts'
import { day, hour, minute, second } from '../../../src/duration.ts'
import {
  createRandom,
  createRig,
  distinct,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  poisson,
  rowsRead,
} from './statistics-rig.ts'

const queries = distinct('distinct(query)', ({ query }) => query)

/** So little that chance alone hardly raises anything in two weeks. */
const budget = 1 / (90 * day)
/** One window each, so that what is expected in it can be read off a detection. */
const detectors = [
  makeDetector({ budget, id: 'calls-10m', atLeast: 50, windows: [10 * minute], measureHash: '1' }),
  makeDetector({ budget, id: 'calls-24h', atLeast: 100, windows: [day], measureHash: '2' }),
  makeDetector({
    budget,
    id: 'rows-1h',
    model: 'amounts',
    measure: rowsRead,
    atLeast: 2000,
    windows: [hour],
  }),
  makeDetector({
    budget,
    id: 'queries-1h',
    measure: queries,
    atLeast: 15,
    windows: [hour],
    measureHash: '3',
  }),
]

type Delayed = { readonly arrival: number; readonly activity: Activity }

/** Two weeks of fifteen people and a machine, and on day 11 a burst of somebody. Each event has an identity. */
function traffic(): Activity[] {
  const random = createRandom(17)
  const events: Activity[] = []
  const add = (user: string, time: number, rows: number) =>
    events.push(
      makeActivity({
        user,
        time: Math.floor(time),
        rows,
        query: `q${Math.floor(random() * 12)}`,
        identity: `event-${events.length}`,
      }),
    )
  for (let h = 0; h < 14 * 24; h++) {
    const office = Math.floor(h / 24) % 7 < 5 && h % 24 >= 8 && h % 24 < 18
    for (let u = 0; u < 16; u++) {
      const count = poisson(random, (u === 0 ? 40 : office ? 6 : 0.2) * gamma(random, 3))
      for (let i = 0; i < count; i++)
        add(`u${u}`, monday + h * hour + random() * hour, 5 + Math.floor(60 * random()))
    }
  }
  for (let i = 0; i < 500; i++) add('u7', monday + 11 * day + 11 * hour + i * second, 400)
  return events
}

/** The events in the order in which they arrive when each is delayed by what `delay` says. */
function delayed(events: readonly Activity[], delay: (activity: Activity) => number): Activity[] {
  const arriving: Delayed[] = events.map((activity) => ({
    activity,
    arrival: activity.time + delay(activity),
  }))
  return arriving.sort((a, b) => a.arrival - b.arrival).map(({ activity }) => activity)
}

/** Everybody at once, on day 15, in the order of time: what is found of them tells what was learned of each. */
function probe(): Activity[] {
  return Array.from({ length: 16 * 200 }, (_, i) =>
    makeActivity({
      user: `u${i % 16}`,
      time: monday + 15 * day + 10 * hour + i * 100,
      rows: 1000,
      query: `probe-${Math.floor(i / 16)}`,
    }),
  )
}

function run(events: readonly Activity[]) {
  const rig = createRig(detectors)
  rig.feed(...events, monday + 15 * day)
  const alerts = rig.detections
    .filter(({ sequence }) => sequence === 0)
    .map(
      ({ detector, entity, time }) => `${detector.id} ${entity.id} day ${Math.floor((time - monday) / day)}`,
    )
  const before = rig.detections.length
  rig.feed(...probe())
  const expected = new Map<string, number>()
  for (const { detector, entity, statistics } of rig.detections.slice(before)) {
    const key = `${detector.id} ${entity.id}`
    if (statistics && !expected.has(key)) expected.set(key, statistics.expected)
  }
  return { alerts: [...new Set(alerts)].sort(), expected }
}

describe('events up to three hours late, in any order', () => {
  const events = traffic()
  const inOrder = run(delayed(events, () => 0))
  const random = createRandom(5)
  const ways: Record<string, Activity[]> = {
    'each delayed by something else': delayed(events, () => random() * 3 * hour),
    'a channel that always lags by an hour beside one in time': delayed(events, ({ user }) =>
      Number(user?.slice(1)) % 2 === 0 ? hour : 0,
    ),
    'delivered twice, in time and late': [
      ...delayed([...events, ...events], () => (random() < 0.5 ? 0 : random() * 3 * hour)),
    ],
  }

  test.each(Object.entries(ways))('raise the alerts and teach what they do in order: %s', (name, late) => {
    const { alerts, expected } = run(late)
    expect(inOrder.expected.size).toBeGreaterThan(40)
    expect(inOrder.alerts.filter((alert) => alert.includes('u7 day 11')).length).toBeGreaterThan(2)
    expect(alerts).toEqual(inOrder.alerts)
    const ratios = [...inOrder.expected]
      .flatMap(([key, value]) => (expected.has(key) ? [(expected.get(key) as number) / value] : []))
      .sort((a, b) => a - b)
    console.log(
      `${name}: what is expected is ${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)} of that in order`,
    )
    expect(ratios.length).toBeGreaterThan(0.9 * inOrder.expected.size)
    expect(ratios[0]).toBeGreaterThan(0.8)
    expect(ratios.at(-1)).toBeLessThan(1.25)
    expect(ratios[Math.floor(ratios.length / 2)]).toBeCloseTo(1, 1)
  })
})
