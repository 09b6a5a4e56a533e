import { expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import type { Detector } from '../../../../src/detection/definition/detector.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import {
  createRandom,
  createRig,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  normal,
  poisson,
  rowsRead,
} from '../statistics-rig.ts'

/** So little that chance alone raises nothing in some weeks. */
const budget = 1 / (365 * day)
const calls = makeDetector({ budget, atLeast: 100, windows: [10 * minute, hour, day] })
const rows = makeDetector({
  budget,
  model: 'amounts',
  measure: rowsRead,
  atLeast: 2000,
  windows: [10 * minute, hour, day],
})

/** People and machines round the clock, and what `more` adds on each day. */
function alertDays(
  detector: Detector,
  days: number,
  more: (start: number, random: () => number) => Activity[],
) {
  const random = createRandom(11)
  const rig = createRig([detector])
  for (let d = 0; d < days; d++) {
    const start = monday + d * day
    const usual = Array.from({ length: 24 }, (_, h) =>
      Array.from({ length: 12 }, (_, u) => {
        const count = poisson(random, (u < 3 ? 60 : h > 7 && h < 18 ? 4 : 0.1) * gamma(random, 3))
        return spread(`u${u}`, start + h * hour, hour, count, random)
      }),
    ).flat(2)
    rig.feed(...[...usual, ...more(start, random)].sort((a, b) => a.time - b.time))
  }
  return rig.detections
    .filter(({ sequence }) => sequence === 0)
    .map(({ time, entity }) => ({ day: Math.floor((time - monday) / day), entity: entity.id }))
}

function spread(
  user: string,
  start: number,
  length: number,
  count: number,
  random: () => number,
): Activity[] {
  return Array.from({ length: count }, () =>
    makeActivity({ user, time: start + Math.floor(random() * length), rows: 10 + Math.floor(90 * random()) }),
  )
}

const nightlyCopy = (from: number) => (start: number, random: () => number) =>
  start < monday + from * day
    ? []
    : spread(
        'copy',
        start + 22 * hour + Math.floor(10 * minute * random()),
        10 * minute,
        300 + 100 * random(),
        random,
      )

test('a burst every night goes quiet after a few nights', () => {
  const alerts = alertDays(calls, 24, (start, random) => [
    ...spread('copy', start, day, 40, random),
    ...nightlyCopy(4)(start, random),
  ])
  console.log('nightly burst fires on days', alerts.map((alert) => alert.day).join(' '))
  expect(alerts.length).toBeLessThanOrEqual(3)
  expect(alerts.length).toBeGreaterThan(0)
  expect(alerts.at(-1)?.day).toBeLessThan(8)
})

test('a nightly load of many records goes quiet after a few nights', () => {
  const alerts = alertDays(rows, 24, (start, random) => [
    ...spread('load', start, day, 40, random),
    ...(start < monday + 4 * day
      ? []
      : Array.from({ length: 40 }, (_, i) =>
          makeActivity({
            user: 'load',
            time: start + hour + i * 3 * minute,
            rows: Math.round((60_000 / (1 + i / 3)) * Math.exp(0.25 * normal(random))),
          }),
        )),
  ])
  console.log('nightly load fires on days', alerts.map((alert) => alert.day).join(' '))
  expect(alerts.length).toBeLessThanOrEqual(3)
  expect(alerts.at(-1)?.day ?? 0).toBeLessThan(8)
})

test('five times as much from one day on is normal within five days', () => {
  const alerts = alertDays(calls, 26, (start, random) =>
    spread('grown', start, day, poisson(random, start < monday + 14 * day ? 1000 : 5000), random),
  )
  console.log('lasting change fires on days', alerts.map((alert) => alert.day).join(' '))
  expect(alerts.length).toBeGreaterThan(0)
  expect(alerts.at(-1)?.day).toBeLessThan(19)
})

test('a single burst is not learned: the same one fires again two weeks later', () => {
  const burst = (on: number) => (start: number, random: () => number) =>
    start === monday + on * day ? spread('u1', start + 11 * hour, 5 * minute, 2000, random) : []
  const alerts = alertDays(calls, 25, (start, random) => [
    ...burst(7)(start, random),
    ...burst(22)(start, random),
  ])
  expect(alerts).toEqual([
    { day: 7, entity: 'u1' },
    { day: 22, entity: 'u1' },
  ])
})

test('the learned burst of a machine hides nothing that is several times larger', () => {
  const attack = (start: number) =>
    start === monday + 20 * day
      ? Array.from({ length: 2000 }, (_, i) =>
          makeActivity({ user: 'copy', time: start + 10 * hour + i * second }),
        )
      : []
  const alerts = alertDays(calls, 21, (start, random) => [...nightlyCopy(1)(start, random), ...attack(start)])
  expect(alerts.at(-1)).toEqual({ day: 20, entity: 'copy' })
})
