import { describe, expect, test } from 'vitest'
import type { Activity } from '../../../../src/detection/activity/activity.ts'
import { createFirsts, tell, unknownFirsts } from '../../../../src/detection/activity/firsts.ts'
import { ByKind, type Kind } from '../../../../src/detection/watching/kinds.ts'

describe('activities of a kind', () => {
  test('share what was made for the first of them', () => {
    const { of, kinds } = collect()
    expect(of({ rows: 1 })).toBe(of({ rows: 2000 }))
    expect(of({ rows: 0 })).toBe(of({ rows: 0 }))
    expect(of({ type: 'LoginEventStream', action: 'login' })).toBe(2)
    expect(kinds).toHaveLength(3)
  })

  test('are known to have brought no records, or nothing is known of their number', () => {
    const { of, kinds } = collect()
    of({ rows: 0 })
    of({ rows: 7 })
    expect(kinds.map(({ known }) => known.rows)).toEqual([0, undefined])
  })

  test('are known by what is new for the user', () => {
    const { of, kinds } = collect()
    of({ firsts: unknownFirsts })
    of({ firsts: tell(createFirsts(70, false), 0, 'new') })
    expect(kinds[0]?.known).toMatchObject({ new_network: null, familiar: null, automated: null })
    expect(kinds[1]?.known).toMatchObject({ new_network: true, new_app: null, familiar: false, away: 70 })
  })

  test('are forgotten when names of events are made up without end', () => {
    const { of, kinds } = collect()
    of({})
    for (let i = 0; i < 10_000; i++) of({ type: `Made_Up_${i}__e` })
    const before = kinds.length
    of({})
    expect(kinds).toHaveLength(before + 1)
  })
})

function collect() {
  const kinds: Kind[] = []
  const byKind = new ByKind((kind) => kinds.push(kind) - 1)
  const usual = { action: 'api-query', type: 'ApiEventStream', firsts: unknownFirsts, rows: 1 }
  return { kinds, of: (fields: Partial<Activity>) => byKind.of({ ...usual, ...fields } as Activity) }
}
