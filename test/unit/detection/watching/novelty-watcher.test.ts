import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { noveltyFormulas } from '../../../../src/detection/baseline/novelty/novelty-formulas.ts'
import { EntityTable } from '../../../../src/detection/entities/entity-table.ts'
import { NoveltyWatcher } from '../../../../src/detection/watching/novelty/novelty-watcher.ts'
import { entityKey } from '../../../../src/detection/watching/watcher.ts'
import { day, hour, week } from '../../../../src/duration.ts'
import {
  createWatched,
  type Day,
  detectorOf,
  elsewhere,
  newMeasure,
  office,
  stranger,
  usual,
  usualDays,
} from '../novelty-rig.ts'
import { acme, createRandom, createRig, gamma, makeActivity, monday } from '../statistics-rig.ts'

describe('something new', () => {
  it('fires for someone who brings up nothing new, and can be computed again from the detection', () => {
    const rig = createRig([detectorOf()])
    rig.feed(...usualDays(30, 21))
    expect(rig.detections).toEqual([])
    rig.feed(makeActivity({ time: monday + 21 * day + 14 * hour, user: 'u3', ...stranger }))
    const [detection] = rig.detections
    expect(detection?.entity.id).toBe('u3')
    expect(detection?.observed).toBe(3)
    const news = `network ${elsewhere}, application My Ticket Portal and an unknown client`
    expect(detection?.trigger.fields.news).toBe(news)
    expect(detection?.explanation[0]?.value).toContain(`first seen for this user: ${news}`)
    const statistics = detection?.statistics
    expect(statistics?.model).toBe('novelty')
    expect(noveltyFormulas.log10p(statistics?.parameters ?? {}, 1)).toBe(statistics?.log10pModel)
    expect(statistics?.log10p).toBeLessThanOrEqual(Math.log10(statistics?.threshold ?? 0))
    expect(detection?.summary).toMatch(/^u3: first time with network .+; by chance about once in/)
  })

  it('says nothing while the org or the entity has been watched for less than the learning time', () => {
    const young = createRig([detectorOf()])
    young.feed(...usualDays(30, 6), makeActivity({ time: monday + 6 * day, user: 'u3', ...stranger }))
    expect(young.detections).toEqual([])
    const newcomer = createRig([detectorOf()])
    newcomer.feed(...usualDays(30, 21))
    newcomer.feed(...usualDays(1, 24, () => ({ user: 'new' })).slice(20))
    newcomer.feed(makeActivity({ time: monday + 24 * day, user: 'new', ...stranger }))
    expect(newcomer.detections).toEqual([])
  })

  it('is no surprise where it is another one every day', () => {
    const rig = createRig([detectorOf()])
    const traveller: Day = (user, number) => (user === 5 ? { network: `10.${number}.7.0/24` } : {})
    rig.feed(...usualDays(30, 30, traveller))
    expect(rig.detections).toEqual([])
    const time = monday + 30 * day
    rig.feed(makeActivity({ ...usual(5), time, user: 'u5', network: '10.99.7.0/24' }))
    expect(rig.detections).toEqual([])
  })

  it('is less surprising when others have it', () => {
    const common = createRig([detectorOf()])
    const moves: Day = (user, number) => (number === 8 + user ? { network: office } : {})
    common.feed(...usualDays(30, 40, moves))
    const before = common.detections.length
    common.feed(makeActivity({ ...usual(28), time: monday + 41 * day, user: 'u28', network: office }))
    expect(common.detections.length).toBe(before)
  })

  it('is judged by the group: what people do now and then is an alarm for a machine that never did', () => {
    const people = 40
    const peersOf = (activity: Activity) => (Number(activity.user?.slice(1)) < people ? 'people' : 'machines')
    const random = createRandom(3)
    const rig = createRig([detectorOf({ peersOf, budget: 2 / week })])
    const travels: Day = (user) =>
      user < people && random() < 0.05 ? { network: `10.${Math.floor(random() * 250)}.1.0/24` } : {}
    rig.feed(...usualDays(people + 15, 30, travels))
    const seen = rig.detections.length
    const time = monday + 30 * day
    rig.feed(makeActivity({ ...usual(1), time, user: 'u1', network: '192.0.2.0/24' }))
    expect(rig.detections.length).toBe(seen)
    rig.feed(makeActivity({ ...usual(50), time: time + hour, user: 'u50', network: '192.0.3.0/24' }))
    expect(rig.detections.slice(seen).map(({ entity }) => entity.id)).toEqual(['u50'])
  })

  it('fires again when the thief comes back from another network days later', () => {
    const rig = createRig([detectorOf()])
    rig.feed(...usualDays(30, 21))
    rig.feed(makeActivity({ time: monday + 21 * day + 14 * hour, user: 'u3', ...stranger }))
    rig.feed(...usualDays(30, 26).slice(22 * 30))
    const second = { ...stranger, network: '192.0.2.0/24', app: 'curl' }
    rig.feed(makeActivity({ time: monday + 26 * day, user: 'u3', ...second }))
    expect(new Set(rig.detections.map(({ episode }) => episode)).size).toBe(2)
  })

  it('is looked for among the hits only, while everything teaches', () => {
    const hits = ({ action }: Activity) => action === 'bulk-download'
    const rig = createRig([detectorOf({ hits, measure: newMeasure('new(action)') })])
    rig.feed(...usualDays(30, 21, (user) => (user === 7 ? { action: 'bulk-download' } : {})))
    const time = monday + 21 * day + 14 * hour
    rig.feed(makeActivity({ ...usual(3), time, user: 'u3', action: 'report-export' }))
    rig.feed(makeActivity({ ...usual(7), time, user: 'u7', action: 'bulk-download' }))
    expect(rig.detections).toEqual([])
    rig.feed(makeActivity({ ...usual(3), time, user: 'u3', action: 'bulk-download' }))
    expect(rig.detections.map(({ entity }) => entity.id)).toEqual(['u3'])
  })
})

describe('the verdict of an analyst', () => {
  it('that it was an attack makes the same things new again', () => {
    const { watcher, org, detections, process } = createWatched()
    const first = monday + 21 * day
    process(makeActivity({ time: first, user: 'u3', ...stranger }))
    watcher.verdict(detections[0]?.episode ?? '', entityKey(acme, 'u3'), 'true_positive', org)
    watcher.tick(org, first + 3 * day)
    process(makeActivity({ time: first + 3 * day, user: 'u3', ...stranger }))
    expect(new Set(detections.map(({ episode }) => episode)).size).toBe(2)
  })
})

describe('everything that is kept', () => {
  const random = createRandom(11)
  const changing: Day = (user) => ({
    network: random() < 0.1 ? `10.${user}.${Math.floor(random() * 99)}.0/24` : usual(user).network,
    app: random() < 0.02 ? `app ${Math.floor(random() * 5)}` : 'Browser',
  })
  const activities = usualDays(20, 25, changing)

  it('is the same after a stop and restore at any record', () => {
    const budget = 20 / week
    const whole = createRig([detectorOf({ budget })])
    const halves = createRig([detectorOf({ budget })])
    for (const [index, activity] of activities.entries()) {
      whole.feed({ ...activity })
      halves.feed({ ...activity })
      if (index % 23 === 0) halves.restart()
    }
    expect(whole.detections.length).toBeGreaterThan(0)
    expect(halves.messages).toEqual(whole.messages)
  })

  it('takes less than 400 bytes for a typical entity', () => {
    const watcher = new NoveltyWatcher(
      { detector: detectorOf(), set: 'set' },
      new EntityTable(),
      () => undefined,
    )
    const org = { ref: acme, offset: () => 0, watermark: monday + 40 * day }
    const now: Day = (user, number) => (number % 20 === user ? { network: `10.${user}.${number}.0/24` } : {})
    for (const activity of usualDays(200, 40, now)) watcher.process(activity, org)
    watcher.expire(() => org)
    let bytes = 0
    for (const state of watcher.states)
      for (const { key, value } of state.takeChanges().puts) bytes += key.length + value.length
    expect(bytes / 200).toBeLessThan(400)
  })
})

describe('the alert budget', () => {
  it('holds for a hundred people of whom some travel and some never do', () => {
    const random = createRandom(5)
    const rates = Array.from({ length: 100 }, () => 0.03 * gamma(random, 0.4))
    const news = (user: number, share: number) => random() < (rates[user] ?? 0) * share
    const people: Day = (user) => ({
      network: news(user, 1) ? `10.${Math.floor(random() * 200)}.${user}.0/24` : usual(user).network,
      app: news(user, 0.3) ? `app ${Math.floor(random() * 40)}` : 'Browser',
      client: news(user, 0.2) ? `client ${Math.floor(random() * 20)}` : 'chrome on windows',
    })
    const days = 98
    const rig = createRig([detectorOf({ budget: 1 / week })])
    rig.feed(...usualDays(100, days, people))
    const episodes = new Set(rig.detections.map(({ episode }) => episode)).size
    expect(episodes).toBeLessThanOrEqual((days - 7) / 7 + 5)
  })
})
