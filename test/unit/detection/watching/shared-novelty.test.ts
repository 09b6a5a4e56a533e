import { describe, expect, it } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { createFirsts, dimensions, tell } from '../../../../src/detection/activity/firsts.ts'
import type { Detector, Escalation } from '../../../../src/detection/definition/detector.ts'
import { entityKey } from '../../../../src/detection/watching/watcher.ts'
import { day, hour, minute } from '../../../../src/duration.ts'
import {
  createWatched,
  detectorOf,
  elsewhere,
  newMeasure,
  office,
  stranger,
  usual,
  usualDays,
} from '../novelty-rig.ts'
import { acme, createRig, makeActivity, monday } from '../statistics-rig.ts'

describe('something new that many bring up', () => {
  const start = monday + 21 * day + 10 * hour
  /** Somebody with what is new, from the 22nd day on. */
  const brings = (user: number, after: number, changes: Partial<Activity> = {}) =>
    makeActivity({
      ...usual(user),
      time: start + after,
      user: `u${user}`,
      username: `u${user}@x`,
      ...stranger,
      ...changes,
    })
  const named: Partial<Detector> = {
    entityOf: ({ user, username }) =>
      user === null ? null : { type: 'user', id: user, name: username ?? user },
  }
  const rigOf = (changes: Parameters<typeof detectorOf>[0] = {}) => {
    const rig = createRig([detectorOf({ ...named, ...changes })])
    rig.feed(...usualDays(30, 21))
    return rig
  }
  /** The last detection of each episode, by the user whom it is about. */
  const lastOf = ({ detections }: ReturnType<typeof createRig>) =>
    Object.fromEntries(detections.map((detection) => [detection.entity.id, detection]))

  it('is one detection of the first of them, which stays as it was and says who joined', () => {
    const rig = rigOf()
    for (let user = 1; user < 20; user++) rig.feed(brings(user, user * hour))
    const [first] = rig.detections
    const last = rig.detections.at(-1)
    expect(new Set(rig.detections.map(({ episode }) => episode)).size).toBe(1)
    expect(last).toMatchObject({
      entity: { id: 'u1', name: 'u1@x' },
      level: 'medium',
      observed: 3,
      trigger: first?.trigger,
      contributors: first?.contributors,
      samples: first?.samples,
    })
    expect(first?.summary).not.toContain('did the same')
    expect(last?.summary).toMatch(/; 1[678] others did the same$/)
    const shared = last?.explanation.find(({ label }) => label === 'Shared')?.value
    expect(shared).toMatch(/^1[678] others brought up the same: u2@x, u3@x, u4@x, /)
  })

  it('says in the end how many there were', () => {
    const rig = rigOf()
    for (let user = 1; user < 20; user++) rig.feed(brings(user, user * minute))
    rig.feed(start + hour)
    expect(rig.detections.at(-1)?.summary).toMatch(/; 18 others did the same$/)
    expect(rig.detections.at(-1)?.time).toBe(start + 19 * minute)
    expect(rig.detections.length).toBeLessThan(8)
  })

  it('goes on as long as they come, and no day longer', () => {
    const rig = rigOf()
    for (let user = 1; user < 4; user++) rig.feed(brings(user, user * 20 * hour))
    expect(new Set(rig.detections.map(({ entity }) => entity.id))).toEqual(new Set(['u1']))
    rig.feed(brings(17, 3 * 20 * hour + 25 * hour))
    expect(lastOf(rig).u17?.summary).toMatch(/^u17@x: first time with network /)
  })

  it('leaves alone who does the same days later', () => {
    const rig = rigOf()
    rig.feed(brings(3, 0, { id: 'e3' }), brings(7, 3 * day, { id: 'e7' }))
    expect(rig.detections).toHaveLength(2)
    const [first, second] = rig.detections
    expect(first).toMatchObject({ entity: { id: 'u3' }, observed: 3, samples: ['e3'], time: start })
    expect(second).toMatchObject({
      entity: { id: 'u7' },
      observed: 3,
      samples: ['e7'],
      time: start + 3 * day,
    })
    expect(second?.trigger.fields).toMatchObject({ user: 'u7', username: 'u7@x' })
    expect(second?.summary).toMatch(/^u7@x: first time with network .+, application .+ and an unknown client/)
  })

  it('is nobody else’s when it is a mere kind of behaviour, however soon they do it', () => {
    const rig = rigOf({ measure: newMeasure('new(action, api)') })
    const bulk = { ...usual(3), action: 'bulk-download', api: 'bulk' } as const
    rig.feed(brings(3, 0, bulk), brings(7, 5 * minute, { ...bulk, network: elsewhere }))
    expect(rig.detections.map(({ entity, observed, summary }) => [entity.id, observed, summary])).toEqual([
      ['u3', 2, expect.stringMatching(/^u3@x: first time with action bulk-download and kind of API bulk/)],
      ['u7', 2, expect.stringMatching(/^u7@x: first time with action bulk-download and kind of API bulk/)],
    ])
  })

  it('comes with its kind of API for whoever joins by the application', () => {
    const rig = rigOf({ measure: newMeasure('new(app, api)') })
    const app = { ...usual(3), app: 'Notes', api: 'rest' }
    rig.feed(brings(3, 0, app), brings(7, hour, app))
    expect(rig.detections.map(({ entity }) => entity.id)).toEqual(['u3', 'u3'])
  })

  it('comes along with a new network or query that is not measured, but not from elsewhere', () => {
    const rig = rigOf({ measure: newMeasure('new(action)') })
    const firsts = (['network', 'query'] as const).reduce(
      (told, name) => tell(told, dimensions.indexOf(name), 'strange'),
      createFirsts(0, false),
    )
    const bulk = { ...usual(3), network: elsewhere, action: 'bulk-download', query: 'q', firsts } as const
    rig.feed(
      brings(3, 0, bulk),
      brings(7, hour, bulk),
      brings(9, 2 * hour, { ...bulk, network: '192.0.2.0/24' }),
    )
    const { u3, u7, u9 } = lastOf(rig)
    expect(u3?.summary).toMatch(/; one other did the same$/)
    expect([u7, u9?.observed]).toEqual([undefined, 1])
  })

  it('is not what everybody else has had for long', () => {
    const rig = createRig([detectorOf(named)])
    rig.feed(...usualDays(30, 21, (user) => (user > 9 ? { app: 'Outlook', client: 'outlook' } : {})))
    const outlook = { app: 'Outlook', client: 'outlook' }
    rig.feed(
      brings(3, 0, { ...outlook, network: '192.0.2.0/24' }),
      brings(7, hour, { ...outlook, network: office }),
    )
    expect(rig.detections.filter(({ summary }) => summary.includes('did the same'))).toEqual([])
  })

  it('does not cover who brings it from a network or with a client that is foreign to the org', () => {
    const rig = rigOf()
    rig.feed(
      brings(3, 0),
      brings(7, hour, { network: '192.0.2.0/24' }),
      brings(9, 2 * hour, { client: 'curl' }),
    )
    const { u3, u7, u9 } = lastOf(rig)
    expect(u3?.summary).not.toContain('did the same')
    expect(u7?.trigger.fields.news).toBe(
      'network 192.0.2.0/24, application My Ticket Portal and an unknown client',
    )
    expect(u9?.trigger.fields.news).toBe(`network ${elsewhere}, application My Ticket Portal and client curl`)
  })

  it('does not cover who would be louder on their own, and leaves the level of the first', () => {
    const rig = rigOf({ levelFor: ({ activity }) => (activity.rows > 1000 ? 'high' : 'low') })
    rig.feed(brings(3, 0), brings(7, hour, { rows: 5000 }), brings(9, 2 * hour), brings(11, 3 * hour))
    const { u3, u7, u9, u11 } = lastOf(rig)
    expect([u3?.level, u7?.level, u9, u11]).toEqual(['low', 'high', undefined, undefined])
    expect(u3?.summary).not.toContain('did the same')
    expect(u7?.summary).toMatch(/; 2 others did the same$/)
  })

  it('is another detection, of the first with whom it is worse, and of nobody else', () => {
    const rig = rigOf({ levelFor: ({ activity }) => (activity.client === 'curl' ? 'high' : 'low') })
    for (let user = 1; user < 20; user++)
      rig.feed(brings(user, user * hour, user % 5 === 0 ? { client: 'curl' } : {}))
    const told = rig.detections.map(({ entity, level }) => `${entity.id} ${level}`)
    expect(new Set(told)).toEqual(new Set(['u1 low', 'u5 high']))
  })

  it('is told of each of them when it is what others always had', () => {
    const phone = { app: 'Salesforce for iOS', client: 'phone' }
    const rig = createRig([detectorOf()])
    rig.feed(...usualDays(30, 21, (user) => (user > 20 ? phone : {})))
    for (const user of [1, 2, 3])
      rig.feed(brings(user, user * hour, { ...phone, network: `192.0.${user}.0/24` }))
    expect(rig.detections.map(({ entity }) => entity.id)).toEqual(['u1', 'u2', 'u3'])
  })

  it('does not cover who later does what raises the level', () => {
    const muchRead: Escalation = {
      id: 'much-read',
      matches: ({ rows }) => rows >= 10_000,
      within: day,
      after: false,
      level: 'high',
      because: 'then many records were read',
      names: null,
    }
    const rig = rigOf({ escalations: [muchRead] })
    rig.feed(brings(3, 0), brings(7, hour), brings(9, hour))
    rig.feed(brings(7, 2 * hour, { rows: 20_000 }), brings(9, 3 * hour, { rows: 10_000 }))
    const { u3, u7, u9 } = lastOf(rig)
    expect([u3?.level, u7?.level, u9]).toEqual(['medium', 'high', undefined])
    expect(u7?.trigger.fields).toMatchObject({ user: 'u7', rows: 20_000 })
  })

  it('covers nobody any more once an analyst has called it an attack', () => {
    const rig = createWatched()
    rig.process(brings(3, 0), brings(7, hour))
    expect(rig.users()).toEqual(['u3'])
    rig.watcher.verdict(rig.detections[0]?.episode ?? '', entityKey(acme, 'u3'), 'true_positive', rig.org)
    rig.process(brings(9, 2 * hour))
    expect(rig.users()).toEqual(['u3', 'u9'])
  })
})
