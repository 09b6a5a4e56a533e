import { describe, expect, it } from 'vitest'
import { formatBudget } from '../../../../src/detection/definition/budget.ts'
import { lintDetectors, parseDetectors } from '../../../../src/detection/definition/catalog.ts'
import { formatProblem } from '../../../../src/yaml-source.ts'
import { detectorText } from '../detector-file.ts'

const now = Date.UTC(2026, 10, 24)

function read(overlay: string | readonly string[], changes: Readonly<Record<string, string | null>> = {}) {
  return parseDetectors({
    detectors: [{ file: 'shipped/burst.yaml', text: detectorText(changes) }],
    overlays: [overlay].flat().map((text, index) => ({ file: `own/${index + 1}.yaml`, text })),
    hash: '',
  })
}

function definitionOf(...parts: Parameters<typeof read>) {
  const { files, problems } = read(...parts)
  expect(problems.map(formatProblem)).toEqual([])
  return files[0]?.definition
}

function problemsOf(...parts: Parameters<typeof read>) {
  return read(...parts).problems.map(formatProblem)
}

function warningsOf(...parts: Parameters<typeof read>) {
  return lintDetectors(read(...parts), now).map(formatProblem)
}

const exception = (match: string, expires: string) =>
  `{ match: ${match}, reason: known, owner: me, expires: ${expires} }`

describe('an overlay', () => {
  it('replaces a scalar and leaves what stands beside it', () => {
    const changes = { fires: 'fires: { at_least: 5, always_above: 90 }' }
    const definition = definitionOf('id: burst\nlevel: low\nfires: { at_least: 7 }', changes)
    expect(definition).toMatchObject({ level: 'low', title: 'Many logins' })
    expect(definition?.fires).toMatchObject({ at_least: 7, always_above: 90 })
  })

  it('replaces a condition as a whole, for half of two conditions is neither', () => {
    const definition = definitionOf('id: burst\nwhere: { outcome: failure, app: null }')
    expect(definition?.where.source).toEqual({ outcome: 'failure', app: null })
  })

  it('replaces a list, and adds to exceptions, overrides and tests', () => {
    const definition = definitionOf(
      [
        `id: burst\nwindows: [1h, 2h]\nexceptions: [${exception('{ user: u7 }', '2027-01-01')}]`,
        `id: burst\nexceptions: [${exception('{ user: u8 }', '2027-01-01')}]
tests: [{ name: own, given: [{ event: LoginEventStream }], expect: none }]`,
      ],
      { exceptions: `exceptions: [${exception('{ user: u6 }', '2027-01-01')}]` },
    )
    expect(definition?.windows).toEqual([3_600_000, 7_200_000])
    expect(definition?.exceptions.map(({ match }) => match.source)).toEqual([
      { user: 'u6' },
      { user: 'u7' },
      { user: 'u8' },
    ])
    expect(definition?.tests.map(({ name }) => name)).toEqual([
      'four logins stay quiet',
      'five logins fire',
      'own',
    ])
  })

  it('removes a key with null', () => {
    const changes = {
      fires: 'fires: { at_least: 5, always_above: 90 }',
      levels: 'levels: { high: { observed|gte: 50 } }',
    }
    const definition = definitionOf(
      'id: burst\nfires: { always_above: null }\nlevels: { high: null }',
      changes,
    )
    expect(definition?.fires.always_above).toBeUndefined()
    expect(definition?.levels.high).toBeUndefined()
  })

  it.each([
    [
      'a wrong value',
      'id: burst\nlevel: hihg',
      'own/1.yaml:2:8 level: must be informational, low, medium, high or critical — did you mean high?',
    ],
    [
      'an unknown key',
      'id: burst\nfires:\n  atleast: 3',
      'own/1.yaml:3:3 fires.atleast: unknown key — did you mean at_least?',
    ],
    [
      'an entry that it adds',
      'id: burst\nexceptions:\n  - { match: { usr: u1 }, reason: r, owner: o, expires: 2027-01-01 }',
      'own/1.yaml:3:16 exceptions[0].match.usr: unknown field usr — did you mean user?',
    ],
    [
      'a value that there is not',
      'id: burst\nwhere: { action: api-qeury }',
      'own/1.yaml:2:18 where.action: must be login, logout, login-as, api-query, bulk-download, report-run, report-export, list-view, file-download, file-upload, record-view, record-change, permission-change, anomaly, detection or custom — did you mean api-query?',
    ],
    [
      'a contradiction to what it does not change',
      'id: burst\nfires: { always_above: 3 }',
      'own/1.yaml:2:24 fires.always_above: must not be below at_least',
    ],
    [
      'something that it takes away',
      'id: burst\nalert: { runbook: null }',
      'own/1.yaml:2:19 alert.runbook: is missing — numbered steps that say what to check, and how to contain it',
    ],
    ['a missing id', 'level: low', 'own/1.yaml:1:1 id: is missing — the id of the detector that changes'],
    ['no map', '- level: low', 'own/1.yaml:1:1 must be a map with the keys that change'],
  ])('is told where it has %s', (_, overlay, problem) => {
    const changes = { exceptions: `exceptions: [${exception('{ user: u6 }', '2027-01-01')}]` }
    expect(problemsOf(overlay, changes)).toEqual([problem])
  })

  describe('with a higher floor', () => {
    const changes = {
      windows: 'windows: [10m, 1h]',
      fires: 'fires: { at_least: 5, always_above: { 10m: 20, 1h: 90 } }',
      overrides: `overrides:
  - { match: { user: u1 }, fires: { always_above: 30 } }
  - { match: { user: u2 }, fires: { at_least: 3, always_above: 8 } }
  - { match: { user: u3 }, fires: { always_above: { 10m: 8, 1h: 9 } } }`,
    }

    it('lifts the ceilings of earlier layers that lie below it, and names them', () => {
      const overlays = [
        'id: burst\noverrides: [{ match: { user: u4 }, fires: { always_above: 10 } }]',
        'id: burst\nfires: { at_least: 40 }\noverrides: [{ match: { user: u5 }, fires: { always_above: 50 } }]',
      ]
      const definition = definitionOf(overlays, changes)
      expect(definition?.fires).toMatchObject({ at_least: 40, always_above: { '10m': 40, '1h': 90 } })
      expect(definition?.overrides.map(({ fires }) => fires.always_above)).toEqual([
        40,
        8,
        { '10m': 40, '1h': 40 },
        40,
        50,
      ])
      expect(warningsOf(overlays, changes)).toEqual(
        [
          'fires.always_above.10m of the shipped file rises from 20 to 40',
          'overrides[0].fires.always_above of the shipped file rises from 30 to 40',
          'overrides[2].fires.always_above.10m of the shipped file rises from 8 to 40',
          'overrides[2].fires.always_above.1h of the shipped file rises from 9 to 40',
          'overrides[0].fires.always_above of own/1.yaml rises from 10 to 40',
        ].map((warning) => `own/2.yaml:2:20 fires.at_least: ${warning}`),
      )
    })

    it('lifts the floors of earlier overrides that were above the one before, and no others', () => {
      const floors = (higher: number) => ({
        fires: 'fires: { at_least: 5 }',
        overrides: `overrides:
  - { match: { user: u1 }, fires: { at_least: ${higher}, always_above: 12 } }
  - { match: { user: u2 }, fires: { at_least: 3, always_above: 3 } }`,
      })
      const overlay = 'id: burst\nfires: { at_least: 20 }'
      expect(definitionOf(overlay, floors(10))?.overrides.map(({ fires }) => fires)).toEqual([
        { at_least: 20, always_above: 20 },
        { at_least: 3, always_above: 3 },
      ])
      expect(warningsOf(overlay, floors(10))).toEqual([
        'own/1.yaml:2:20 fires.at_least: overrides[0].fires.at_least of the shipped file rises from 10 to 20',
        'own/1.yaml:2:20 fires.at_least: overrides[0].fires.always_above of the shipped file rises from 12 to 20',
      ])
    })

    it('is refused where the overlay itself says otherwise', () => {
      expect(
        problemsOf(
          `id: burst
fires: { at_least: 40, always_above: { 1h: 39 } }
overrides: [{ match: { user: u5 }, fires: { always_above: 30 } }]`,
          changes,
        ),
      ).toEqual([
        'own/1.yaml:2:44 fires.always_above.1h: must not be below at_least',
        'own/1.yaml:3:59 overrides[0].fires.always_above: must not be below at_least',
      ])
    })
  })

  it('changes the budgets of earlier overrides in proportion to the one of the detector', () => {
    const changes = {
      fires: 'fires: { at_least: 5, budget: 2/week }',
      overrides: 'overrides: [{ match: { user: u1 }, fires: { budget: 1/day } }]',
    }
    const own = 'overrides: [{ match: { user: u2 }, fires: { budget: 3/week } }]'
    const budgetsOf = (...overlays: readonly string[]) =>
      definitionOf(overlays, changes)?.overrides.map(({ fires }) => formatBudget(fires.budget ?? 0))
    expect(budgetsOf(`id: burst\n${own}`)).toEqual(['7/week', '3/week'])
    expect(budgetsOf(`id: burst\nfires: { budget: 0.2/week }\n${own}`)).toEqual(['0.7/week', '3/week'])
    expect(budgetsOf(`id: burst\n${own}`, 'id: burst\nfires: { budget: 4/week }')).toEqual([
      '14/week',
      '6/week',
    ])
  })

  it('is blamed for what it breaks in an override of the shipped file, which is named', () => {
    const overrides = 'overrides: [{ match: { user: u1 }, fires: { always_above: { 10m: 8 } } }]'
    const own = 'overrides: [{ match: { user: u2 }, fires: { budget: 1/day } }]'
    expect(problemsOf(`id: burst\nwindows: [1h]\n${own}`, { overrides })).toEqual([
      'own/1.yaml:2:10 windows: overrides[0].fires.always_above.10m of the shipped file is none of the windows — use 1h',
    ])
  })

  it('leaves a problem of the shipped file where it is', () => {
    expect(problemsOf('id: burst\nlevel: low', { entity: 'entity: usr' })).toEqual([
      'shipped/burst.yaml:6:9 entity: unknown field usr — did you mean user?',
    ])
  })
})

describe('a warning', () => {
  it('names an overlay of no detector', () => {
    expect(warningsOf('id: brst\nlevel: low')).toEqual([
      'own/1.yaml:1:5 id: there is no detector brst — did you mean burst?',
    ])
  })

  it('does not take a detector for absent that is not in order', () => {
    expect(warningsOf('id: burst\nlevel: hihg')).toEqual([])
  })

  it('names a value that is there anyway', () => {
    expect(warningsOf('id: burst\nlevel: medium\nfires: { at_least: 5, always_above: null }')).toEqual([
      'own/1.yaml:2:8 level: is what the detector has anyway — leave it out',
      'own/1.yaml:3:20 fires.at_least: is what the detector has anyway — leave it out',
      'own/1.yaml:3:37 fires.always_above: there is nothing to remove — leave it out',
    ])
  })

  it.each([
    ['2026-11-23', 'the exception ended with 2026-11-23 — remove or extend it'],
    ['2026-11-30', 'the exception ends in 7 days — extend it if it is still needed'],
  ])('names an exception that ends on %s', (expires, message) => {
    const overlay = `id: burst\nexceptions:\n  - ${exception('{ user: u1 }', expires)}`
    expect(warningsOf(overlay)).toEqual([expect.stringContaining(message)])
    expect(warningsOf(overlay)[0]).toMatch(/^own\/1\.yaml:3:\d+ exceptions\[0\]\.expires: /)
  })

  it.each([
    ['{ user: u1 }', '{ user: u1 }', true],
    ['{ user: [u1, u2] }', '{ user: U1, app: x }', true],
    ['[{ user: u1 }, { app: x }]', '{ app: x }', true],
    ['{ user: u1, app: x }', '{ user: u1 }', false],
    ['{ user: u1 }', '[{ user: u1 }, { user: u2 }]', false],
    ['{ not: { user: u1 } }', '{ not: { user: u2 } }', false],
  ])('names an exception that an earlier one covers: %s covers %s: %s', (earlier, later, covered) => {
    const overlay = `id: burst\nexceptions:\n  - ${exception(earlier, '2027-03-01')}\n  - ${exception(later, '2027-02-01')}`
    const warning = 'exceptions[0] (own/1.yaml:3) covers this one and holds as long — remove one of them'
    expect(warningsOf(overlay)).toEqual(covered ? [expect.stringContaining(warning)] : [])
  })

  it('does not take an exception for covered that holds longer', () => {
    const list = `[${exception('{ user: u1 }', '2027-02-01')}, ${exception('{ user: u1 }', '2027-03-01')}]`
    expect(warningsOf(`id: burst\nexceptions: ${list}`)).toEqual([])
  })

  it('names an override that later ones undo', () => {
    const overrides = `overrides:
  - { match: { user: u1, app: x }, fires: { at_least: 7 } }
  - { match: { user: u1 }, fires: { at_least: 9, budget: 1/day } }`
    expect(warningsOf(`id: burst\n${overrides}`)).toEqual([
      'own/1.yaml:3:14 overrides[0].match: later overrides cover this one and set the same — remove it',
    ])
  })

  it('does not ask to remove an override of the shipped file whose ceiling may be the lower one', () => {
    const overrides = `overrides:
  - { match: { user: u1, app: x }, fires: { always_above: 7 } }
  - { match: { user: u1 }, fires: { always_above: 9 } }`
    expect(warningsOf('id: burst\nlevel: low', { overrides })).toEqual([])
  })

  it('does not ask to remove a shipped override that one of an overlay undoes', () => {
    const override = (floor: number) => `overrides: [{ match: { user: u1 }, fires: { at_least: ${floor} } }]`
    expect(warningsOf(`id: burst\n${override(9)}`, { overrides: override(7) })).toEqual([])
  })
})
