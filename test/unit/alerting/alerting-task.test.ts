import { describe, expect, it } from 'vitest'
import type { OutboxRow } from '../../../src/alerting/outbox.ts'
import { createManualClock } from '../../../src/clock.ts'
import { day, hour, minute } from '../../../src/duration.ts'
import { hasCode } from '../../../src/errors.ts'
import type { Delivery } from '../../../src/notify/notifier.ts'
import {
  accept,
  createFakeNotifier,
  createHarness,
  type Harness,
  pass,
  settle,
} from '../../support/alerting-harness.ts'
import { detector, makeDetection, org, startTime } from '../../support/make-detection.ts'

const progress = (time: number) => ({ kind: 'progress', org, time }) as const

function setUp(maxAge?: number) {
  const clock = createManualClock(startTime)
  const slack = createFakeNotifier(clock, 'slack', 1000)
  const pagerduty = createFakeNotifier(clock, 'pagerduty')
  const notifiers = [slack, pagerduty]
  const harness = createHarness({ notifiers, clock, ...(maxAge !== undefined && { maxAge }) })
  return { clock, slack, pagerduty, notifiers, harness }
}

function rowsOf({ stored }: Harness): OutboxRow[] {
  return [...(stored.get('outbox') ?? new Map<string, Buffer>()).values()].map((bytes) =>
    JSON.parse(bytes.toString()),
  )
}

function historyOf({ board }: Harness): string[] {
  return board.list()[0]!.history.map(({ event, detail }) => `${event} ${detail}`)
}

const refuse = (): Delivery => ({ kind: 'rejected', reason: 'invalid_token: create a new webhook' })
const fail = (): Delivery => ({ kind: 'retry', reason: 'HTTP 503' })

describe('alerting', () => {
  it('tells every receiver after the checkpoint that covers the detection, not before', async () => {
    const { harness, slack, pagerduty } = setUp()
    harness.process(makeDetection())
    await settle()
    expect(slack.asked).toHaveLength(0)
    expect(harness.checkpointsAsked()).toBe(1)
    await harness.checkpoint()
    expect(slack.causes()).toEqual(['first'])
    expect(pagerduty.causes()).toEqual(['first'])
  })

  it('closes a row when its receiver accepted, and asks for the checkpoint that makes it last', async () => {
    const { harness } = setUp()
    harness.process(makeDetection())
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(2)
    expect(harness.checkpointsAsked()).toBe(3)
    expect(harness.removedNow.map(({ section }) => section)).toEqual(['outbox', 'outbox'])
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(0)
    expect(historyOf(harness)).toEqual([
      'opened high',
      'notified first → slack, first → pagerduty',
      'delivered first → slack',
      'delivered first → pagerduty',
    ])
  })

  it('sends once more with the same key after a crash between acceptance and checkpoint', async () => {
    const before = setUp()
    before.harness.process(makeDetection())
    await before.harness.checkpoint()
    const [first] = before.slack.asked
    const after = setUp()
    createHarness({ notifiers: after.notifiers, clock: after.clock, stored: before.harness.stored })
    await settle()
    expect(after.slack.asked.map(({ notification }) => notification)).toEqual([first?.notification])
  })

  it('sends nothing after a crash before the checkpoint, and the same when the records come again', async () => {
    const before = setUp()
    before.harness.process(makeDetection())
    const after = setUp()
    const harness = createHarness({
      notifiers: after.notifiers,
      clock: after.clock,
      stored: before.harness.stored,
    })
    await settle()
    expect(after.slack.asked).toHaveLength(0)
    harness.process(makeDetection())
    await harness.checkpoint()
    expect(after.slack.causes()).toEqual(['first'])
    expect(harness.emitted).toEqual(before.harness.emitted)
  })

  it('changes nothing when detections are repeated, also after a restart', async () => {
    const { harness, notifiers, clock, slack } = setUp()
    const detections = [0, 1, 2].map((sequence) =>
      makeDetection({ sequence, time: startTime + sequence * minute }),
    )
    for (const detection of detections) harness.process(detection)
    await harness.checkpoint()
    await harness.checkpoint()
    const restarted = createHarness({ notifiers, clock, stored: harness.stored })
    for (const detection of detections) restarted.process(detection)
    await restarted.checkpoint()
    expect(slack.causes()).toEqual(['first'])
    expect(restarted.emitted).toHaveLength(0)
    expect(restarted.board.list()).toMatchObject([{ count: 3 }])
  })

  it('writes each alert to the topic when it opens, rises and resolves', () => {
    const { harness } = setUp()
    harness.process(makeDetection())
    harness.process(makeDetection({ sequence: 1 }))
    harness.process(makeDetection({ sequence: 2, level: 'critical' }))
    harness.process(progress(startTime + hour))
    const findings = harness.emitted.map(({ record }) => JSON.parse(String(record.value)))
    expect(findings.map(({ activity_name: activity, severity }) => `${activity} ${severity}`)).toEqual([
      'Create High',
      'Update Critical',
      'Close Critical',
    ])
    expect(harness.emitted.every(({ topic, record }) => topic === 'alerts' && record.key === org.id)).toBe(
      true,
    )
  })

  it('resolves by the event time of the same org only', async () => {
    const { harness, slack, clock } = setUp()
    harness.process(makeDetection())
    harness.process({ kind: 'progress', org: { id: 'other', name: 'other' }, time: startTime + day })
    expect(harness.board.list({ status: 'resolved' })).toHaveLength(0)
    harness.process(progress(startTime + hour))
    expect(harness.board.list({ status: 'resolved' })).toHaveLength(1)
    await harness.checkpoint()
    await pass(clock, 5000)
    expect(slack.causes()).toEqual(['first', 'resolved'])
  })

  it('says why nobody is notified', async () => {
    const { harness, slack } = setUp()
    harness.process(makeDetection({ backfill: true }))
    harness.process(
      makeDetection({ episode: 'b', detector: { ...detector, id: 'trial', status: 'experimental' } }),
    )
    await harness.checkpoint()
    const reasons = harness.board.list().map(({ history }) => history.at(-1)?.detail)
    expect(reasons.toSorted()).toEqual(['backfill', 'experimental'])
    expect(slack.asked).toHaveLength(0)
  })

  it('forgets a resolved alert and its dead rows after 30 days', async () => {
    const { harness, slack } = setUp()
    slack.answer = refuse
    harness.process(makeDetection())
    await harness.checkpoint()
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    harness.process(progress(startTime + 30 * day))
    expect(harness.board.list()).toHaveLength(1)
    harness.process(progress(startTime + 31 * day))
    expect(harness.board.list()).toHaveLength(0)
    await harness.checkpoint()
    expect([...harness.stored].map(([section, entries]) => `${section} ${entries.size}`)).toEqual([
      'alerts 0',
      'subjects 0',
      'outbox 0',
    ])
  })

  it('counts open alerts by level', async () => {
    const { harness } = setUp()
    harness.process(makeDetection())
    harness.process(makeDetection({ episode: 'b', entity: { type: 'ip', id: '203.0.113.7' }, level: 'low' }))
    expect(await harness.metrics.registry.metrics()).toContain('forcewatch_alerts_open{level="low"} 1')
    await harness.task.close?.()
    expect(await harness.metrics.registry.metrics()).toContain('forcewatch_alerts_open{level="low"} 0')
    expect(harness.board.list()).toHaveLength(0)
  })

  const malformed = [
    '{',
    '{}',
    'null',
    '{"kind":"progress"}',
    JSON.stringify({ ...makeDetection(), level: 'huge' }),
  ]
  for (const value of malformed) {
    it(`refuses ${value.slice(0, 30)} as malformed`, () => {
      const { harness } = setUp()
      const record = { topic: 'detections', partition: 0, offset: 0, key: 'x', headers: {}, timestamp: 0 }
      const output = { emit: () => undefined, checkpointSoon: () => undefined }
      let thrown: unknown
      try {
        harness.task.process({ ...record, value: Buffer.from(value) }, output)
      } catch (error) {
        thrown = error
      }
      expect(hasCode(thrown, 'RECORD_MALFORMED')).toBe(true)
    })
  }
})

describe('delivery', () => {
  it('tries again with a pause that doubles, up to five minutes', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = fail
    harness.process(makeDetection())
    await harness.checkpoint()
    await pass(clock, hour, 7200)
    const times = pagerduty.asked.map(({ time }) => (time - startTime) / 1000)
    expect(times.slice(0, 6)).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5])
    expect(times.at(-1)! - times.at(-2)!).toBe(150)
    expect(new Set(pagerduty.asked.map(({ notification }) => notification.key)).size).toBe(1)
    expect(rowsOf(harness).some(({ status }) => status === 'dead')).toBe(false)
    pagerduty.answer = accept
    await pass(clock, 150_000)
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(0)
  })

  it('waits as long as the receiver asks for', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = () => ({ kind: 'retry', reason: 'HTTP 429', after: 30_000 })
    harness.process(makeDetection())
    await harness.checkpoint()
    await pass(clock, 65_000, 65)
    expect(pagerduty.asked.map(({ time }) => time - startTime)).toEqual([0, 30_000, 60_000])
  })

  it('goes on for one receiver while another is dead', async () => {
    const { harness, slack, pagerduty, clock } = setUp()
    slack.answer = () => new Promise(() => undefined)
    harness.process(makeDetection())
    harness.process(makeDetection({ sequence: 1, level: 'critical' }))
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    await pass(clock, 100)
    expect(slack.causes()).toEqual(['first'])
    expect(pagerduty.causes()).toEqual(['first', 'level-rose', 'resolved'])
  })

  it('lets other alerts pass one whose notification the receiver cannot take', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = ({ alert }) => (alert.latest.entity.id === 'poison' ? fail() : accept())
    harness.process(makeDetection({ entity: { type: 'user', id: 'poison' } }))
    harness.process(makeDetection())
    harness.process(makeDetection({ entity: { type: 'user', id: 'other' } }))
    await harness.checkpoint()
    await pass(clock, 5000)
    const delivered = pagerduty.asked.map(({ notification }) => notification.alert.latest.entity.id)
    expect(delivered.filter((id) => id !== 'poison')).toHaveLength(2)
  })

  it('keeps the order of the notifications about one alert, and leaves out updates that a newer one replaces', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = fail
    const levels = ['low', 'medium', 'high', 'critical'] as const
    for (const [sequence, level] of levels.entries()) harness.process(makeDetection({ sequence, level }))
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    await pass(clock, minute)
    pagerduty.answer = accept
    const failed = pagerduty.asked.length
    await pass(clock, 10 * minute)
    expect(pagerduty.causes().slice(failed)).toEqual(['first', 'level-rose', 'resolved'])
    expect(pagerduty.asked.at(-2)?.notification.alert.level).toBe('critical')
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(0)
  })

  it('keeps order over a restart', async () => {
    const { harness, slack, pagerduty } = setUp()
    slack.answer = fail
    pagerduty.answer = fail
    harness.process(makeDetection())
    harness.process(progress(startTime + hour))
    harness.process(makeDetection({ sequence: 1, time: startTime + 2 * hour }))
    await harness.checkpoint()
    const restarted = setUp()
    const shuffled = new Map([...harness.stored].map(([name, rows]) => [name, new Map([...rows].reverse())]))
    createHarness({ notifiers: restarted.notifiers, clock: restarted.clock, stored: shuffled })
    await pass(restarted.clock, minute)
    expect(restarted.slack.causes()).toEqual(['first', 'resolved', 'repeat'])
  })

  it('leaves the demanded space between deliveries', async () => {
    const { harness, slack, clock } = setUp()
    for (const id of ['a', 'b', 'c']) harness.process(makeDetection({ entity: { type: 'user', id } }))
    await harness.checkpoint()
    await pass(clock, 5000, 50)
    expect(slack.asked.map(({ time }) => time - startTime)).toEqual([0, 1000, 2000])
  })

  it('gives up at the age that was set, keeps the row as dead, and goes on with the next', async () => {
    const { harness, pagerduty, clock } = setUp(hour)
    pagerduty.answer = fail
    harness.process(makeDetection())
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    await pass(clock, 3 * hour, 3600)
    await harness.checkpoint()
    const dead = rowsOf(harness).filter(({ status }) => status === 'dead')
    expect(dead.map(({ notification, reason }) => `${notification.cause} ${reason}`)).toEqual([
      'first HTTP 503',
      'resolved HTTP 503',
    ])
    expect(historyOf(harness)).toContain('failed first → pagerduty: expired: HTTP 503')
    const metrics = await harness.metrics.registry.metrics()
    expect(metrics).toContain('notifications_total{receiver="pagerduty",outcome="expired"} 2')
    expect(metrics).toContain('outbox_depth{receiver="pagerduty"} 0')
  })

  it('does not try again what was refused for good, except once after a restart', async () => {
    const { harness, pagerduty, clock, notifiers } = setUp()
    pagerduty.answer = refuse
    harness.process(makeDetection())
    await harness.checkpoint()
    await pass(clock, hour)
    await harness.checkpoint()
    expect(pagerduty.asked).toHaveLength(1)
    expect(historyOf(harness)).toContain(
      'failed first → pagerduty: rejected: invalid_token: create a new webhook',
    )
    pagerduty.answer = accept
    const restarted = createHarness({ notifiers, clock, stored: harness.stored })
    await settle()
    expect(pagerduty.asked).toHaveLength(2)
    await restarted.checkpoint()
    expect(rowsOf(restarted)).toHaveLength(0)
  })

  it('does not open again after a restart what was closed after its first notification had been refused', async () => {
    const { harness, pagerduty, notifiers, clock } = setUp()
    pagerduty.answer = ({ cause }) => (cause === 'first' ? refuse() : accept())
    harness.process(makeDetection())
    await harness.checkpoint()
    await harness.checkpoint()
    expect(rowsOf(harness).map(({ notification }) => notification.cause)).toEqual(['first'])
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    await pass(clock, 5000)
    await harness.checkpoint()
    expect(pagerduty.causes()).toEqual(['first', 'resolved'])
    pagerduty.answer = accept
    const restarted = createHarness({ notifiers, clock, stored: harness.stored })
    await pass(clock, minute)
    expect(pagerduty.causes()).toEqual(['first', 'resolved'])
    expect(rowsOf(restarted)).toEqual([])
  })

  it('tells after a restart all that was refused about an alert, in order', async () => {
    const { harness, pagerduty, notifiers, clock } = setUp()
    pagerduty.answer = refuse
    harness.process(makeDetection())
    harness.process(progress(startTime + hour))
    await harness.checkpoint()
    await pass(clock, 5000)
    await harness.checkpoint()
    pagerduty.answer = accept
    createHarness({ notifiers, clock, stored: harness.stored })
    await pass(clock, minute)
    expect(pagerduty.causes().slice(2)).toEqual(['first', 'resolved'])
  })

  it('does not give up after one failure because the clock was set a day ahead', async () => {
    const { harness, pagerduty, clock } = setUp()
    const { resolve, promise } = Promise.withResolvers<Delivery>()
    pagerduty.answer = () => promise
    harness.process(makeDetection())
    await harness.checkpoint()
    await pass(clock, 25 * hour, 1)
    resolve(fail())
    await settle()
    pagerduty.answer = accept
    await pass(clock, minute)
    await harness.checkpoint()
    expect(pagerduty.causes()).toEqual(['first', 'first'])
    expect(rowsOf(harness)).toEqual([])
  })

  it('takes a notifier that throws for one that failed', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = () => {
      throw new Error('bug')
    }
    harness.process(makeDetection())
    await harness.checkpoint()
    pagerduty.answer = accept
    await pass(clock, 5000)
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(0)
  })

  it('keeps what waits for a receiver that the configuration has lost', async () => {
    const { harness, notifiers, clock, slack } = setUp()
    slack.answer = fail
    harness.process(makeDetection())
    await harness.checkpoint()
    const [, pagerduty] = notifiers
    const without = createHarness({ notifiers: [pagerduty!], clock, stored: harness.stored })
    await without.checkpoint()
    await without.checkpoint()
    expect(rowsOf(without).map(({ receiver }) => receiver)).toEqual(['slack'])
  })

  it('measures the age of the oldest notification that waits', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = () => ({ kind: 'retry', reason: 'HTTP 429', after: hour })
    harness.process(makeDetection())
    await harness.checkpoint()
    await pass(clock, 10 * minute)
    const metrics = await harness.metrics.registry.metrics()
    expect(metrics).toContain('outbox_depth{receiver="pagerduty"} 1')
    expect(Number(/oldest_seconds\{receiver="pagerduty"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThanOrEqual(
      585,
    )
  })
})

describe('the end of a task', () => {
  it('records a delivery that is accepted in time', async () => {
    const { harness, pagerduty, clock } = setUp()
    const answer = Promise.withResolvers<Delivery>()
    pagerduty.answer = () => answer.promise
    harness.process(makeDetection())
    await harness.checkpoint()
    const closed = harness.task.close?.()
    await pass(clock, 1000)
    answer.resolve(accept())
    await closed
    await harness.checkpoint()
    expect(rowsOf(harness)).toHaveLength(0)
  })

  it('gives up one that takes longer than 2 s, and keeps the row', async () => {
    const { harness, pagerduty, clock } = setUp()
    let aborted = false
    pagerduty.answer = (_, signal) => {
      const { promise, resolve } = Promise.withResolvers<Delivery>()
      signal.addEventListener('abort', () => {
        aborted = true
        resolve({ kind: 'retry', reason: 'given up' })
      })
      return promise
    }
    harness.process(makeDetection())
    await harness.checkpoint()
    const closed = harness.task.close?.()
    await pass(clock, 2000)
    await closed
    expect(aborted).toBe(true)
    await harness.checkpoint()
    expect(rowsOf(harness).map(({ receiver, status }) => `${receiver} ${status}`)).toEqual([
      'pagerduty waiting',
    ])
  })

  it('does not wait for a notifier that does not listen', async () => {
    const { harness, pagerduty, clock } = setUp()
    pagerduty.answer = () => new Promise(() => undefined)
    harness.process(makeDetection())
    await harness.checkpoint()
    const closed = harness.task.close?.()
    await pass(clock, 2000)
    await closed
  })

  it('starts nothing afterwards', async () => {
    const { harness, slack, clock } = setUp()
    harness.process(makeDetection())
    await harness.task.close?.()
    await harness.checkpoint()
    await pass(clock, minute)
    expect(slack.asked).toHaveLength(0)
    expect(rowsOf(harness)).toHaveLength(2)
  })
})

describe('alerts about the same', () => {
  const { trigger } = makeDetection()
  const network = '203.0.113.0/24'
  const found = (id: string, overrides: Parameters<typeof makeDetection>[0] = {}) =>
    makeDetection({
      detector: { ...detector, id, title: id, ...(id === 'page-scraping' && { partOf: ['shared-origin'] }) },
      trigger: { ...trigger, fields: { ...trigger.fields, network } },
      episode: id,
      ...overrides,
    })
  const origin = (overrides = {}) =>
    found('shared-origin', { entity: { type: 'network', id: network }, ...overrides })

  it('are one message where one of them tells the others, until one of these is worse', async () => {
    const { harness, slack, clock } = setUp()
    harness.process(origin())
    for (let user = 0; user < 20; user++)
      harness.process(
        found('page-scraping', { entity: { type: 'user', id: `u${user}` }, episode: `e${user}` }),
      )
    await harness.checkpoint()
    expect(slack.asked.map(({ notification: { alert } }) => alert.latest.detector.id)).toEqual([
      'shared-origin',
    ])
    expect(harness.board.list()).toHaveLength(21)
    const silent = harness.board.list().filter(({ latest }) => latest.detector.id === 'page-scraping')
    expect(silent[0]?.history.at(-1)).toMatchObject({ event: 'not-notified', detail: 'told-by-another' })
    const worse = {
      level: 'critical',
      episode: 'e1',
      sequence: 1,
      entity: { type: 'user', id: 'u1' },
    } as const
    harness.process(found('page-scraping', worse))
    await harness.checkpoint()
    await pass(clock, 2000)
    expect(slack.causes()).toEqual(['first', 'first'])
  })

  it('are named by the message of each', async () => {
    const { harness, pagerduty } = setUp()
    harness.process(found('new-access', { level: 'low', time: startTime - hour }))
    harness.process(found('bulk-export'))
    await harness.checkpoint()
    expect(pagerduty.asked.map(({ notification }) => notification.related)).toEqual([
      undefined,
      [{ detector: 'new-access', title: 'new-access', level: 'low', count: 1, time: startTime - hour }],
    ])
  })
})
