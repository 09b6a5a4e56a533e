import { describe, expect, test } from 'vitest'
import type { Detector } from '../../../../src/detection/definition/detector.ts'
import { day, hour, minute, second } from '../../../../src/duration.ts'
import { createRig, makeActivity, makeDetector, monday, rowsRead } from '../statistics-rig.ts'

/** Ten calls within ten minutes are a weak sign; so are three of a report. */
const weak = (
  id: string,
  action: 'api-query' | 'report-run',
  changes: Parameters<typeof makeDetector>[0] = {},
) =>
  makeDetector({
    id,
    title: `Many ${id}`,
    measureHash: id,
    model: 'none',
    atLeast: 3,
    alwaysAbove: 3,
    windows: [10 * minute],
    wants: (activity) => activity.action === action,
    ...changes,
  })

const found3 = '3 API calls within 2 s; 3 API calls or more are always reported'

const risk = (changes: Parameters<typeof makeDetector>[0] = {}) =>
  makeDetector({
    id: 'entity-risk',
    measureHash: 'risk',
    model: 'decay',
    atLeast: 30,
    windows: [7 * day],
    watchesDetections: true,
    countsNews: false,
    levelFor: () => 'high',
    measure: {
      expression: 'sum(risk)',
      kind: 'sum',
      fields: [],
      amountOf: ({ raw }) => Number(raw.risk),
      valueOf: () => null,
      unit: 'risk points',
    },
    ...changes,
  })

const acts = (action: 'api-query' | 'report-run', from: number, user = 'u1') =>
  [0, 1, 2].map((i) => makeActivity({ time: from + i * second, action, user, id: `${action}-${from}-${i}` }))

const set = (): Detector[] => [weak('calls', 'api-query'), weak('reports', 'report-run'), risk()]

describe('detections that come back', () => {
  test('of two detectors about one user add up to an alert that names both', () => {
    const rig = createRig(set())
    rig.feed(...acts('api-query', monday), ...acts('report-run', monday + hour, 'u2'))
    rig.feed(...acts('report-run', monday + 2 * hour))
    const found = rig.detections.filter(({ detector }) => detector.id === 'entity-risk')
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ entity: { type: 'user', id: 'u1' }, level: 'high', reason: 'ceiling' })
    expect(found[0]?.observed).toBeCloseTo(40, 0)
    expect(found[0]?.trigger.fields.detectors).toBe('reports, calls')
    expect(found[0]?.explanation[0]).toEqual({
      label: 'Parts',
      value: `reports 20 (now): ${found3}; calls 20 (2 h before): ${found3}`,
    })
    expect(found[0]?.trigger.fields.signs).toBe('Many reports (now), Many calls (2 h before)')
    expect(found[0]?.contributors.map(({ field, value }) => `${field} ${value}`)).toEqual(
      expect.arrayContaining(['detector calls', 'detector reports']),
    )
  })

  test('are told by as many parts of their sentences as there is room for', () => {
    const told = (summary: string) => {
      const long = weak('calls', 'api-query', { alert: { repeat: day, keepOpen: hour, summary } })
      const rig = createRig([long, weak('reports', 'report-run'), risk()])
      rig.feed(...acts('api-query', monday), ...acts('report-run', monday + hour))
      return String(rig.detections.at(-1)?.explanation[0]?.value).replace(/^.*before\): /, '')
    }
    expect(told(`u1: ${'a'.repeat(100)}; ${'b'.repeat(100)}`)).toBe('a'.repeat(100))
    expect(told('c'.repeat(300))).toBe(`${'c'.repeat(160)}…`)
  })

  test('fade: after a half-life the first one weighs half', () => {
    const rig = createRig([weak('calls', 'api-query'), weak('reports', 'report-run'), risk({ atLeast: 29 })])
    rig.feed(...acts('api-query', monday), ...acts('report-run', monday + 14 * day))
    const [found] = rig.detections.filter(({ detector }) => detector.id === 'entity-risk')
    expect(found?.observed).toBeCloseTo(30, 1)
  })

  test('of one detector count once, however often it fires', () => {
    const rig = createRig(set())
    for (let time = monday; time < monday + 5 * day; time += hour) rig.feed(...acts('api-query', time))
    expect(rig.detections.some(({ detector }) => detector.id === 'entity-risk')).toBe(false)
  })

  test('of detectors that added up the same at the same time count once, by the most of them', () => {
    const records = weak('rows', 'api-query', { measure: rowsRead, alwaysAbove: 3000, atLeast: 3000 })
    const atNight = { ...records, id: 'rows-at-night', measureHash: 'rows-at-night', riskOf: () => 25 }
    const rig = createRig([records, atNight, weak('calls', 'api-query'), risk()])
    const reads = acts('api-query', monday).map((read) => ({ ...read, rows: 1000 }))
    rig.feed(...reads)
    const found = rig.detections.filter(({ detector }) => detector.id === 'entity-risk')
    expect(found.at(-1)?.observed).toBeCloseTo(45, 0)
    expect(found.at(-1)?.trigger.fields.detectors).toBe('rows-at-night, calls')
  })

  test('of detectors that added up the same one after the other add up', () => {
    const records = weak('rows', 'api-query', { measure: rowsRead, alwaysAbove: 3000, atLeast: 3000 })
    const exports = weak('exported', 'report-run', { measure: rowsRead, alwaysAbove: 3000, atLeast: 3000 })
    const rig = createRig([records, exports, risk()])
    const reads = [...acts('api-query', monday), ...acts('report-run', monday + hour)]
    rig.feed(...reads.map((read) => ({ ...read, rows: 1000 })))
    expect(rig.detections.at(-1)).toMatchObject({ detector: { id: 'entity-risk' } })
  })

  test('of experimental detectors, and of those that watch detections, do not come back', () => {
    const experimental = weak('reports', 'report-run', { status: 'experimental' })
    const other = risk({ id: 'other-risk', measureHash: 'other', atLeast: 20 })
    const rig = createRig([weak('calls', 'api-query'), experimental, other, risk()])
    rig.feed(...acts('api-query', monday), ...acts('report-run', monday + minute))
    expect(rig.detections.map(({ detector }) => detector.id)).toEqual(['calls', 'other-risk', 'reports'])
  })

  test('lead to the same after a restart at any record', () => {
    const records = [
      ...acts('api-query', monday),
      ...acts('report-run', monday + 30 * hour),
      ...acts('api-query', monday + 40 * hour),
      ...acts('report-run', monday + 50 * hour),
    ]
    const whole = createRig(set())
    whole.feed(...records)
    expect(whole.detections.some(({ detector }) => detector.id === 'entity-risk')).toBe(true)
    for (let at = 1; at < records.length; at++) {
      const rig = createRig(set())
      rig.feed(...records.slice(0, at))
      rig.restart()
      rig.feed(...records.slice(at))
      expect(rig.messages).toEqual(whole.messages)
    }
  })
})
