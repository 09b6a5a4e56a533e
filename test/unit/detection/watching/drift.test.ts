import { describe, expect, test } from 'vitest'
import { parseDetectionMessage } from '../../../../src/alerting/detection-message.ts'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { closeDay } from '../../../../src/detection/baseline/drift/drift-model.ts'
import { DriftRow, drift, lagDays } from '../../../../src/detection/baseline/drift/drift-row.ts'
import {
  createOrgDays,
  noteDay,
  peerGrowthOf,
  restDaysOf,
} from '../../../../src/detection/baseline/drift/org-days.ts'
import type { VerdictWord } from '../../../../src/detection/baseline/incidents.ts'
import type { Found } from '../../../../src/detection/definition/detector.ts'
import type { Detection } from '../../../../src/detection/detection.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { recompute } from '../../../../src/detection/firing/recompute.ts'
import { DriftWatcher } from '../../../../src/detection/watching/drift/drift-watcher.ts'
import { entityKey } from '../../../../src/detection/watching/watcher.ts'
import { day, hour, minute, week } from '../../../../src/duration.ts'
import {
  acme,
  createRandom,
  createRig,
  gamma,
  makeActivity,
  makeDetector,
  monday,
  poisson,
  rowsRead,
} from '../statistics-rig.ts'

/** Days of an entity before anything changes. */
const usualBefore = 42
const odds = 4000

type Outcome = { readonly foundAfter: number | null; readonly incidents: number }

/** Entities that do some `mean` a working day, with noise of shape `calm`, times what `change` says of the days after `before`. */
function simulate(
  days: number,
  change: (d: number) => number,
  mean = 40,
  calm = 10,
  entities = 200,
  before = usualBefore,
): Outcome[] {
  const random = createRandom(91)
  return Array.from({ length: entities }, () => {
    const row = new DriftRow()
    let foundAfter: number | null = null
    let incidents = 0
    for (let d = 1; d <= before + days; d++) {
      const factor = isWeekend(d) ? 0.1 : 1
      row.set(drift.today, poisson(random, mean * factor * change(d - before) * gamma(random, calm)))
      const fired = row.get(drift.alerted) > 0
      const context = { day: d, isRest: isWeekend(d), peerGrowth: 1, peerRoot: 0, bound: Math.log(odds) }
      closeDay(row, context, isWeekend)
      if (fired || row.get(drift.alerted) === 0) continue
      incidents++
      if (d > before) foundAfter ??= d - before
    }
    return { foundAfter, incidents }
  })
}

function isWeekend(d: number): boolean {
  return d % 7 >= 5
}

function share(outcomes: readonly Outcome[], holds: (outcome: Outcome) => boolean): number {
  return outcomes.filter(holds).length / outcomes.length
}

const lasting = (factor: number) => (d: number) => (d > 0 ? factor : 1)
const ramp = (d: number) => (d > 0 ? 1.05 ** d : 1)

describe('growth over days', () => {
  test('that is none fires for fewer entities in 90 days than its odds allow', () => {
    const fired = share(simulate(90, lasting(1), 40, 10, 400), ({ incidents }) => incidents > 0)
    expect(fired).toBeLessThanOrEqual((usualBefore + 90) / odds)
  })

  test('to the double, where days vary by a quarter, is found within 20 days for nineteen of twenty', () => {
    expect(
      share(simulate(40, lasting(2), 100, 14), ({ foundAfter }) => (foundAfter ?? 99) <= 20),
    ).toBeGreaterThan(0.95)
  })

  test('by five per cent a day is found before it has reached three times the usual', () => {
    const found = share(simulate(40, ramp), ({ foundAfter }) => ramp(foundAfter ?? 99) <= 3)
    expect(found).toBeGreaterThan(0.95)
  })

  test('that stays for good fires once and becomes normal', () => {
    const outcomes = simulate(120, lasting(5))
    expect(share(outcomes, ({ incidents }) => incidents > 0)).toBe(1)
    const incidents = outcomes.reduce((sum, { incidents }) => sum + incidents, 0)
    expect(incidents / outcomes.length).toBeLessThan(1.5)
  })

  test('takes more than one day to fire, however steep', () => {
    expect(share(simulate(20, lasting(100)), ({ foundAfter }) => (foundAfter ?? 99) >= 2)).toBe(1)
  })
})

test('an org of two weeks knows enough to see a twentyfold growth within a week', () => {
  const outcomes = simulate(14, lasting(20), 40, 10, 200, 14)
  expect(share(outcomes, ({ foundAfter }) => (foundAfter ?? 99) <= 7)).toBe(1)
})

test('whoever comes back from a holiday to their usual work has not grown, also in the first weeks of an org', () => {
  const random = createRandom(92)
  const isAway = (d: number) => d > 5 && d <= 19
  const fired = Array.from({ length: 200 }, () => {
    const row = new DriftRow()
    let incidents = 0
    for (let d = 1; d <= 60; d++) {
      const work = (isAway(d) ? 0 : isWeekend(d) ? 0.04 : 1) * gamma(random, 10)
      // Reports that Salesforce runs in their name go on.
      row.set(drift.today, 30 + Math.round(1500 * work))
      row.set(drift.otherToday, poisson(random, 150 * work))
      const before = row.get(drift.alerted)
      const context = { day: d, isRest: isWeekend(d), peerGrowth: 1, peerRoot: 38, bound: Math.log(odds) }
      closeDay(row, context, isWeekend)
      if (before === 0 && row.get(drift.alerted) > 0) incidents++
    }
    return incidents > 0
  }).filter((incidents) => incidents)
  expect(fired.length / 200).toBeLessThan(0.04)
})

test('a quiet weekend does not undo what a week of growth has shown', () => {
  const row = new DriftRow()
  const evidence: number[] = []
  for (let d = 0; d < usualBefore + 7; d++) {
    row.set(drift.today, d < usualBefore ? 400 : isWeekend(d) ? 0 : 800)
    const context = { day: d, isRest: isWeekend(d), peerGrowth: 1, peerRoot: 0, bound: Math.log(odds) }
    closeDay(row, context, isWeekend)
    evidence.push(row.get(drift.evidence))
  }
  const [friday = 0, , sunday = 0] = evidence.slice(-3)
  expect(friday).toBeGreaterThan(3)
  expect(sunday).toBeGreaterThan(0.85 * friday)
})

describe('an entity that did nothing in its reference', () => {
  /** Days until growth fires for somebody who does `amount` a day after `quietDays`; null for not in 40 days. */
  function daysToFire(amount: number, quietDays: number, peerRoot: number): number | null {
    const row = new DriftRow()
    for (let d = 1; d <= quietDays + 40; d++) {
      row.set(drift.today, d > quietDays && !isWeekend(d) ? amount : 0)
      const context = { day: d, isRest: isWeekend(d), peerGrowth: 1, peerRoot, bound: Math.log(odds) }
      closeDay(row, context, isWeekend)
      if (row.get(drift.alerted) > 0) return d - quietDays
    }
    return null
  }

  test('is not judged where no peer is known, before what it does has come into the reference', () => {
    expect(daysToFire(90_000, 42, 0) ?? 99).toBeGreaterThan(lagDays)
  })

  test('does not fire for what a peer does, having hardly been watched', () => {
    expect(daysToFire(900, 14, 30)).toBeNull()
  })

  test('fires within two weeks for a hundred times that', () => {
    expect(daysToFire(90_000, 42, 30)).toBeLessThan(14)
  })
})

describe('the days of an org', () => {
  test('of rest are Saturday and Sunday until others are quieter', () => {
    const org = createOrgDays(monday / day, 1 / week)
    const sunday = monday / day - 1
    const rests = () => [0, 1, 2, 3, 4, 5, 6].filter((d) => restDaysOf(org)(sunday + d))
    expect(rests()).toEqual([0, 6])
    for (let d = 0; d < 21; d++) noteDay(org, sunday + d, 10, [5, 6].includes(d % 7) ? 1 : 12)
    expect(rests()).toEqual([5, 6])
  })

  test('show growth of peers only where most of enough peers have grown', () => {
    expect(peerGrowthOf([3, 3, 3, 3, 3, 3, 3, 3, 1])).toBe(3)
    expect(peerGrowthOf([1, 1, 1, 1, 1, 0.9, 50, 40, 30])).toBe(1)
    expect(peerGrowthOf([0.2, 0.1, 0.3, 0.2, 0.2, 0.2, 0.2, 0.4])).toBe(1)
    expect(peerGrowthOf([5, 5, 5])).toBe(1)
  })
})

const detector = makeDetector({
  model: 'drift',
  measure: rowsRead,
  windows: [day],
  budget: 1 / week,
  atLeast: 100,
})

/** Twenty people at work for `days`, of whom u3 does `factor` times as much from day 40 on. */
function* work(days: number, factor: (d: number) => number) {
  const random = createRandom(7)
  for (let d = 0; d < days; d++) {
    if (d % 7 >= 5) continue
    const activities = Array.from({ length: 20 }, (_, u) =>
      Array.from({ length: 6 }, () =>
        makeActivity({
          user: `u${u}`,
          time: monday + d * day + 8 * hour + Math.floor(9 * hour * random()),
          rows: Math.ceil(40 * gamma(random, 4) * (u === 3 ? factor(d) : 1)),
        }),
      ),
    ).flat()
    yield* activities.sort((a, b) => a.time - b.time)
  }
}

describe('a drift detector', () => {
  const growing = [...work(75, (d) => (d >= 40 ? 3 : 1))]
  const quietly = createRig([detector])
  quietly.feed(...growing)
  const { detections } = quietly

  test('finds who took more from day 40 on, nobody else, and says since when and how much', () => {
    expect(new Set(detections.map(({ entity }) => entity.id))).toEqual(new Set(['u3']))
    expect(detections.filter(({ sequence }) => sequence === 0)).toHaveLength(1)
    const [first] = detections
    if (!first?.statistics) throw new Error('nothing found')
    expect(first.time).toBeGreaterThan(monday + 42 * day)
    expect(first.time).toBeLessThan(monday + 55 * day)
    expect(first.window.start).toBeGreaterThanOrEqual(monday + 38 * day)
    expect(first.statistics.ratio).toBeGreaterThan(2)
    expect(first.statistics.ratio).toBeLessThan(4)
    expect(first.trigger.type).toBe('ApiEventStream')
  })

  test('says nothing that cannot be computed again from the detection alone', () => {
    expect(detections.length).toBeGreaterThan(0)
    for (const { statistics, observed, window } of detections) {
      if (!statistics) throw new Error('no statistics')
      const { model, parameters } = statistics
      expect(statistics).toMatchObject(recompute({ model, parameters }, { observed, window }))
      expect(statistics.log10p).toBeLessThanOrEqual(Math.log10(statistics.threshold))
    }
  })

  test('is understood by the stage that makes alerts of it', () => {
    for (const detection of detections)
      expect(parseDetectionMessage(Buffer.from(JSON.stringify(detection)))).toEqual(detection)
  })

  test('stopped and restored every few days, finds the same', () => {
    const rig = createRig([detector])
    for (const [i, activity] of growing.entries()) {
      rig.feed(activity)
      if (i % 997 === 0) rig.restart()
    }
    expect(rig.detections).toEqual(detections)
  })

  test('begins to know people by what they do themselves, not by reports that run in their name', () => {
    const inTheirName = { action: 'report-run', login: null, ip: null, rows: 4 } as const
    const isAway = ({ user, time }: Activity) => user === 'u3' && time < monday + 20 * day
    const rig = createRig([detector])
    for (const activity of work(60, () => 1))
      rig.feed(isAway(activity) ? makeActivity({ ...activity, ...inTheirName }) : activity)
    expect(rig.detections).toEqual([])
  })

  test('closes days by heartbeats alone', () => {
    const rig = createRig([detector])
    const next = (detections[0] as Detection).time
    const earlier = growing.filter(({ time }) => time < next)
    rig.feed(...earlier)
    expect(rig.detections).toEqual([])
    for (let time = (earlier.at(-1)?.time ?? 0) + 10 * minute; time < next; time += 10 * minute)
      rig.feed(time)
    expect(rig.detections).toHaveLength(1)
    expect(rig.detections[0]?.time).toBeLessThan(next)
  })

  test.each([
    ['expected', 1],
    ['true_positive', 2],
  ] as const)('told that it was %s fires %d times when the growth goes on', (verdict, times) => {
    expect(incidentsWith(verdict)).toBe(times)
  })

  test.each([
    ['as it was', 1, 3],
    ['three times as much', 3, 1],
  ])(
    'that hears of other work, %s, says how much of the growth it leaves unexplained',
    (_, pages, unexplained) => {
      const found: number[] = []
      const hits = ({ rows }: Activity) => rows > 0
      const levelFor = ({ unexplained, growing = 0 }: Found) => {
        expect(growing).toBeGreaterThan(0.5)
        found.push(unexplained ?? Number.NaN)
        return 'low' as const
      }
      const rig = createRig([{ ...detector, hits, levelFor }])
      for (const activity of work(60, (d) => (d >= 40 ? 3 : 1))) {
        rig.feed(activity)
        const hasGrown = activity.user === 'u3' && activity.time >= monday + 40 * day
        for (let page = 0; page < (hasGrown ? pages : 1); page++) rig.feed({ ...activity, rows: 0 })
      }
      expect(found.at(-1)).toBeGreaterThan(0.8 * unexplained)
      expect(found.at(-1)).toBeLessThan(1.2 * unexplained)
    },
  )

  test('keeps less than 400 bytes of an entity', () => {
    expect(drift.count * 4).toBeLessThan(400)
  })
})

/** Incidents of u3 who takes thrice as much from day 40 to 130, the first one being judged at once. */
function incidentsWith(verdict: VerdictWord): number {
  const detections: Detection[] = []
  const watcher = new DriftWatcher({ detector, set: 'set' }, new EntityTable(), (detection) =>
    detections.push(detection),
  )
  const clock = { ref: acme, offset: () => 0, watermark: monday }
  let judged = false
  for (const activity of work(70, (d) => (d >= 40 ? 3 : 1))) {
    clock.watermark = activity.time - 3 * hour
    watcher.tick(clock, activity.time)
    watcher.process(activity, clock)
    const [first] = detections
    if (!first || judged) continue
    judged = true
    watcher.verdict(first.episode, entityKey(acme, first.entity.id), verdict, clock)
  }
  return new Set(detections.map(({ episode }) => episode)).size
}
