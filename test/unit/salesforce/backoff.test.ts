import { describe, expect, test } from 'vitest'
import { Backoff, reactions } from '../../../src/salesforce/backoff.ts'

/** Without jitter: the longest pause of each range. */
function createBackoff(random = 0.999_999) {
  const backoff = new Backoff({ random: () => random, pace: 1 })
  return (...args: Parameters<Backoff['pause']>) => Math.round(backoff.pause(...args) / 100) * 100
}

describe('the pause before the next session', () => {
  test('doubles with each trouble of the same kind, up to a limit', () => {
    const pause = createBackoff()
    const pauses = Array.from({ length: 9 }, () => pause('timeout', 0))
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  test('is short again after a good minute', () => {
    const pause = createBackoff()
    for (let count = 0; count < 9; count++) pause('timeout', 59_000)
    expect(pause('timeout', 60_000)).toBe(500)
  })

  test('stays short when answers are cut in sessions that delivered', () => {
    const pause = createBackoff()
    const pauses = Array.from({ length: 6 }, () => pause('transport', 1_000))
    expect(Math.max(...pauses)).toBe(2_000)
  })

  test('lasts minutes when a limit was hit', () => {
    expect(createBackoff(0)('limit', 0)).toBe(60_000)
  })

  test('differs between replicas by half at most', () => {
    expect(createBackoff(0)('busy', 0)).toBe(5_000)
    expect(createBackoff()('busy', 0)).toBe(10_000)
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
