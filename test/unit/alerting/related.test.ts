import { describe, expect, test } from 'vitest'
import type { Alert } from '../../../src/alerting/alert.ts'
import { isToldBy, relatedTo } from '../../../src/alerting/related.ts'
import type { Detection, DetectorRef } from '../../../src/detection/detection.ts'
import { day, hour } from '../../../src/duration.ts'
import { detector, makeAlert, makeDetection, startTime } from '../../support/make-detection.ts'

const network = '203.0.113.0/24'
const { trigger } = makeDetection()

function alertOf(by: Partial<DetectorRef>, changes: Partial<Detection> = {}): Alert {
  const fields = { ...trigger.fields, network }
  return makeAlert({ detector: { ...detector, ...by }, trigger: { ...trigger, fields }, ...changes })
}

const origin = { type: 'network', id: network }
const shared = (changes: Partial<Detection> = {}) =>
  alertOf({ id: 'shared-origin', title: 'Several users' }, { entity: origin, ...changes })
const scraping = (changes: Partial<Detection> = {}) =>
  alertOf({ id: 'page-scraping', title: 'Many pages', partOf: ['shared-origin'] }, changes)

describe('an alert is told by another one', () => {
  test('of a detector that its own names, which is about the network of its event and no lower', () => {
    expect(isToldBy(scraping(), shared())).toBe(true)
    expect(isToldBy(scraping(), shared({ level: 'medium' }))).toBe(false)
    expect(isToldBy(scraping(), shared({ entity: { type: 'network', id: '198.51.100.0/24' } }))).toBe(false)
    expect(isToldBy(scraping(), shared({ org: { id: '00Dxx0000000002AAA', name: 'other' } }))).toBe(false)
    expect(isToldBy(alertOf({ id: 'bulk-export' }), shared())).toBe(false)
  })

  test('while that is open and nobody has called it harmless', () => {
    const open = shared()
    expect(isToldBy(scraping(), { ...open, status: 'resolved' })).toBe(false)
    const verdict = { id: 'v', time: startTime, by: null, note: null }
    expect(isToldBy(scraping(), { ...open, verdict: { ...verdict, word: 'benign' } })).toBe(false)
    expect(isToldBy(scraping(), { ...open, verdict: { ...verdict, word: 'true_positive' } })).toBe(true)
  })

  test('of any detector that found something about the same user, where its own says so, but not by itself', () => {
    const risk = alertOf({ id: 'entity-risk', partOf: 'any' }, { level: 'medium' })
    expect(isToldBy(risk, alertOf({ id: 'bulk-export' }, { level: 'medium' }))).toBe(true)
    expect(isToldBy(risk, alertOf({ id: 'new-access' }, { level: 'low' }))).toBe(false)
    expect(isToldBy(risk, risk)).toBe(false)
    const another = { entity: { type: 'user', id: '005xx000001OtherAA' } }
    expect(isToldBy(risk, alertOf({ id: 'bulk-export' }, another))).toBe(false)
  })
})

describe('what else was found about the same', () => {
  test('is one line for each detector: the highest level, how many, and when the last one was', () => {
    const others = [
      scraping({ episode: 'a', level: 'medium' }),
      scraping({ episode: 'b', time: startTime + hour }),
      alertOf({ id: 'bulk-export' }, { entity: origin, episode: 'c' }),
    ]
    expect(relatedTo(shared(), others).slice(0, 1)).toEqual([
      { detector: 'page-scraping', title: 'Many pages', level: 'high', count: 2, time: startTime + hour },
    ])
    expect(relatedTo(scraping(), [shared()]).map(({ detector: id }) => id)).toEqual(['shared-origin'])
  })

  test('leaves out what is older than a week, on trial, history, of the same detector, or about somebody else', () => {
    const others = [
      scraping({ time: startTime - 8 * day }),
      alertOf({ id: 'new-access', status: 'experimental' }),
      alertOf({ id: 'new-access' }, { backfill: true }),
      shared({ episode: 'x' }),
      alertOf({ id: 'bulk-export' }, { trigger, entity: { type: 'user', id: '005xx000001OtherAA' } }),
    ]
    expect(relatedTo(shared(), others)).toEqual([])
  })

  test('takes the user of the last event of an alert about many for nobody in particular', () => {
    const many = alertOf({ id: 'spread-export' }, { entity: { type: 'org', id: 'o' } })
    expect(relatedTo(many, [alertOf({ id: 'bulk-export' })])).toEqual([])
  })
})
