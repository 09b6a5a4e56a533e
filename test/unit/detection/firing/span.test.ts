import { describe, expect, test } from 'vitest'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import { createRig, distinct, makeActivity, makeDetector, monday, rowsRead } from '../statistics-rig.ts'

const start = monday + 9 * hour

const reads = (from: number, count: number, every: number, rows = 1000) =>
  Array.from({ length: count }, (_, i) => makeActivity({ time: from + i * every, rows, id: `${from}-${i}` }))

const fixed = (changes: Parameters<typeof makeDetector>[0] = {}) =>
  makeDetector({
    model: 'none',
    measure: rowsRead,
    atLeast: 10_000,
    windows: [day],
    alert: { repeat: day, keepOpen: hour, summary: '{{observed}} {{within}}' },
    ...changes,
  })

describe('what was observed is told', () => {
  test('from the first event to the last one, however long the window is', () => {
    const rig = createRig([fixed()])
    rig.feed(...reads(start, 20, minute))
    const [first, second] = rig.detections
    expect(first).toMatchObject({ observed: 10_000, span: { until: start + 9 * minute }, limit: 10_000 })
    expect(first?.summary).toBe('10,000 within 9 min')
    expect(second?.span).toEqual({ since: start, until: start + 19 * minute })
    expect(second?.summary).toBe('20,000 within 19 min')
  })

  test('as exactly as panes tell where more than a twentieth came before anything was remarkable', () => {
    const rig = createRig([fixed()])
    rig.feed(...reads(start, 1, second, 900), ...reads(start + hour, 1, second, 9100))
    // The pane of 2.4 h began at 07:12.
    expect(rig.detections[0]?.span).toEqual({ since: start - 108 * minute, until: start + hour })
    const quick = createRig([fixed()])
    quick.feed(...reads(start, 1, second, 400), ...reads(start + hour, 1, second, 9600))
    expect(quick.detections[0]?.summary).toBe('10,000 at once')
  })

  test('by the shortest window that holds it', () => {
    const rig = createRig([
      fixed({ windows: [10 * minute, hour, day], atLeast: 1_000_000, alwaysAbove: 5000 }),
    ])
    rig.feed(...reads(monday + 2 * hour, 1, second, 100), ...reads(start, 5, 10 * second))
    expect(rig.detections[0]).toMatchObject({ span: { until: start + 40 * second } })
    expect(rig.detections[0]!.span!.since).toBeGreaterThan(start - minute)
  })

  test('without what came long before and is less than a twentieth', () => {
    const rig = createRig([fixed({ windows: [hour], atLeast: 20_000 })])
    rig.feed(...reads(start, 2, second, 400), ...reads(start + 40 * minute, 20, 2 * second))
    expect(rig.detections[0]?.summary).toMatch(/^20,\d+ within [2-6] min$/)
  })

  test('of different values from the pane on in which the first of them was seen last', () => {
    const users = fixed({
      measure: distinct('distinct(user)', ({ user }) => user),
      entityOf: () => ({ type: 'org', id: 'o' }),
      atLeast: 3,
      alert: { repeat: day, keepOpen: hour, summary: '{{observed}} {{within}}: {{users}}' },
    })
    const rig = createRig([users])
    const of = (user: string, time: number) => makeActivity({ time, user, id: `${user}-${time}` })
    rig.feed(of('u1', start), of('u2', start + minute), of('u3', start + 2 * minute))
    expect(rig.detections[0]?.summary).toBe('3 within 2 h: u1, u2 and u3')
    expect(rig.detections[0]?.explanation[0]).toEqual({ label: 'Users', value: 'u1, u2, u3' })
  })

  test('with all who did something new, those before it was remarkable too, and how many more there are', () => {
    const users = makeDetector({
      measure: distinct('distinct(user)', ({ user }) => user),
      entityOf: () => ({ type: 'org', id: 'o' }),
      countsNews: true,
      atLeast: 4,
      alwaysAbove: 4,
      alert: { repeat: day, keepOpen: hour, summary: '{{users}}' },
    })
    const of = (user: string, time: number) => makeActivity({ time, user, id: `${user}-${time}` })
    const names = Array.from({ length: 26 }, (_, i) => `u${i + 1}`)
    const [rig, blind] = [createRig([users]), createRig([{ ...users, countsNews: false }])]
    for (const each of [rig, blind]) each.feed(...names.map((user, i) => of(user, start + i * second)))
    const told = (each: typeof rig) =>
      each.detections.map(({ summary, explanation }) => [summary, explanation[0]?.value])
    expect(told(rig)[0]).toEqual(['u1, u2, u3 and 1 more', 'u1, u2, u3, u4'])
    expect(told(rig)[2]?.[1]).toMatch(/^u1, .*, u16$/)
    expect(told(blind)[0]).toEqual(['u4 and 3 more', 'u4 and 3 more'])
  })

  test('and stays what it was when something else raises the level later', () => {
    const raised = {
      id: 'e',
      matches: ({ action }: { action: string }) => action === 'login',
      within: day,
      after: true,
      level: 'critical' as const,
      because: 'then a login',
      names: null,
    }
    const rig = createRig([fixed({ escalations: [raised], wants: ({ rows }) => rows > 0 })])
    rig.feed(...reads(start, 10, minute), makeActivity({ time: start + 5 * hour, action: 'login', id: 'l' }))
    expect(rig.detections.map(({ level, summary }) => [level, summary])).toEqual([
      ['medium', '10,000 within 9 min'],
      ['critical', '10,000 within 9 min; then a login'],
    ])
  })

  test('the same after a restart at any record', () => {
    const records = [...reads(start, 12, 5 * minute), ...reads(start + 20 * hour, 12, minute)]
    const whole = createRig([fixed()])
    whole.feed(...records)
    for (let at = 1; at < records.length; at++) {
      const rig = createRig([fixed()])
      rig.feed(...records.slice(0, at))
      rig.restart()
      rig.feed(...records.slice(at))
      expect(rig.messages).toEqual(whole.messages)
    }
  })
})
