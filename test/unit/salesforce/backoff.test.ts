import { describe, expect, test } from 'vitest'
import { minute, second } from '../../../src/duration.ts'
import { Backoff, reactions, type SessionRecord, type Trouble } from '../../../src/salesforce/backoff.ts'

const inVain: SessionRecord = { subscribedFor: 0, hasDelivered: false }
/** Ended by the next fault soon after it had begun to deliver. */
const short: SessionRecord = { subscribedFor: second / 2, hasDelivered: true }
const fruitful: SessionRecord = { subscribedFor: second, hasDelivered: true }

/** Troubles one after the other: `meet` answers the pause after one, in ms, and lets it pass. Without jitter by default. */
function createTroubles(random = 0.999_999) {
  const backoff = new Backoff({ random: () => random, pace: 1 })
  let now = 0
  return {
    meet(trouble: Trouble, session = inVain): number {
      const pause = backoff.pause(trouble, now, session)
      now += pause
      return Math.round(pause / 100) * 100
    },
    /** When each of the sessions of five minutes begins, if all of them meet this trouble, ms. */
    beginnings(trouble: Trouble, session = inVain): readonly number[] {
      const times: number[] = []
      for (; now < 5 * minute; this.meet(trouble, session)) {
        times.push(now)
        now += session.subscribedFor
      }
      return times
    },
  }
}

function mostInAMinute(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + minute).length))
}

describe('the pause before the next session', () => {
  test('doubles with each trouble of the same kind, rests at 12 s for two minutes and goes on to a limit', () => {
    const { meet } = createTroubles()
    const pauses = Array.from({ length: 14 }, () => meet('timeout'))
    expect(pauses.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 8000])
    expect(pauses.slice(5, 10)).toEqual(Array(5).fill(12_000))
    expect(pauses.slice(10)).toEqual([24_000, 48_000, 60_000, 60_000])
  })

  test('grows likewise where one outage shows in different ways', () => {
    const { meet } = createTroubles()
    const pauses = (['transport', 'unknown-client', 'timeout', 'transport'] as const).map((trouble) =>
      meet(trouble),
    )
    expect(pauses).toEqual([500, 1000, 2000, 4000])
    expect(meet('limit')).toBe(120_000)
  })

  test.each([{ subscribedFor: minute, hasDelivered: false }, fruitful])(
    'is short again after %o',
    (session) => {
      const { meet } = createTroubles()
      for (let count = 0; count < 5; count++) meet('timeout')
      expect(meet('timeout', session)).toBeLessThanOrEqual(2_000)
      expect(meet('timeout')).toBe(1_000)
    },
  )

  test('stays short when good sessions end alike now and then', () => {
    const { meet } = createTroubles()
    const pauses = Array.from({ length: 7 }, () => meet('transport', fruitful))
    expect(pauses).toEqual([500, 600, 800, 1000, 1300, 1600, 2000])
  })

  test.each([
    ['transport', inVain],
    ['unknown-client', inVain],
    ['token-invalid', inVain],
    ['protocol', inVain],
    ['transport', short],
    ['unknown-client', short],
    ['transport', fruitful],
    ['refused', inVain],
    ['server-disconnect', { subscribedFor: 2 * second, hasDelivered: true }],
  ] as const)('lets no more than ten sessions a minute meet %s (%o)', (trouble, session) => {
    for (const random of [0, 0.999])
      expect(mostInAMinute(createTroubles(random).beginnings(trouble, session))).toBeLessThanOrEqual(10)
  })

  test('lasts minutes when a limit was hit', () => {
    expect(createTroubles(0).meet('limit')).toBe(96_000)
  })

  test('is at least what the server asks for', () => {
    expect(createTroubles().meet('busy', { ...inVain, retryAfter: 20_000 })).toBe(20_000)
  })

  test('differs between replicas', () => {
    expect(createTroubles(0).meet('busy')).toBe(1_600)
    expect(createTroubles().meet('busy')).toBe(2_000)
  })

  test('keeps the token unless the token is in doubt', () => {
    const renewing = Object.entries(reactions).filter(([, { renewToken }]) => renewToken)
    expect(renewing.map(([trouble]) => trouble).toSorted()).toEqual([
      'auth-rejected',
      'auth-unavailable',
      'denied',
      'protocol',
      'token-invalid',
    ])
  })
})
