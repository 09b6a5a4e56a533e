import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { recompute } from '../../../../src/detection/firing/recompute.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { isOfficeHour, silenceDetector } from '../silence-rig.ts'
import { createRandom, createRig, makeActivity, monday, poisson } from '../statistics-rig.ts'

type Busy = {
  readonly from: number
  readonly to: number
  readonly without?: readonly string[]
  readonly work?: number
}

/** Pages and reports in office hours, API calls and logins round the clock; heartbeats every five minutes. */
function traffic({ from, to, without = [], work = 1 }: Busy, seed = 7): (Activity | number)[] {
  const random = createRandom(seed)
  const records: (Activity | number)[] = []
  for (let start = from; start < to; start += 5 * minute) {
    records.push(start)
    const office = isOfficeHour(start) ? work : 0.02 * work
    const rates = { Api: 3, Login: 1 + 2 * office, Page: 4 * office, Report: 3 * office }
    const events = Object.entries(rates).flatMap(([type, rate]) =>
      Array.from({ length: poisson(random, rate) }, () =>
        makeActivity({ time: start + Math.floor(random() * 5 * minute), type, action: 'custom' }),
      ),
    )
    records.push(...events.filter(({ type }) => !without.includes(type)).sort((a, b) => a.time - b.time))
  }
  return records
}

const learned = monday + 8 * day

describe('a silence', () => {
  test('of one channel is found within hours, told again, and over when its events come back', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    expect(rig.detections).toEqual([])
    rig.feed(...traffic({ from: learned, to: learned + 14 * hour, without: ['Page'] }, 8))
    const [first] = rig.detections
    expect(new Set(rig.detections.map(({ entity }) => entity.id))).toEqual(new Set(['Page']))
    expect(first?.time).toBeLessThan(learned + 11 * hour)
    expect(first).toMatchObject({ entity: { type: 'type', id: 'Page' }, observed: 0, sequence: 0 })
    expect(rig.detections.length).toBeLessThanOrEqual(8)
    expect(rig.detections.at(-1)?.level).toBe('high')
    rig.feed(...traffic({ from: learned + 14 * hour, to: learned + 3 * day }, 9))
    expect(rig.detections.at(-1)?.time).toBeLessThan(learned + 14 * hour + 30 * minute)
  })

  test('is none of a job that comes once a night and late', () => {
    const rig = createRig([silenceDetector()])
    const nightly = (from: number, to: number, delay: number) =>
      Array.from(
        { length: Math.round((to - from) / day) },
        (_, night) => from + night * day + 22.5 * hour,
      ).flatMap((start) =>
        Array.from({ length: 120 }, (_, file) =>
          makeActivity({ time: start + delay + file * 6000, type: 'File', action: 'custom' }),
        ),
      )
    const inOrder = (records: readonly (Activity | number)[]) =>
      records.toSorted((a, b) => (typeof a === 'number' ? a : a.time) - (typeof b === 'number' ? b : b.time))
    rig.feed(...inOrder([...traffic({ from: monday, to: learned }), ...nightly(monday, learned, 0)]))
    const late = traffic({ from: learned, to: learned + 2 * day }, 8)
    rig.feed(...inOrder([...late, ...nightly(learned, learned + 2 * day, 25 * minute)]))
    expect(rig.detections).toEqual([])
  })

  test('can be computed again from its fields', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    rig.feed(...traffic({ from: learned, to: learned + 12 * hour, without: ['Api'] }, 8))
    expect(rig.detections.length).toBeGreaterThan(0)
    for (const { statistics, observed, window } of rig.detections) {
      if (!statistics) throw new Error('no statistics')
      expect(statistics).toMatchObject(recompute(statistics, { observed, window }))
      expect(statistics.log10p).toBeLessThanOrEqual(Math.log10(statistics.threshold))
      expect(statistics.ratio).toBeLessThan(0.05)
    }
  })

  test('is none on a holiday, when people stay at home, nor over weeks of ordinary business', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    rig.feed(...traffic({ from: learned, to: learned + day, work: 0.005 }, 8))
    rig.feed(...traffic({ from: learned + day, to: learned + 7 * day }, 9))
    expect(rig.detections).toEqual([])
  })

  test.each([
    [1, []],
    [2, ['Page']],
  ])('of a Saturday is told after so many Saturdays on which pages came: %i', (weeks, expected) => {
    const rig = createRig([silenceDetector()])
    const saturday = 5 * day
    for (let week = 0; week < weeks; week++) {
      const from = monday + 7 * week * day
      rig.feed(...traffic({ from, to: from + saturday }, week))
      rig.feed(...traffic({ from: from + saturday, to: from + 6 * day, work: 30 }, week))
      rig.feed(...traffic({ from: from + 6 * day, to: from + 7 * day }, week))
    }
    const from = monday + 7 * weeks * day
    rig.feed(...traffic({ from, to: from + saturday }, 8))
    rig.feed(...traffic({ from: from + saturday, to: from + 6 * day, work: 30, without: ['Page'] }, 9))
    expect([...new Set(rig.detections.map(({ entity }) => entity.id))]).toEqual(expected)
  })

  test('of the whole org is one alert about the org, while heartbeats go on', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    const all = ['Api', 'Login', 'Page', 'Report']
    rig.feed(...traffic({ from: learned, to: learned + 8 * hour, without: all }, 8))
    expect(new Set(rig.detections.map(({ entity }) => `${entity.type} ${entity.id}`))).toEqual(
      new Set(['org 00Dxx0000000001AAA']),
    )
    expect(rig.detections[0]?.time).toBeLessThan(learned + 3 * hour)
  })

  test('is none where event time leapt, as after an outage of the watch itself', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    rig.feed(...traffic({ from: learned + 12 * hour, to: learned + 3 * day }, 8))
    expect(rig.detections).toEqual([])
  })

  test('is told no more after three days', () => {
    const rig = createRig([silenceDetector()])
    rig.feed(...traffic({ from: monday, to: learned }))
    rig.feed(...traffic({ from: learned, to: learned + 6 * day, without: ['Api'] }, 8))
    expect(rig.detections.at(-1)?.time).toBeLessThan(learned + 4 * day)
    expect(new Set(rig.detections.map(({ episode }) => episode)).size).toBe(1)
  })

  test('is the same after a restart', () => {
    const records = [
      ...traffic({ from: monday, to: monday + 9 * day }),
      ...traffic({ from: monday + 9 * day, to: monday + 9 * day + 15 * hour, without: ['Page'] }, 8),
      ...traffic({ from: monday + 9 * day + 15 * hour, to: monday + 10 * day }, 9),
    ]
    const whole = createRig([silenceDetector()])
    whole.feed(...records)
    expect(whole.detections.length).toBeGreaterThan(1)
    for (const share of [0.5, 0.93, 0.97]) {
      const rig = createRig([silenceDetector()])
      const at = Math.floor(records.length * share)
      rig.feed(...records.slice(0, at))
      rig.restart()
      rig.feed(...records.slice(at))
      expect(rig.messages).toEqual(whole.messages)
    }
  })
})
