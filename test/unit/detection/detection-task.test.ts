import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../src/detection/activity/activity.ts'
import type { Detector } from '../../../src/detection/definition/detector.ts'
import type { Detection } from '../../../src/detection/detection.ts'
import { rowsIn } from '../../../src/detection/entities/row-format.ts'
import { recompute } from '../../../src/detection/firing/recompute.ts'
import { sectionPrefix } from '../../../src/detection/watching/watcher.ts'
import { day, hour, minute, second, week } from '../../../src/duration.ts'
import {
  acme,
  createRandom,
  createRig,
  distinct,
  makeActivity,
  makeDetector,
  monday,
  poisson,
  rowsRead,
} from './statistics-rig.ts'

const bulkExport = (options: Parameters<typeof makeDetector>[0] = {}) =>
  makeDetector({ id: 'bulk-export', model: 'amounts', measure: rowsRead, atLeast: 2000, ...options })

/** Users who each do some queries an hour in office hours, of some hundred rows. */
function ordinaryTraffic(
  days: number,
  options: { users?: number; perHour?: number; from?: number; seed?: number } = {},
): Activity[] {
  const { users = 30, perHour = 4, from = monday, seed = 1 } = options
  const random = createRandom(seed)
  const activities: Activity[] = []
  for (let h = 0; h < days * 24; h++) {
    const start = from + h * hour
    const weekday = Math.floor((start - monday) / day) % 7
    const busy = weekday < 5 && h % 24 >= 8 && h % 24 < 18
    for (let u = 0; u < users; u++) {
      const count = poisson(random, busy ? perHour : perHour / 50)
      for (let i = 0; i < count; i++) {
        const time = start + Math.floor(random() * hour)
        const rows = Math.ceil(50 * Math.exp(3 * random()))
        activities.push(makeActivity({ time, user: `u${u}`, username: `u${u}@acme.example`, rows }))
      }
    }
  }
  return activities
    .sort((a, b) => a.time - b.time)
    .map((activity, i) => ({ ...activity, id: `e${seed}-${i}` }))
}

/** `count` queries of `rows` rows by one user, 1.6 s apart. */
function attack(from: number, count: number, rows = 2000, fields: Partial<Activity> = {}): Activity[] {
  return Array.from({ length: count }, (_, i) =>
    makeActivity({
      time: from + i * 1600,
      user: 'u7',
      username: 'u7@acme.example',
      rows,
      id: `attack-${i}`,
      objects: ['Contact'],
      ...fields,
    }),
  )
}

const tuesday = monday + 15 * day + 14 * hour

describe('a theft of records after two weeks of ordinary business', () => {
  const rig = createRig([makeDetector({ atLeast: 50 }), bulkExport()])
  rig.feed(...ordinaryTraffic(15, {}), ...ordinaryTraffic(0.59, { from: monday + 15 * day, seed: 2 }))
  const before = rig.detections.length
  rig.feed(...attack(tuesday + 20 * minute, 425))
  const [exported, called] = ['bulk-export', 'api-volume'].map((id) =>
    rig.detections.filter(({ detector }) => detector.id === id),
  ) as [Detection[], Detection[]]

  test('is the first thing that fires', () => {
    expect(before).toBe(0)
  })

  test('fires while the window is filling, with a tenth of it gone at most', () => {
    const [first] = exported
    expect(first?.observed).toBeLessThan(85_000)
    expect(first?.window.end).toBeGreaterThan(first?.time ?? 0)
    expect(called[0]?.time).toBeLessThan(tuesday + 23 * minute)
  })

  test('is one episode per detector, told again as it grows', () => {
    for (const detections of [exported, called]) {
      expect(new Set(detections.map(({ episode }) => episode)).size).toBe(1)
      expect(detections.map(({ sequence }) => sequence)).toEqual(detections.map((_, i) => i))
      expect(new Set(detections.map(({ id }) => id)).size).toBe(detections.length)
    }
    expect(exported.length).toBeLessThan(30)
  })

  test('is explained: who, how much, against what, with evidence', () => {
    const last = called.at(-1) as Detection
    expect(last.entity).toEqual({ type: 'user', id: 'u7' })
    expect(last.contributors[0]).toMatchObject({ field: 'object', value: 'Contact', share: 1 })
    expect(last.samples.length).toBeLessThanOrEqual(20)
    expect(last.samples.at(-1)).toMatch(/^attack-/)
    expect(last.statistics?.peers).toBe('user')
    expect(last.statistics?.peerWeight).toBeLessThan(0.2)
    expect(last.statistics?.history).toBeGreaterThan(14 * day)
    expect(last.summary).toMatch(
      /^u7: \d+ API calls \(Contact\) within \d+ min; usual \d+–\d+ within .+, .+× the expected .+; new object/,
    )
  })

  test('can be computed again from the fields of the detection alone', () => {
    expect(exported.length + called.length).toBeGreaterThan(5)
    for (const { statistics, observed, window } of [...exported, ...called]) {
      if (!statistics) throw new Error('no statistics')
      const { model, parameters } = statistics
      expect(statistics).toMatchObject(recompute({ model, parameters }, { observed, window }))
      expect(statistics.ratio).toBeCloseTo(observed / statistics.expected, 9)
      expect(statistics.log10p).toBeLessThanOrEqual(Math.log10(statistics.threshold))
    }
  })

  test('nothing that is new fires by statistics in the first week of an org', () => {
    const detector = makeDetector({ id: 'news', measureHash: 'news', atLeast: 20, countsNews: true })
    const rig = createRig([detector])
    const bursts = [5, 12].map((days) => monday + days * day + 9 * hour)
    const usual = Array.from({ length: 13 * 24 }, (_, index) =>
      makeActivity({ time: monday + index * hour, user: 'u1' }),
    )
    const many = bursts.flatMap((start) =>
      Array.from({ length: 60 }, (_, index) => makeActivity({ time: start + index * 1000, user: 'u2' })),
    )
    rig.feed(...[...usual, ...many].sort((a, b) => a.time - b.time))
    expect(rig.detections[0]?.time).toBeGreaterThanOrEqual(bursts[1] as number)
  })

  test('is quiet again afterwards, the baseline not having learned it', () => {
    const later = createRig([makeDetector({ atLeast: 20, windows: [10 * minute] })])
    later.feed(...ordinaryTraffic(15), ...attack(monday + 15 * day + 9 * hour, 300))
    const alerts = later.detections.length
    later.feed(...attack(monday + 16 * day + 9 * hour, 300))
    const again = later.detections.slice(alerts).find(({ sequence }) => sequence === 0)
    expect(again?.statistics?.expected).toBeLessThan(3)
  })
})

describe('what nobody in the org has ever done', () => {
  test.each([5, 40])('is found the first time, %d days after the start', (days) => {
    const asOthers = makeDetector({ atLeast: 8, wants: ({ action }) => action === 'login-as' })
    const rig = createRig([asOthers])
    for (let time = monday; time < monday + days * day; time += 10 * minute) rig.feed(makeActivity({ time }))
    const first = monday + days * day
    for (let i = 0; i < 14; i++) rig.feed(makeActivity({ time: first + i * minute, action: 'login-as' }))
    expect(rig.detections[0]).toMatchObject({ time: first + 7 * minute, observed: 8, reason: 'threshold' })
  })
})

describe('a start without history', () => {
  test('is quiet for a day, whatever people do, but for the ceiling', () => {
    const rig = createRig([makeDetector({ alwaysAbove: 400 }), bulkExport()])
    rig.feed(...ordinaryTraffic(1, { perHour: 30 }).slice(0, -200))
    expect(rig.detections).toEqual([])
    rig.feed(...attack(monday + day - 2 * hour, 420))
    expect(rig.detections[0]).toMatchObject({
      reason: 'ceiling',
      observed: 400,
      statistics: null,
      sequence: 0,
    })
    expect(rig.detections.every(({ detector }) => detector.id === 'api-volume')).toBe(true)
  })

  test.each([0, 1, 2, 3, 4, 5, 6])('on day %d of the week brings no storm in the first weeks', (first) => {
    const rig = createRig([makeDetector({ atLeast: 5, budget: 1 / day })])
    rig.feed(...ordinaryTraffic(14, { from: monday + first * day, seed: 20 + first }))
    expect(new Set(rig.detections.map(({ episode }) => episode)).size).toBeLessThan(20)
  })

  test('of one user is judged against the peers: they may do what peers do, not a hundred times that', () => {
    const rig = createRig([makeDetector({ atLeast: 20, windows: [10 * minute] })])
    rig.feed(...ordinaryTraffic(15))
    const start = monday + 15 * day + 10 * hour
    rig.feed(...attack(start, 4, 1, { user: 'new-1' }))
    expect(rig.detections).toEqual([])
    rig.feed(...attack(start + 5 * minute, 150, 1, { user: 'new-2' }))
    expect(rig.detections[0]?.entity.id).toBe('new-2')
    expect(rig.detections[0]?.statistics?.peerWeight).toBeGreaterThan(0.95)
  })
})

describe('a ceiling of one window', () => {
  test('holds whatever is usual, from the event on with which it is reached', () => {
    const ceiling = new Map([[day, 230]])
    const firesFor = () => ({
      budget: 1 / week,
      atLeast: 100,
      alwaysAbove: Number.POSITIVE_INFINITY,
      alwaysAboveIn: ceiling,
    })
    const rig = createRig([makeDetector({ windows: [day], firesFor })])
    for (let today = 0; today < 20; today++) rig.feed(...attack(monday + today * day + 9 * hour, 200))
    expect(rig.detections).toEqual([])
    rig.feed(...attack(monday + 20 * day + 9 * hour, 240))
    expect(rig.detections[0]).toMatchObject({ reason: 'ceiling', observed: 230 })
  })
})

describe('an alert budget', () => {
  test('decides the threshold: a larger one fires on what a smaller one lets pass', () => {
    const alertsAt = (budget: number) => {
      const rig = createRig([makeDetector({ budget, windows: [10 * minute] })])
      rig.feed(...ordinaryTraffic(15), ...attack(tuesday, 6))
      return rig.detections.filter(({ time, entity }) => time >= tuesday && entity.id === 'u7').length
    }
    expect(alertsAt(200 / week)).toBeGreaterThan(0)
    expect(alertsAt(1 / (1e6 * week))).toBe(0)
  })
})

describe('episodes', () => {
  const fixed = (options: Parameters<typeof makeDetector>[0] = {}) =>
    makeDetector({ model: 'none', atLeast: 3, windows: [10 * minute], ...options })
  const every = (step: number, count: number, from = monday, fields: Partial<Activity> = {}) =>
    Array.from({ length: count }, (_, i) => makeActivity({ time: from + i * step, ...fields }))

  test('open at the threshold and repeat on doubling, and at most once a pane', () => {
    const rig = createRig([fixed()])
    rig.feed(...every(second, 30))
    expect(rig.detections.map(({ observed }) => observed)).toEqual([3, 6, 12, 24])
    rig.feed(...every(second, 30, monday + minute))
    expect(rig.detections.map(({ observed }) => observed).slice(4)).toEqual([31, 60].slice(0, 1))
  })

  test('repeat at once when the level rises', () => {
    const levelFor: Detector['levelFor'] = ({ observed }) => (observed >= 5 ? 'critical' : 'low')
    const rig = createRig([fixed({ levelFor })])
    rig.feed(...every(second, 5))
    expect(rig.detections.map(({ level }) => level)).toEqual(['low', 'critical'])
  })

  test('say in the end how much it was', () => {
    const rig = createRig([fixed()])
    rig.feed(...every(second, 20), monday + 2 * minute)
    expect(rig.detections.at(-1)).toMatchObject({ observed: 20, sequence: 3, time: monday + 19 * second })
  })

  test('end when it has been quiet for the window; what comes later is another one', () => {
    const rig = createRig([fixed()])
    rig.feed(
      ...every(second, 3),
      ...every(second, 3, monday + 9 * minute),
      ...every(second, 3, monday + hour),
    )
    expect(new Set(rig.detections.map(({ episode }) => episode)).size).toBe(2)
    expect(rig.detections.at(-1)?.sequence).toBe(0)
  })

  test('belong to one detector and entity, and have the same id whenever they are found again', () => {
    const run = () => {
      const rig = createRig([fixed(), fixed({ id: 'other' })])
      rig.feed(...every(second, 3), ...every(second, 3, monday, { user: 'u2' }))
      return rig.detections.map(({ episode }) => episode)
    }
    expect(new Set(run()).size).toBe(4)
    expect(run()).toEqual(run())
  })

  test('of stored events are marked, so that nobody is notified', () => {
    const rig = createRig([fixed()])
    rig.feed(...every(second, 3, monday, { backfill: true }))
    expect(rig.detections[0]).toMatchObject({ backfill: true })
  })

  test('of distinct values count each value once', () => {
    const measure = distinct('distinct(ip)', ({ ip }) => ip)
    const rig = createRig([fixed({ measure })])
    rig.feed(...['a', 'b', 'a', 'b', null, 'c'].map((ip, i) => makeActivity({ time: monday + i, ip })))
    expect(rig.detections.map(({ observed, time }) => [observed, time - monday])).toEqual([[3, 5]])
  })

  test('have a sentence of their own if the detector has one', () => {
    const alert = {
      repeat: day,
      keepOpen: hour,
      summary: '{{username}} made {{observed}} {{unit}} in {{window}} from {{ip}}',
    }
    const rig = createRig([fixed({ alert })])
    rig.feed(...every(second, 3, monday, { username: 'jane@acme.example', ip: '203.0.113.7' }))
    expect(rig.detections[0]?.summary).toBe('jane@acme.example made 3 API calls in 10 min from 203.0.113.7')
  })
})

describe('records', () => {
  const fixed = makeDetector({ model: 'none', atLeast: 3, windows: [hour] })

  test('that come twice count once', () => {
    const rig = createRig([fixed])
    const twice = [1, 2].map((n) => makeActivity({ time: monday + n, identity: `uuid-${n}` }))
    rig.feed(...twice, ...twice, ...twice)
    expect(rig.detections).toEqual([])
  })

  test('that are read from storage and streamed later count once', () => {
    const rig = createRig([fixed])
    const type = 'ApiEventStream'
    const stored = (n: number) =>
      makeActivity({ type, time: monday + 500 + n, id: `e${n}`, identity: `${type}/e${n}` })
    // The stream carries whole seconds.
    const streamed = (n: number) => makeActivity({ type, time: monday, id: `e${n}`, identity: `uuid-${n}` })
    rig.feed(stored(1), streamed(1), streamed(1), stored(1), stored(2), streamed(2), streamed(2))
    expect(rig.detections).toEqual([])
    rig.feed(streamed(3))
    expect(rig.detections).toMatchObject([{ observed: 3 }])
  })

  test('that come late count in the window to which they belong', () => {
    const rig = createRig([makeDetector({ model: 'none', atLeast: 3, windows: [hour, day] })])
    rig.feed(...[180, 0, 10].map((minutes) => makeActivity({ time: monday + minutes * minute })))
    expect(rig.detections.map(({ window, observed }) => [window.length, observed])).toEqual([[day, 3]])
  })

  test('of a quiet org move its time on: progress is told once a minute', () => {
    const rig = createRig([fixed])
    rig.feed(monday, monday + second, monday + minute, monday + minute, monday + hour, monday)
    expect(rig.messages).toEqual(
      [0, minute, hour].map((after) => ({ kind: 'progress', org: acme, time: monday + after })),
    )
  })

  test('of a session get the application of their login', () => {
    const entityOf: Detector['entityOf'] = ({ app }) => (app === null ? null : { type: 'app', id: app })
    const rig = createRig([makeDetector({ model: 'none', atLeast: 2, windows: [hour], entityOf })])
    rig.feed(makeActivity({ time: monday, action: 'login', login: 'k1', app: 'Data Loader' }))
    rig.restart()
    rig.feed(makeActivity({ time: monday + 1, login: 'k1', app: 'Browser' }))
    expect(rig.detections[0]?.entity).toEqual({ type: 'app', id: 'Data Loader' })
  })
})

describe('another set of detectors', () => {
  const traffic = ordinaryTraffic(15)
  const theft = attack(tuesday, 200)

  test('keeps the baseline where the same is measured, with the new rule in force', () => {
    const rig = createRig([makeDetector({ atLeast: 1e9 })])
    rig.feed(...traffic)
    rig.swap([makeDetector({ atLeast: 50, title: 'Renamed' })])
    rig.feed(...theft)
    expect(rig.detections[0]?.detector).toMatchObject({ title: 'Renamed', set: 'set-1+' })
  })

  test('starts anew where something else is measured, and goes on where it left off when that is taken back', () => {
    const rig = createRig([makeDetector({ atLeast: 50 })])
    rig.feed(...traffic)
    rig.swap([makeDetector({ atLeast: 50, measureHash: 'another' })])
    rig.feed(...theft)
    expect(rig.detections).toEqual([])
    rig.swap([makeDetector({ atLeast: 50 })])
    rig.feed(...theft)
    expect(rig.detections).not.toEqual([])
  })
})

test.each([1, 2, 3])('stopped and restored at any point, it finds the same (seed %d)', (seed) => {
  const rows = distinct('distinct(rows)', (activity) => String(activity.rows % 97))
  const detectors = [
    makeDetector({ budget: 5 / day }),
    bulkExport({ budget: 5 / day, atLeast: 100 }),
    makeDetector({ id: 'spread', measure: rows, budget: 5 / day, measureHash: 'distinct' }),
    makeDetector({ id: 'fixed', model: 'none', atLeast: 9, windows: [10 * minute, hour] }),
  ]
  const events = [...ordinaryTraffic(6, { seed, users: 12 }), ...attack(monday + 4.5 * day, 120)].sort(
    (a, b) => a.time - b.time,
  )
  const random = createRandom(seed)
  const whole = createRig(detectors, 'America/New_York')
  const stopped = createRig(detectors, 'America/New_York')
  for (const event of events) {
    const late = random() < 0.05 ? { ...event, time: event.time - Math.floor(random() * 3 * hour) } : event
    whole.feed(late)
    stopped.feed(late)
    if (random() < 0.01) stopped.restart()
  }
  expect(whole.detections.length).toBeGreaterThan(10)
  expect(stopped.messages).toEqual(whole.messages)
})

test('idle entities are forgotten, so that memory stays constant', () => {
  const detector = makeDetector({ windows: [hour] })
  const rig = createRig([detector])
  for (let d = 0; d < 200; d++) {
    rig.feed(...[1, 2, 3].map((n) => makeActivity({ time: monday + d * day + n, user: `user-${d}-${n}` })))
  }
  const changesOf = (name: string) =>
    rig.task.states.find(({ section }) => section === `${sectionPrefix(detector)}${name}`)?.takeChanges()
  const [entities, totals] = [changesOf('rows'), changesOf('totals')]
  const rows = entities?.puts.flatMap(({ value }) => [...rowsIn(value)]) ?? []
  expect(rows.length).toBeLessThan(3 * 60)
  expect(JSON.parse(totals?.puts[0]?.value.toString() ?? '').members).toBe(rows.length)
})

describe('a detector that throws', () => {
  const broken = makeDetector({
    id: 'broken',
    measureHash: 'broken',
    entityOf: () => {
      throw new Error('cannot tell whom')
    },
  })

  test('blinds no other, and the event is refused with its reason', () => {
    const working = makeDetector({ model: 'none', atLeast: 3 })
    const rig = createRig([broken, working])
    const feed = (second: number) =>
      rig.feed(makeActivity({ time: monday + second * 1000, identity: `event-${second}` }))
    for (const second of [0, 1, 2]) expect(() => feed(second)).toThrow('cannot tell whom')
    expect(rig.detections.map(({ detector }) => detector.id)).toEqual(['api-volume'])
    expect(() => rig.feed(monday + hour)).not.toThrow()
  })
})
