import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import type { Detector, Escalation } from '../../../../src/detection/definition/detector.ts'
import { hour, minute, second } from '../../../../src/duration.ts'
import { createRig, makeActivity, makeDetector, monday } from '../statistics-rig.ts'

const start = monday + 9 * hour

const succeeded: Escalation = {
  id: 'succeeded',
  matches: ({ action, outcome }) => action === 'login' && outcome === 'success',
  within: hour,
  after: true,
  level: 'critical',
  because: 'then a login succeeded',
  names: null,
}

function failures(escalations: readonly Escalation[], changes: Partial<Detector> = {}): Detector {
  return makeDetector({
    model: 'none',
    atLeast: 5,
    alwaysAbove: 5,
    windows: [10 * minute],
    wants: ({ outcome }) => outcome === 'failure',
    escalations,
    ...changes,
  })
}

const login = (time: number, outcome: Activity['outcome'], user = 'u1') =>
  makeActivity({ time, action: 'login', outcome, user, id: `${user}-${outcome}-${time}` })

const guesses = (from: number, user = 'u1') =>
  Array.from({ length: 5 }, (_, i) => login(from + i * 20 * second, 'failure', user))

describe('an escalation', () => {
  test('raises an open episode when the same entity does what it names, and says why', () => {
    const rig = createRig([failures([succeeded])])
    rig.feed(
      ...guesses(start),
      login(start + 5 * minute, 'success', 'u2'),
      login(start + 6 * minute, 'success'),
    )
    expect(rig.detections.map(({ level, sequence }) => [level, sequence])).toEqual([
      ['medium', 0],
      ['critical', 1],
    ])
    expect(rig.detections[1]).toMatchObject({ time: start + 6 * minute, observed: 5 })
    expect(rig.detections[1]?.summary).toMatch(/; then a login succeeded$/)
    expect(rig.detections[1]?.trigger.fields.outcome).toBe('success')
  })

  test('says it once, and what is found later stays at that level', () => {
    const rig = createRig([failures([succeeded])])
    rig.feed(...guesses(start), login(start + 2 * minute, 'success'), login(start + 3 * minute, 'success'))
    expect(rig.detections).toHaveLength(2)
    rig.feed(...guesses(start + 4 * minute))
    expect(new Set(rig.detections.slice(2).map(({ level }) => level))).toEqual(new Set(['critical']))
  })

  test('does nothing before, or long after, what fires', () => {
    const rig = createRig([failures([succeeded])])
    rig.feed(login(start - minute, 'success'), ...guesses(start), login(start + 3 * hour, 'success'))
    expect(rig.detections.map(({ level }) => level)).toEqual(['medium'])
  })

  test('that may come before raises what fires within its time', () => {
    const around = { ...succeeded, after: false }
    const rig = createRig([failures([around])])
    rig.feed(login(start - 2 * hour, 'success', 'u2'), login(start - minute, 'success'))
    rig.feed(...guesses(start), ...guesses(start + 5 * minute, 'u2'))
    expect(rig.detections.map(({ entity, level }) => [entity.id, level])).toEqual([
      ['u1', 'critical'],
      ['u2', 'medium'],
    ])
  })

  test('says the same after a restart at any record', () => {
    const records = [
      login(start - minute, 'success'),
      ...guesses(start),
      login(start + 4 * minute, 'success'),
      ...guesses(start + 5 * minute),
      ...guesses(start + 30 * minute),
    ]
    const rules = [succeeded, { ...succeeded, id: 'around', after: false, level: 'high' as const }]
    const whole = createRig([failures(rules)])
    whole.feed(...records)
    expect(whole.detections.length).toBeGreaterThan(2)
    for (let at = 1; at < records.length; at++) {
      const rig = createRig([failures(rules)])
      rig.feed(...records.slice(0, at))
      rig.restart()
      rig.feed(...records.slice(at))
      expect(rig.messages).toEqual(whole.messages)
    }
  })
})

describe('an escalation that names', () => {
  const entered: Escalation = {
    ...succeeded,
    after: false,
    names: 'Logged in',
    because: 'Logged in from there',
  }
  const network = '198.51.100.0/24'
  const spray = () =>
    failures([entered], { entityOf: ({ org }) => ({ type: 'org', id: org.id }), entityType: 'org' })
  const enter = (time: number, user: string) => ({ ...login(time, 'success', user), username: user, network })

  test('says first who did it, when and from where, before and after it fired', () => {
    const rig = createRig([spray()])
    rig.feed(enter(start - minute, 'ann'), ...guesses(start), enter(start + 5 * minute, 'bob'))
    expect(rig.detections.map(({ level }) => level)).toEqual(['critical', 'critical'])
    expect(rig.detections[0]?.summary).toMatch(/^Logged in from there: ann\. 00D\w+: 5 API calls/)
    expect(rig.detections[1]?.summary).toMatch(/^Logged in from there: ann and bob\. 00D\w+: 5 API calls/)
    expect(rig.detections[1]?.explanation).toContainEqual({
      label: 'Logged in',
      value: `ann 2026-03-02 08:59 UTC from ${network}, bob 2026-03-02 09:05 UTC from ${network}`,
    })
  })

  test('says it again when there are twice as many, and names three', () => {
    const rig = createRig([spray()])
    rig.feed(
      ...guesses(start),
      ...['a', 'b', 'c', 'd', 'e'].map((user, i) => enter(start + (3 + i) * minute, user)),
    )
    expect(rig.detections.map(({ summary }) => summary.replace(/\. 00D.*/, ''))).toEqual([
      expect.stringMatching(/^00D\w+: 5/),
      'Logged in from there: a',
      'Logged in from there: a and b',
      'Logged in from there: a, b, c and 1 more',
    ])
  })

  test('names nobody who did it long before', () => {
    const rig = createRig([spray()])
    rig.feed(enter(start - 2 * hour, 'ann'), ...guesses(start))
    expect(rig.detections.map(({ level }) => level)).toEqual(['medium'])
    expect(rig.detections[0]?.summary).not.toContain('ann')
  })

  test('says the same after a restart at any record', () => {
    const records = [
      enter(start - minute, 'ann'),
      ...guesses(start),
      ...['a', 'b', 'c'].map((user, i) => enter(start + (3 + i) * minute, user)),
    ]
    const whole = createRig([spray()])
    whole.feed(...records)
    for (let at = 1; at < records.length; at++) {
      const rig = createRig([spray()])
      rig.feed(...records.slice(0, at))
      rig.restart()
      rig.feed(...records.slice(at))
      expect(rig.messages).toEqual(whole.messages)
    }
  })
})
