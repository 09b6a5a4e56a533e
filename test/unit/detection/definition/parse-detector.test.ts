import { describe, expect, it } from 'vitest'
import type { Action } from '../../../../src/detection/activity/activity.ts'
import { compileDetector } from '../../../../src/detection/definition/compile-detector.ts'
import type { Definition } from '../../../../src/detection/definition/definition-schema.ts'
import type { Detector } from '../../../../src/detection/definition/detector.ts'
import { parseDetector } from '../../../../src/detection/definition/parse-detector.ts'
import { always } from '../../../../src/detection/definition/selection.ts'
import { createEvidence, factsOf } from '../../../../src/detection/firing/evidence.ts'
import { hour, minute, week } from '../../../../src/duration.ts'
import { formatProblem } from '../../../../src/yaml-source.ts'
import { detectorText } from '../detector-file.ts'
import { decodeActivity } from '../event-record.ts'

function problemsOf(text: string): readonly string[] {
  const parsed = parseDetector('detectors/burst.yaml', text)
  return parsed.kind === 'ok' ? [] : parsed.problems.map(formatProblem)
}

function parse(changes: Readonly<Record<string, string | null>> = {}): Definition {
  const parsed = parseDetector('detectors/burst.yaml', detectorText(changes))
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.definition
}

function compile(changes: Readonly<Record<string, string | null>> = {}): Detector {
  const detector = compileDetector(parse(changes))
  if (!detector) throw new Error('the detector is disabled')
  return detector
}

describe('a detector file with errors', () => {
  it('has all of them reported at once, with place and remedy', () => {
    const text = `id: burst
titel: Many logins
level: hihg
description: d
where: { typ: LoginEventStream, Status|contians: x }
entity: usr
measure: sum(row)
windows: [5x, 1h]
baseline: { model: count }
fires: { budget: 1/fortnight }
levels: { critical: { observd|gte: 3 } }
exceptions: [{ match: { UserId: x }, expires: tomorrow }]
alert: { repeat: 1d }
tests: [{ name: a, given: [{ event: LoginEventStream, fields: { ip: y } }], expect: none }]
`
    expect(problemsOf(text)).toEqual([
      'detectors/burst.yaml:1:1 title: is missing — what an analyst reads first',
      'detectors/burst.yaml:3:8 level: must be informational, low, medium, high or critical — did you mean high?',
      'detectors/burst.yaml:5:10 where.typ: unknown field typ — did you mean type?',
      'detectors/burst.yaml:5:33 where.Status|contians: unknown modifier contians — did you mean contains?',
      'detectors/burst.yaml:6:9 entity: unknown field usr — did you mean user?',
      'detectors/burst.yaml:7:10 measure: unknown field row — did you mean rows?',
      'detectors/burst.yaml:8:11 windows[0]: must be a duration such as 5m, 1h30m or 14d',
      'detectors/burst.yaml:9:20 baseline.model: must be counts, amounts, ratio, novelty, drift, decay or none — did you mean counts?',
      'detectors/burst.yaml:10:18 fires.budget: must be a number of false alerts in a time, such as 1/week',
      'detectors/burst.yaml:11:23 levels.critical.observd|gte: unknown field observd — did you mean observed?',
      'detectors/burst.yaml:12:14 exceptions[0].reason: is missing — say why this is harmless',
      'detectors/burst.yaml:12:14 exceptions[0].owner: is missing — say who answers for it',
      'detectors/burst.yaml:12:47 exceptions[0].expires: must be a date such as 2027-03-31',
      'detectors/burst.yaml:13:1 alert.runbook: is missing — numbered steps that say what to check, and how to contain it',
      "detectors/burst.yaml:14:65 tests[0].given[0].fields.ip: is not a field of Salesforce's — give the raw fields",
      'detectors/burst.yaml:14:8 tests: has no firing test — add one whose expect names an entity',
      'detectors/burst.yaml:2:1 titel: unknown key — did you mean title?',
    ])
  })

  it.each([
    [
      { id: 'id: bursts' },
      '1:5 id: must be the name of the file — write burst, or rename the file to bursts.yaml',
    ],
    [
      { measure: 'measure: sum(rows)', baseline: 'baseline: { model: counts }' },
      '9:20 baseline.model: counts does not fit a sum — use amounts, or none for a fixed threshold',
    ],
    [
      { measure: 'measure: new(network, app)', baseline: 'baseline: { model: none }' },
      '9:20 baseline.model: none does not fit new(…) — use novelty',
    ],
    [
      { baseline: 'baseline: { model: novelty }' },
      '9:20 baseline.model: novelty does not fit a count — use counts, or none for a fixed threshold',
    ],
    [{ measure: 'measure: new(network, quer)' }, '7:10 measure: unknown field quer — did you mean query?'],
    [
      { fires: 'fires: { at_least: 5, always_above: 4 }' },
      '10:37 fires.always_above: must not be below at_least',
    ],
    [
      { alert: 'alert: { runbook: x, summary: "{{username}} did {{observd}} in {{window}}" }' },
      '11:31 alert.summary: unknown placeholder {{observd}} — did you mean observed?',
    ],
    [
      { windows: 'windows: [10m, 45s]' },
      '8:16 windows[1]: must be a multiple of 10s: a window slides by a tenth of its length, in whole seconds',
    ],
    [
      { alert: 'alert: { runbook: x, keep_open: 5m }' },
      '11:33 alert.keep_open: must be at least the shortest window, 10m',
    ],
    [
      { where: 'where: { action: login' },
      '6:1 Flow map in block collection must be sufficiently indented and end with a }',
    ],
  ])('%j', (changes, problem) => {
    expect(problemsOf(detectorText(changes))[0]).toBe(`detectors/burst.yaml:${problem}`)
  })

  it('wants a quiet and a firing test', () => {
    const only = { tests: 'tests: [{ name: a, given: [{ event: X }], expect: [{ entity: u1 }] }]' }
    expect(problemsOf(detectorText(only))).toEqual([
      'detectors/burst.yaml:12:8 tests: has no quiet test — add one with expect: none',
    ])
  })
})

describe('a compiled detector', () => {
  it('has sensible defaults', () => {
    const detector = compile({ windows: 'windows: [1h, 10m, 1h]' })
    expect(detector).toMatchObject({
      status: 'stable',
      windows: [600_000, 3_600_000],
      tags: [],
      alert: { repeat: 86_400_000, keepOpen: 3_600_000, summary: null },
      baseline: {
        model: 'none',
        halfLife: 14 * 86_400_000,
        memory: 90 * 86_400_000,
        learning: 7 * 86_400_000,
      },
    })
    expect(detector.firesFor(decodeActivity('LoginEventStream'))).toEqual({
      budget: 1 / 604_800_000,
      atLeast: 5,
      alwaysAbove: 5,
    })
  })

  it('tells what it asks about a kind of activity, and leaves out what the kind decides', () => {
    const interest = (where: string, action: Action = 'login', type = 'LoginEventStream') =>
      compile({ where: `where: ${where}` }).interestIn(action, type)
    const failed = decodeActivity('LoginEventStream', { Status: 'Invalid Password' })
    expect(interest('{ action: Login }')?.wants).toBe(always)
    expect(interest('{ action: [logout, login] }')?.wants).toBe(always)
    expect(interest('{ type: loginEVENTSTREAM }')?.wants).toBe(always)
    expect(interest('[{ action: login }, { outcome: failure }]')?.wants).toBe(always)
    expect(interest('{ action: logout, outcome: failure }')).toBeNull()
    expect(interest('{ not: { action|startswith: log } }')).toBeNull()
    expect(interest('{ action: login, outcome: failure }')?.wants(failed)).toBe(true)
    expect(interest('{ action: login, not: { outcome: failure } }')?.wants(failed)).toBe(false)
    expect(interest('{ outcome: failure }', 'logout')?.wants(failed)).toBe(true)
  })

  it('asks about detections only where it names them', () => {
    const asks = (where: string) => compile({ where: `where: ${where}` }).interestIn('detection', 'Detection')
    expect(asks('{ user|exists: true }')).toBeNull()
    expect(asks('{ action: detection }')?.wants).toBe(always)
    expect(compile({ where: 'where: { action: [detection, login] }' }).watchesDetections).toBe(true)
    expect(compile({ where: 'where: { user|exists: true }' }).watchesDetections).toBe(false)
  })

  it('asks about what an escalation names, and only then', () => {
    const { interestIn } = compile({
      escalate: 'escalate: [{ where: { action: logout }, within: 1h, level: high }]',
    })
    expect(interestIn('logout', 'LogoutEventStream')?.escalations).toHaveLength(1)
    expect(interestIn('login', 'LoginEventStream')?.escalations).toHaveLength(0)
    expect(interestIn('api-query', 'ApiEventStream')).toBeNull()
  })

  it('is none when it is disabled', () => {
    expect(compileDetector(parse({ status: 'status: disabled' }))).toBeNull()
  })

  it('honours an exception up to the end of its last day', () => {
    const detector = compile({
      exceptions:
        'exceptions: [{ match: { SourceIp: 203.0.113.24 }, reason: r, owner: o, expires: 2026-11-20 }]',
    })
    const at = (EventDate: string) => detector.wants(decodeActivity('LoginEventStream', { EventDate }))
    expect(at('2026-11-20T23:59:59.000Z')).toBe(false)
    expect(at('2026-11-21T00:00:00.000Z')).toBe(true)
    expect(detector.wants(decodeActivity('ApiEventStream'))).toBe(false)
  })

  it('applies overrides on top of each other', () => {
    const detector = compile({
      overrides: `overrides:
  - { match: { UserType: Guest }, fires: { at_least: 2 } }
  - { match: { Country: Peru }, fires: { always_above: 9, budget: 7/week } }`,
    })
    const firing = (payload: object) => detector.firesFor(decodeActivity('LoginEventStream', { ...payload }))
    expect(firing({ UserType: 'Guest' })).toMatchObject({ atLeast: 2 })
    expect(firing({ UserType: 'guest', Country: 'Peru' })).toMatchObject({
      atLeast: 2,
      alwaysAbove: 9,
      budget: 7 / 604_800_000,
    })
    expect(firing({})).toMatchObject({ atLeast: 5 })
  })

  it('knows which override has ruled, and whether it is one of an overlay', () => {
    const overrides = `overrides:
  - { match: { UserType: Guest }, fires: { at_least: 2, budget: 7/week } }
  - { match: [{ Country: Peru, app: [x, y] }, { granted: true }], fires: { budget: 3/week } }`
    const detector = compileDetector(parse({ overrides }), 1)
    const ruledBy = (payload: object) =>
      detector?.firesFor(decodeActivity('LoginEventStream', { ...payload })).ruledBy
    const shipped = { name: 'overrides[0] of the shipped file', isShipped: true, budget: 1 / week }
    expect(ruledBy({})).toBeUndefined()
    expect(ruledBy({ UserType: 'Guest' })).toEqual({ budget: shipped, atLeast: shipped })
    expect(ruledBy({ UserType: 'Guest', Country: 'Peru', Application: 'x' })).toEqual({
      atLeast: shipped,
      budget: {
        name: 'your override for [{Country: Peru, app: [x, y]}, {granted: true}]',
        isShipped: false,
        budget: 1 / week,
      },
    })
  })

  it('lifts the ceilings of earlier overrides to the floor of a later one', () => {
    const detector = compile({
      overrides: `overrides:
  - { match: { UserType: Guest }, fires: { always_above: 9 } }
  - { match: { Country: Peru }, fires: { at_least: 20 } }
  - { match: { Country: Peru }, fires: { always_above: { 10m: 12 } } }`,
    })
    const firing = (payload: object) => detector.firesFor(decodeActivity('LoginEventStream', { ...payload }))
    expect(firing({ UserType: 'Guest' })).toMatchObject({ atLeast: 5, alwaysAbove: 9 })
    expect(firing({ UserType: 'Guest', Country: 'Peru' })).toMatchObject({
      atLeast: 20,
      alwaysAboveIn: new Map([[600_000, 12]]),
    })
  })

  it('takes the lowest ceiling of the overrides of its own file in each window, and knows whose it is', () => {
    const parsed = parse({
      windows: 'windows: [10m, 1h]',
      fires: 'fires: { at_least: 5, always_above: 8 }',
      overrides: `overrides:
  - { match: { UserType: Guest }, because: by a guest, fires: { always_above: { 1h: 20 } } }
  - { match: { Country: Peru }, fires: { always_above: { 10m: 12, 1h: 40 } } }
  - { match: { granted: true }, fires: { always_above: 70 } }
  - { match: { app: x }, fires: { always_above: 90 } }`,
    })
    const shipped = (index: number, rest = {}) => ({
      alwaysAbove: {
        name: `overrides[${index}] of the shipped file`,
        isShipped: true,
        budget: 1 / week,
        ...rest,
      },
    })
    const activity = decodeActivity('LoginEventStream', {
      UserType: 'Guest',
      Country: 'Peru',
      Application: 'x',
    })
    const firing = compileDetector(parsed, 3)?.firesFor({
      ...activity,
      grant: { time: 0, by: null },
      app: 'y',
    })
    expect([...(firing?.alwaysAboveIn ?? [])]).toEqual([
      [10 * minute, 12],
      [hour, 20],
    ])
    expect([...(firing?.ruledByIn ?? [])]).toEqual([
      [10 * minute, shipped(1)],
      [hour, shipped(0, { because: 'by a guest' })],
    ])
    expect(compileDetector(parsed, 3)?.firesFor(activity)).toMatchObject({ alwaysAbove: 90 })
  })

  it('takes the highest level whose condition holds, else its own', () => {
    const detector = compile({
      levels: 'levels: { low: { window: 10m }, high: { ratio|gte: 10 }, critical: { ratio|gte: 100 } }',
    })
    const levelAt = (ratio: number, window = 600_000) =>
      detector.levelFor({
        observed: 5,
        expected: 1,
        ratio,
        excess: 1,
        window,
        whole: null,
        activity: decodeActivity('LoginEventStream'),
        ...factsOf(createEvidence(), 'user'),
      })
    expect([levelAt(1), levelAt(1, 5), levelAt(10), levelAt(1000)]).toEqual([
      'low',
      'medium',
      'high',
      'critical',
    ])
  })

  it.each([
    ['entity: user', { type: 'user', id: '005xx000001X8UzAAK', name: 'dana@acme.example' }],
    ['entity: ip', { type: 'ip', id: '203.0.113.24' }],
    ['entity: org', { type: 'org', id: '00Dxx0000001gPzEAI', name: 'acme' }],
    ['entity: LoginType', null],
    ['entity: [user, network]', { type: 'user + network', id: '005xx000001X8UzAAK + 203.0.113.0/24' }],
    ['entity: [user, LoginType]', null],
  ])('%s', (entity, expected) => {
    expect(compile({ entity }).entityOf(decodeActivity('LoginEventStream'))).toEqual(expected)
  })

  it.each([
    ['measure: count', 'events', 1, null],
    ['measure: sum(RowsReturned)', 'RowsReturned', 12, null],
    ['measure: distinct(username)', 'users', 1, 'dana@acme.example'],
  ])('%s', (measure, unit, amount, value) => {
    const detector = compile({ measure })
    const activity = decodeActivity('ApiEventStream', { RowsReturned: '12' })
    expect(detector.measure.unit).toBe(unit)
    expect(detector.measure.amountOf(activity)).toBe(amount)
    expect(detector.measure.valueOf(activity)).toBe(value)
  })

  it('groups peers by the values of the named fields', () => {
    const detector = compile({ baseline: 'baseline: { model: counts, peers: [UserType, app] }' })
    const activity = decodeActivity('LoginEventStream', { UserType: 'Standard' })
    expect(detector.baseline.peersOf(activity, { type: 'user' })).toBe('user, Standard, unknown')
    expect(compile().baseline.peersOf(activity, { type: 'user' })).toBe('user')
  })
})

describe('the hash of what is measured', () => {
  const ordinary = compile().measureHash

  it.each([
    ['title', 'title: Other words'],
    ['level', 'level: critical'],
    ['fires', 'fires: { at_least: 50, budget: 3/day }'],
    ['levels', 'levels: { low: { window: 10m } }'],
    ['exceptions', 'exceptions: [{ match: { UserId: x }, reason: r, owner: o, expires: 2027-01-01 }]'],
    ['unit', 'unit: logins'],
    ['windows', 'windows: [10m, 600s]'],
  ])('stays when only %s changes', (key, line) => {
    expect(compile({ [key]: line }).measureHash).toBe(ordinary)
  })

  it.each([
    ['where', 'where: { action: logout }'],
    ['entity', 'entity: ip'],
    ['measure', 'measure: distinct(ip)'],
    ['windows', 'windows: [1h]'],
    ['baseline', 'baseline: { model: counts }'],
    ['baseline', 'baseline: { model: none, peers: [UserType] }'],
  ])('changes with %s: %s', (key, line) => {
    expect(compile({ [key]: line }).measureHash).not.toBe(ordinary)
  })
})
