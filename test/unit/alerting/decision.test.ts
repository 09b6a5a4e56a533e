import { describe, expect, it } from 'vitest'
import { type Decision, decide, type Told } from '../../../src/alerting/decision.ts'
import { type AlertChange, applyDetection, applyTime } from '../../../src/alerting/lifecycle.ts'
import type { Routing } from '../../../src/alerting/routes.ts'
import type { Detection } from '../../../src/detection/detection.ts'
import { hour } from '../../../src/duration.ts'
import { detector, makeAlert, makeDetection, startTime } from '../../support/make-detection.ts'

const toSlack: Routing = { kind: 'routed', receivers: ['slack'] }
const first: Told = { cause: 'first', level: 'high', time: startTime, count: 1 }
const experimental = { ...detector, status: 'experimental' } as const

function opening(overrides: Partial<Detection> = {}): AlertChange {
  return applyDetection(undefined, makeDetection(overrides))[0]!
}

function following(overrides: Partial<Detection>): AlertChange {
  return applyDetection(makeAlert(), makeDetection({ sequence: 1, ...overrides })).at(-1)!
}

const resolution = applyTime(makeAlert(), startTime + hour)!

const notify = (cause: string, receiver = 'slack') => ({ kind: 'notify', receiver, cause })
const silent = (reason: string, receiver: string | null = null) => ({ kind: 'silent', receiver, reason })

const table: {
  name: string
  change: AlertChange
  routing?: Routing
  told?: Record<string, Told>
  expected: object[]
}[] = [
  { name: 'an opened alert', change: opening(), expected: [notify('first')] },
  {
    name: 'an opened alert for two receivers',
    change: opening(),
    routing: { kind: 'routed', receivers: ['slack', 'pagerduty'] },
    expected: [notify('first'), notify('first', 'pagerduty')],
  },
  {
    name: 'a detector on trial',
    change: opening({ detector: experimental }),
    expected: [silent('experimental')],
  },
  { name: 'history', change: opening({ backfill: true }), expected: [silent('backfill')] },
  {
    name: 'no route',
    change: opening(),
    routing: { kind: 'unrouted', reason: 'no-route' },
    expected: [silent('no-route')],
  },
  {
    name: 'a level that nobody wants',
    change: opening(),
    routing: { kind: 'unrouted', reason: 'below-level' },
    expected: [silent('below-level')],
  },
  {
    name: 'one more detection',
    change: following({}),
    told: { slack: first },
    expected: [silent('already-sent', 'slack')],
  },
  {
    name: 'a level that rose',
    change: following({ level: 'critical' }),
    told: { slack: first },
    expected: [notify('level-rose')],
  },
  {
    name: 'a level that rose into the route of a second receiver',
    change: following({ level: 'critical' }),
    routing: { kind: 'routed', receivers: ['slack', 'pagerduty'] },
    told: { slack: first },
    expected: [notify('level-rose'), notify('first', 'pagerduty')],
  },
  {
    name: 'the first live detection after history',
    change: following({}),
    told: {},
    expected: [notify('first')],
  },
  {
    name: 'history that comes late to a live alert',
    change: following({ backfill: true, level: 'critical' }),
    told: { slack: first },
    expected: [silent('backfill')],
  },
  {
    name: 'an alert that goes on after repeat',
    change: following({ detector: { ...detector, keepOpen: 48 * hour }, time: startTime + 24 * hour }),
    told: { slack: { ...first, time: startTime - 3 * hour } },
    expected: [notify('repeat')],
  },
  {
    name: 'an alert that reopens',
    change: following({ time: startTime + 2 * hour, level: 'critical' }),
    told: { slack: { ...first, cause: 'resolved' } },
    expected: [notify('repeat')],
  },
  { name: 'a resolution', change: resolution, told: { slack: first }, expected: [notify('resolved')] },
  {
    name: 'a resolution, to those who were told, whatever the routes say now',
    change: resolution,
    routing: { kind: 'unrouted', reason: 'no-route' },
    told: { pagerduty: first },
    expected: [notify('resolved', 'pagerduty')],
  },
  { name: 'a resolution nobody waits for', change: resolution, told: {}, expected: [silent('never-sent')] },
  {
    name: 'a resolution that was told',
    change: resolution,
    told: { slack: { ...first, cause: 'resolved' } },
    expected: [silent('already-sent', 'slack')],
  },
]

describe('the decision to notify', () => {
  for (const { name, change, routing = toSlack, told = {}, expected } of table) {
    it(`says for ${name}: ${expected.map((decision) => Object.values(decision).join(' ')).join(', ')}`, () => {
      expect(decide(change, routing, told)).toEqual(expected as Decision[])
    })
  }

  it('tells nobody of a late detection that changes nothing about a resolved alert', () => {
    const [change] = applyDetection(resolution.alert, makeDetection({ sequence: 1, time: startTime - 1 }))
    expect(change?.alert.status).toBe('resolved')
    expect(decide(change!, toSlack, {})).toEqual([silent('already-sent', 'slack')])
  })

  it.each([
    ['at this level', { ...first }, true],
    ['at a higher level', { ...first, level: 'critical' }, true],
    ['at a lower level only', { ...first, level: 'medium' }, false],
    ['and that it is over', { ...first, cause: 'resolved' }, false],
  ] as const)('says nothing to whom another alert told the same %s: %o %s', (_, other, isTold) => {
    expect(decide(opening(), toSlack, {}, [{ slack: other }])).toEqual([
      isTold ? silent('told-by-another', 'slack') : notify('first'),
    ])
    expect(decide(opening(), toSlack, {}, [{ pagerduty: other }])).toEqual([notify('first')])
  })

  it('goes on telling whoever was told of this alert', () => {
    const change = following({ level: 'critical' })
    const other = { slack: { ...first, level: 'critical' } as const }
    expect(decide(change, toSlack, { slack: first }, [other])).toEqual([notify('level-rose')])
  })
})
