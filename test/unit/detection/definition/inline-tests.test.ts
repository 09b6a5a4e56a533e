import { afterEach, describe, expect, it, vi } from 'vitest'
import { createExpansion, testStart } from '../../../../src/detection/definition/inline-tests/given-events.ts'
import type { GivenEvents } from '../../../../src/detection/definition/inline-tests/inline-test-schema.ts'
import { runInlineTests } from '../../../../src/detection/definition/inline-tests/inline-tests.ts'
import { parseDetector } from '../../../../src/detection/definition/parse-detector.ts'
import { EntityRows } from '../../../../src/detection/entities/entity-rows.ts'
import { formatProblem } from '../../../../src/yaml-source.ts'
import { detectorText } from '../detector-file.ts'

function testsOf(given: string, expected: string, changes: Readonly<Record<string, string | null>> = {}) {
  const tests = `tests:
  - { name: quiet, given: [{ event: LogoutEventStream }], expect: none }
  - { name: tried, given: ${given}, expect: ${expected} }
  - { name: fires, given: [{ event: LoginEventStream, count: 5 }], expect: [{ entity: u1 }] }`
  const parsed = parseDetector('burst.yaml', detectorText({ ...changes, tests }))
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.definition
}

function givenOf(given: string): readonly GivenEvents[] {
  return testsOf(given, 'none').tests[1]?.given ?? []
}

function expand(given: readonly GivenEvents[]) {
  return createExpansion()(given).events
}

function triedResult(given: string, expected: string, changes?: Readonly<Record<string, string | null>>) {
  return [...runInlineTests(testsOf(given, expected, changes))][1]
}

describe('given events', () => {
  it('start on a Monday, one second apart, for user u1', () => {
    const events = expand(givenOf('[{ event: LoginEventStream, count: 3 }]'))
    expect(new Date(testStart).getUTCDay()).toBe(1)
    expect(events.map(({ time }) => time - testStart)).toEqual([0, 1000, 2000])
    expect(events[0]?.payload).toMatchObject({
      EventDate: '2026-01-05T00:00:00.000Z',
      UserId: 'u1',
      Username: 'u1@example.com',
      SourceIp: '203.0.113.10',
    })
  })

  it('count events and entities in their fields', () => {
    const given =
      '[{ event: X, count: 2, entities: 2, every: 1m, fields: { UserId: "u{e}", SourceIp: "10.0.0.{n}" } }]'
    expect(
      expand(givenOf(given)).map(({ time, payload }) => [time - testStart, payload.UserId, payload.SourceIp]),
    ).toEqual([
      [0, 'u1', '10.0.0.1'],
      [0, 'u2', '10.0.0.1'],
      [60_000, 'u1', '10.0.0.2'],
      [60_000, 'u2', '10.0.0.2'],
    ])
  })

  it('repeat on weekdays, scattered over hours, the same each time', () => {
    const given = givenOf(
      '[{ event: X, days: 7, weekdays: [tue, sat], hours: 8-10, count: 3, fields: { RowsReturned: 5..9 } }]',
    )
    const events = expand(given)
    expect(events).toHaveLength(12)
    expect(new Set(events.map(({ time }) => new Date(time).getUTCDay()))).toEqual(new Set([2, 6]))
    expect(events.every(({ time }) => [8, 9].includes(new Date(time).getUTCHours()))).toBe(true)
    expect(
      events.every(({ payload }) => Number(payload.RowsReturned) >= 5 && Number(payload.RowsReturned) <= 9),
    ).toBe(true)
    expect(expand(given)).toEqual(events)
    expect(createExpansion()(given).start).toBe(events[0]?.time)
  })
})

describe('a test inside a detector file', () => {
  it.each([
    ['fires where it is expected', 'count: 5', '[{ entity: u1, level: medium, after: 4s }]'],
    ['stays quiet where it is expected', 'count: 4', 'none'],
  ])('passes when the detector %s', (_, count, expected) => {
    expect(triedResult(`[{ event: LoginEventStream, ${count} }]`, expected)).toEqual({
      kind: 'passed',
      name: 'tried',
    })
  })

  it.each([
    ['did not fire', 'count: 4', '[{ entity: u1 }]', 'u1 did not fire'],
    [
      'fired unexpectedly',
      'count: 5',
      'none',
      'u1 fired unexpectedly: +4s, medium: u1@example.com: 5 events within 4 s from network 203.0.113.0/24; 5 events or more are always reported',
    ],
    ['fired for somebody else', 'count: 5', '[{ entity: u2 }]', 'u2 did not fire'],
    [
      'fired late',
      'count: 5, every: 10s',
      '[{ entity: u1, after: 30s }]',
      'u1 fired later than 30s: +40s, medium: u1@example.com: 5 events within 40 s from network 203.0.113.0/24; 5 events or more are always reported',
    ],
    [
      'has another level',
      'count: 5',
      '[{ entity: u1, level: high }]',
      'u1 came to medium, not high: +4s, medium: u1@example.com: 5 events within 4 s from network 203.0.113.0/24; 5 events or more are always reported',
    ],
  ])('fails and says why when the detector %s', (_, count, expected, reason) => {
    const result = triedResult(`[{ event: LoginEventStream, ${count} }]`, expected)
    expect(result?.kind === 'failed' && result.reasons[0]).toBe(reason)
  })

  it('fails when the detector fires before the last entry begins', () => {
    const given = '[{ event: LoginEventStream, count: 5 }, { event: LoginEventStream, at: 1d, count: 5 }]'
    const result = triedResult(given, '[{ entity: u1 }]')
    expect(result?.kind === 'failed' && result.reasons[0]).toMatch(/^u1 fired before its time: -23h59m56s/)
  })

  describe('is stopped half way, and its state restored', () => {
    afterEach(() => vi.restoreAllMocks())

    it.each([
      ['after its history', '[{ event: LoginEventStream, count: 4 }, { event: LoginEventStream, at: 5s }]'],
      ['in its last entry', '[{ event: LoginEventStream, count: 5 }]'],
      ['within its history', '[{ event: LoginEventStream, count: 5 }, { event: LogoutEventStream, at: 1d }]'],
    ])('%s: fails when something does not come back', (_, given) => {
      vi.spyOn(EntityRows.prototype, 'restore').mockReturnValue()
      const result = triedResult(given, '[{ entity: u1 }]')
      expect(result?.kind === 'failed' && result.reasons.at(-1)).toBe(
        'it comes out otherwise when the engine is stopped and its state restored half way',
      )
    })
  })

  it('runs for a disabled detector too', () => {
    const changes = { status: 'status: disabled' }
    expect(triedResult('[{ event: LoginEventStream, count: 4 }]', 'none', changes)?.kind).toBe('passed')
  })
})
