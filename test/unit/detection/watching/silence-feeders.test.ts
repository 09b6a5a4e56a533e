import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { recompute } from '../../../../src/detection/firing/recompute.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import { isOfficeHour, silenceDetector } from '../silence-rig.ts'
import { createRandom, createRig, makeActivity, monday, poisson } from '../statistics-rig.ts'

/** Events in five minutes of office hours, by channel; `always`: round the clock. */
type Worker = { readonly rates: Readonly<Record<string, number>>; readonly always?: true }
type Staff = Readonly<Record<string, Worker>>
type Stretch = {
  readonly from: number
  readonly to: number
  readonly away?: readonly string[]
  readonly cut?: string
  readonly seed?: number
}

/** Many others at work on pages and reports, and a program that goes on all night. */
const company: Staff = {
  ...Object.fromEntries(
    Array.from({ length: 30 }, (_, n) => [`staff${n}`, { rates: { Page: 0.2, Report: 0.1 } }]),
  ),
  program: { rates: { Api: 3, Login: 0.2 }, always: true },
}

/** Four people who work with an old surface. */
const classic: Staff = {
  ann: { rates: { Classic: 2.6, Report: 0.3 } },
  bob: { rates: { Classic: 0.9, Report: 0.3 } },
  cem: { rates: { Classic: 0.75, Report: 0.3 } },
  dan: { rates: { Classic: 0.75, Report: 0.3 } },
}

function traffic(staff: Staff, { from, to, away = [], cut, seed = 1 }: Stretch): (Activity | number)[] {
  const random = createRandom(seed)
  const records: (Activity | number)[] = []
  for (let start = from; start < to; start += 5 * minute) {
    records.push(start)
    for (const [user, { rates, always }] of Object.entries(staff)) {
      if (away.includes(user) || !(isOfficeHour(start) || always)) continue
      for (const [type, rate] of Object.entries(rates))
        for (let n = type === cut ? 0 : poisson(random, rate); n > 0; n--)
          records.push(
            makeActivity({ time: start + n, type, action: 'custom', user, username: `${user}@acme.example` }),
          )
    }
  }
  return records
}

const learned = monday + 14 * day
const morning = learned + 8 * hour

function watch(staff: Staff, stretch: Partial<Stretch>) {
  const rig = createRig([silenceDetector()])
  rig.feed(...traffic(staff, { from: monday, to: learned }))
  expect(rig.detections).toEqual([])
  rig.feed(...traffic(staff, { from: learned, to: learned + day, seed: 2, ...stretch }))
  return rig
}

describe('a channel that few people feed', () => {
  const staff = { ...company, ...classic }

  test('is not silent while they are away, however many others are at work', () => {
    expect(watch(staff, { away: Object.keys(classic) }).detections).toEqual([])
  })

  test('is silent when they are at work in other channels, and the alert says who they are', () => {
    const { detections } = watch(staff, { cut: 'Classic' })
    expect(new Set(detections.map(({ entity }) => entity.id))).toEqual(new Set(['Classic']))
    const [first] = detections
    expect(first?.time).toBeLessThan(morning + 2 * hour)
    expect(
      Object.fromEntries(first?.explanation.map(({ label, value }) => [label, value]) ?? []),
    ).toMatchObject({
      'Usually from': expect.stringMatching(
        /^ann@acme\.example 5\d % \(at work elsewhere\), bob@acme\.example 1\d % \(at work elsewhere\), /,
      ),
      'Last event': '2026-03-13 17:55 UTC',
    })
  })

  test('is silent when one of them is away and the others are at work elsewhere', () => {
    const [first] = watch(staff, { cut: 'Classic', away: ['ann'] }).detections
    expect(first?.entity.id).toBe('Classic')
    expect(first?.time).toBeLessThan(morning + 4 * hour)
  })

  test('can be computed again from its fields', () => {
    const { detections } = watch(staff, { cut: 'Classic', away: ['ann', 'bob'] })
    expect(detections.length).toBeGreaterThan(0)
    for (const { statistics, observed, window } of detections) {
      if (!statistics) throw new Error('no statistics')
      expect(statistics.parameters).toMatchObject({
        away: expect.closeTo(1 / 9),
        present: expect.any(Number),
      })
      expect(statistics).toMatchObject(recompute(statistics, { observed, window }))
      expect(statistics.log10p).toBeLessThanOrEqual(Math.log10(statistics.threshold))
    }
  })
})

test('a channel that one program feeds round the clock is silent when that stops, wherever else the program is seen', () => {
  const staff: Staff = { ...company, feed: { rates: { Sync: 3 }, always: true } }
  const [first] = watch(staff, { away: ['feed'] }).detections
  expect(first?.entity.id).toBe('Sync')
  expect(first?.time).toBeLessThan(learned + 4 * hour)
})

test('a channel that many feed is silent although none of them is seen elsewhere', () => {
  const many = Array.from({ length: 60 }, (_, n) => [`agent${n}`, { rates: { Voice: 0.1 } }])
  const [first] = watch({ ...company, ...Object.fromEntries(many) }, { cut: 'Voice' }).detections
  expect(first?.entity.id).toBe('Voice')
  expect(first?.time).toBeLessThan(morning + 3 * hour)
})

test('a channel of which an earlier version has not saved who feeds it is silent as it was then', () => {
  const staff: Staff = { ...company, feed: { rates: { Sync: 3 }, always: true } }
  const rig = createRig([silenceDetector()])
  rig.feed(...traffic(staff, { from: monday, to: learned }))
  const feeders = rig.task.states.find(({ section }) => section.endsWith('feeders'))
  expect(feeders?.takeChanges().puts).toHaveLength(5)
  rig.restart()
  rig.feed(...traffic(staff, { from: learned, to: learned + 4 * hour, seed: 2 }))
  rig.feed(...traffic(staff, { from: learned + 4 * hour, to: learned + day, seed: 3, cut: 'Sync' }))
  expect(rig.detections[0]?.entity.id).toBe('Sync')
  expect(rig.detections[0]?.time).toBeLessThan(learned + 8 * hour)
})
