import { describe, expect, it } from 'vitest'
import { applyDetection, applyTime } from '../../../src/alerting/lifecycle.ts'
import type { Related } from '../../../src/alerting/related.ts'
import { hour, minute } from '../../../src/duration.ts'
import { formatAmount, toMessage } from '../../../src/notify/message.ts'
import { shorten, toPlainText } from '../../../src/notify/plain-text.ts'
import { hostileTexts, makeAlert, makeDetection, startTime } from '../../support/make-detection.ts'

const key = 'k'

describe('what a person reads', () => {
  it('is who, what, how much against what is usual, since when, from where, what to do, and one link', () => {
    const message = toMessage(
      { key, alert: makeAlert(), cause: 'first' },
      { publicUrl: 'https://fw.example/' },
    )
    expect(message).toEqual({
      label: 'HIGH',
      who: 'Jane Doe (jane@acme.example, Sales User)',
      what: 'Unusual number of records leaving',
      sentence: 'jane@acme.example read 850,000 records in 1h; usual 0–1,500',
      facts: [
        { label: 'Observed', value: '850,000 records within 22 min' },
        {
          label: 'Usual',
          value: '0–1,500 within 1 h, expected 750, now 1,133 times that; by chance practically never',
        },
        { label: 'When', value: '2026-11-24 13:05:00 UTC' },
        { label: 'Where', value: 'ip 203.0.113.7, app Data Loader' },
        { label: 'New', value: 'first seen for this user: network, client' },
        { label: 'What', value: 'objects Contact 62 %, objects Account 38 %' },
      ],
      explanation: makeDetection().explanation.filter(({ label }) => label !== 'New'),
      steps: ['Ask the user.', 'Look at the application.', 'Revoke the session.'],
      source: `org acme · detector bulk-export · alert ${makeAlert().id} · events event-0, event-1`,
      link: `https://fw.example/#alert-${makeAlert().id}`,
      userLink: null,
    })
  })

  it('says that it is over, without steps', () => {
    const { alert } = applyTime(makeAlert(), startTime + hour)!
    const message = toMessage({ key, alert, cause: 'resolved' }, {})
    expect(message).toMatchObject({ label: 'RESOLVED', steps: [], link: null })
    expect(message.sentence).toMatch(/^Quiet for 1h\. It was: jane/)
    expect(message.facts[2]?.value).toContain('over 2026-11-24 14:05:00 UTC')
  })

  it('says that the level rose, or that it goes on', () => {
    const alert = makeAlert()
    expect(toMessage({ key, alert, cause: 'level-rose' }, {}).sentence).toMatch(/^Now high: /)
    expect(toMessage({ key, alert, cause: 'repeat' }, {}).sentence).toMatch(/^Again or still: /)
  })

  it('names the type of an entity that is no user', () => {
    const alert = makeAlert({ entity: { type: 'ip', id: '203.0.113.7' } })
    expect(toMessage({ key, alert, cause: 'first' }, {}).who).toBe('ip 203.0.113.7')
  })

  it('shows no probability below 1e-12 and does without statistics', () => {
    const statistics = { ...makeDetection().statistics!, log10p: -9, onceIn: 40 * 365.25 * 24 * hour }
    const usual = (overrides: object) =>
      toMessage({ key, alert: makeAlert(overrides), cause: 'first' }, {}).facts[1]?.value
    expect(usual({ statistics })).toContain('by chance once in 40 years')
    expect(usual({ statistics: { ...statistics, onceIn: 3 * 24 * hour } })).toContain('once in 3 days')
    expect(usual({ statistics: { ...statistics, expected: 0.0002, high: 0 } })).toBe(
      'none within 1 h; by chance once in 40 years',
    )
    const fixed = { statistics: null, reason: 'ceiling' }
    expect(usual({ ...fixed, limit: 5000 })).toBe('always reported from 5,000 records within 1 h on')
    expect(usual({ ...fixed, limit: 1 })).toBe('every one is reported')
    expect(usual(fixed)).toBe('always reported, whatever is usual')
  })

  it('tells the window where the span is not known, and since when it lasts', () => {
    const { span: _, ...detection } = makeDetection()
    const { alert } = applyDetection(undefined, detection)[0]!
    const later = applyDetection(alert, { ...detection, sequence: 1, time: startTime + 5 * minute })[0]!
    const facts = toMessage({ key, alert: later.alert, cause: 'repeat' }, {}).facts
    expect(facts[0]?.value).toBe('850,000 records within 1 h')
    expect(facts[2]?.value).toBe('since 2026-11-24 13:05:00 UTC, last 2026-11-24 13:10:00 UTC, 2 detections')
  })

  it('says of many where the last event came from, and lists them where each may have to be frozen', () => {
    const users = { label: 'Users', value: 'ann@acme.example, bob@acme.example' }
    const alert = makeAlert({
      entity: { type: 'network', id: '203.0.113.0/24' },
      explanation: [users],
      contributors: [
        { field: 'user', value: 'ann@acme.example', share: 0.5 },
        { field: 'app', value: 'Data Loader', share: 1 },
      ],
    })
    expect(toMessage({ key, alert, cause: 'first' }, {}).facts.slice(3)).toEqual([
      { label: 'Last from', value: 'ip 203.0.113.7, app Data Loader' },
      users,
    ])
  })

  it('says what else was found about the same', () => {
    const at = (count: number, age: number, level: 'low' | 'high') => ({
      ...{ detector: 'new-access', title: 'New way into the org', level, count, time: startTime - age },
    })
    const facts = (related: Related[]) =>
      toMessage({ key, alert: makeAlert(), cause: 'first', related }, {}).facts.slice(-1)
    expect(facts([at(1, 5 * hour, 'low'), at(12, minute, 'high')])).toEqual([
      {
        label: 'Also',
        value: 'New way into the org (low, 5 h before); New way into the org (high, 12 alerts, at that time)',
      },
    ])
    expect(facts(Array.from({ length: 6 }, () => at(1, 3 * 24 * hour, 'low')))[0]?.value).toMatch(
      /\(low, 3 days before\); and of 2 more detectors$/,
    )
  })

  it('writes amounts as people do', () => {
    expect([0, 0.123, 1.5, 42, 1234.5, 1e7].map(formatAmount)).toEqual([
      '0',
      '0.12',
      '1.5',
      '42',
      '1,235',
      '10,000,000',
    ])
  })
})

describe('text from outside', () => {
  for (const text of hostileTexts) {
    it(`${JSON.stringify(text.slice(0, 40))} becomes one short line of visible characters`, () => {
      const plain = toPlainText(text, 100)
      expect(plain.length).toBeLessThanOrEqual(100)
      expect(plain).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff]|:\/\//u)
      expect(plain.isWellFormed()).toBe(true)
      expect(plain).toBe(plain.trim())
    })
  }

  it('keeps what names are written in', () => {
    const names = [
      'jane_doe*@acme.example',
      'Zoë Ångström',
      '山田太郎',
      'שלום',
      'علي',
      'O’Brien & Sons <x>',
      '💥',
    ]
    expect(names.map((name) => toPlainText(name))).toEqual(names)
  })

  it('is cut between characters', () => {
    expect(shorten('a💥b', 3)).toBe('a…')
    expect(shorten('abc', 3)).toBe('abc')
  })
})
