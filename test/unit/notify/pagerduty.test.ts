import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyDetection, applyTime } from '../../../src/alerting/lifecycle.ts'
import { createManualClock } from '../../../src/clock.ts'
import { levels } from '../../../src/detection/detection.ts'
import { hour } from '../../../src/duration.ts'
import type { Notification } from '../../../src/notify/notifier.ts'
import { toPagerDutyEvent } from '../../../src/notify/pagerduty/pagerduty-event.ts'
import { createPagerDutyNotifier } from '../../../src/notify/pagerduty/pagerduty-notifier.ts'
import {
  checkPagerDutyEvent,
  createFakePagerDuty,
  type PagerDutyRequest,
  routingKey,
} from '../../support/fake-pagerduty.ts'
import type { Answer, FakeReceiver } from '../../support/fake-receiver.ts'
import {
  makeAlert,
  makeDetection,
  makeHostileDetection,
  seededRandom,
  startTime,
} from '../../support/make-detection.ts'

const key = 'k'
const publicUrl = 'https://fw.example'
const first: Notification = { key, alert: makeAlert(), cause: 'first' }
const signal = new AbortController().signal

describe('a PagerDuty event', () => {
  it('triggers with the alert as key, and resolves with the same', () => {
    const { alert } = first
    expect(toPagerDutyEvent(first, { publicUrl })).toMatchObject({
      event_action: 'trigger',
      dedup_key: alert.id,
      client_url: `${publicUrl}/#alert-${alert.id}`,
      payload: {
        summary:
          'jane@acme.example read 850,000 records in 1h; usual 0–1,500 · Unusual number of records leaving',
        source: 'acme',
        severity: 'error',
        timestamp: '2026-11-24T13:05:00.000Z',
        class: 'bulk-export',
        custom_details: {
          who: 'Jane Doe (jane@acme.example, Sales User)',
          observed: '850,000 records within 22 min',
          new: 'first seen for this user: network, client',
          by_chance: 'about once in more than 1,000 years across the 4,812 users watched for it (p < 1e-12)',
          baseline: '14 days of its own (90 %), 10 % from its 57 peers',
          own_largest: '1,900 records on a day of the last weeks',
          what_to_do: ['Ask the user.', 'Look at the application.', 'Revoke the session.'],
          events: ['event-0', 'event-1'],
        },
      },
    })
    const resolved = { key, alert: applyTime(alert, startTime + hour)!.alert, cause: 'resolved' } as const
    expect(toPagerDutyEvent(resolved, {})).toEqual({ event_action: 'resolve', dedup_key: alert.id })
  })

  it('maps every level to a severity', () => {
    const severities = levels.map((level) => {
      const event = toPagerDutyEvent({ key, alert: makeAlert({ level }), cause: 'first' }, {})
      return event.event_action === 'trigger' && event.payload.severity
    })
    expect(severities).toEqual(['info', 'info', 'warning', 'error', 'critical'])
  })

  it('stays within every limit whatever the texts are', () => {
    const random = seededRandom(3)
    for (let i = 0; i < 300; i++) {
      const { alert } = applyDetection(undefined, makeHostileDetection(random))[0]!
      const event = {
        routing_key: routingKey,
        ...toPagerDutyEvent({ key, alert, cause: 'first' }, { publicUrl }),
      }
      expect(checkPagerDutyEvent(event, JSON.stringify(event))).toEqual([])
    }
  })

  it('leaves the largest details out when there are too many, and says so', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`Field${i}__c`, '💥'.repeat(1000)]),
    )
    const { trigger } = makeDetection()
    const alert = makeAlert({ trigger: { ...trigger, fields } })
    const event = toPagerDutyEvent({ key, alert, cause: 'first' }, {})
    const details = event.event_action === 'trigger' ? event.payload.custom_details : {}
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512 * 1024)
    expect(details).toMatchObject({ left_out: ['event'], observed: '850,000 records within 22 min' })
  })
})

describe('the PagerDuty receiver', () => {
  let pagerduty: FakeReceiver<PagerDutyRequest>
  beforeEach(async () => {
    pagerduty = await createFakePagerDuty()
  })
  afterEach(() => pagerduty.close())

  function deliver(url = pagerduty.url, readSecret: () => string = () => `${routingKey}\n`) {
    const clock = createManualClock(startTime)
    return createPagerDutyNotifier({ receiver: 'oncall', readSecret, url, clock }).deliver(first, signal)
  }

  it('takes a notification, with and without the path in its address', async () => {
    expect(await deliver()).toEqual({ kind: 'accepted' })
    expect(await deliver(new URL(pagerduty.url).origin)).toEqual({ kind: 'accepted' })
    expect(pagerduty.requests.map(({ violations }) => violations)).toEqual([[], []])
  })

  const answers: [Answer, object][] = [
    [{ status: 429 }, { kind: 'retry', after: 30_000 }],
    [
      { status: 429, headers: { 'retry-after': '5' } },
      { kind: 'retry', after: 5000 },
    ],
    [{ status: 500 }, { kind: 'retry', reason: 'HTTP 500' }],
    [{ status: 503, body: '<html>' }, { kind: 'retry' }],
    [{ status: 200, body: 'a proxy' }, { kind: 'retry' }],
    [{ status: 404 }, { kind: 'rejected', reason: expect.stringContaining('url') }],
    [
      { status: 400, body: `{"status":"invalid event","errors":["'routing_key' ${routingKey} is invalid"]}` },
      { kind: 'rejected', reason: expect.stringContaining('<secret> is invalid') },
    ],
    [{ status: 0, hangUp: true }, { kind: 'retry' }],
  ]
  for (const [answer, expected] of answers) {
    it(`after ${answer.hangUp ? 'a closed connection' : answer.status}: ${JSON.stringify(expected)}`, async () => {
      pagerduty.fail(answer)
      const delivery = await deliver()
      expect(delivery).toMatchObject(expected)
      expect(JSON.stringify(delivery)).not.toContain(routingKey)
    })
  }

  it('tells what is wrong with a key of the wrong length', async () => {
    const delivery = await deliver(pagerduty.url, () => 'short')
    expect(delivery).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('32-character key') })
  })
})
