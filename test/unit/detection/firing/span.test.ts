import { describe, expect, test } from 'vitest'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import { createRig, makeActivity, makeDetector, monday, rowsRead } from '../statistics-rig.ts'

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
