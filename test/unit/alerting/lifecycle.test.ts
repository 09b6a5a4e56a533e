import { describe, expect, it } from 'vitest'
import type { Alert } from '../../../src/alerting/alert.ts'
import {
  addHistory,
  applyDetection,
  applyTime,
  isRepeated,
  noteDetection,
  type Subject,
  subjectKey,
} from '../../../src/alerting/lifecycle.ts'
import type { Detection } from '../../../src/detection/detection.ts'
import { hour, minute } from '../../../src/duration.ts'
import { detector, makeAlert, makeDetection, startTime } from '../../support/make-detection.ts'

type Step = { at: number; detect?: Partial<Detection>; progress?: true; expect: string[] }

/** Times in minutes after the first detection; keepOpen 1 h, repeat 24 h. */
const timetables: { name: string; steps: Step[] }[] = [
  {
    name: 'opens, is updated without a word, and resolves after keepOpen of quiet',
    steps: [
      { at: 0, detect: {}, expect: ['opened'] },
      { at: 30, detect: {}, expect: ['updated'] },
      { at: 89, progress: true, expect: [] },
      { at: 90, progress: true, expect: ['resolved'] },
      { at: 91, progress: true, expect: [] },
    ],
  },
  {
    name: 'rises in level once per level and never falls',
    steps: [
      { at: 0, detect: { level: 'low' }, expect: ['opened'] },
      { at: 1, detect: { level: 'high' }, expect: ['level-rose'] },
      { at: 2, detect: { level: 'medium' }, expect: ['updated'] },
      { at: 3, detect: { level: 'high' }, expect: ['updated'] },
      { at: 4, detect: { level: 'critical' }, expect: ['level-rose'] },
    ],
  },
  {
    name: 'reopens within repeat',
    steps: [
      { at: 0, detect: {}, expect: ['opened'] },
      { at: 61, progress: true, expect: ['resolved'] },
      { at: 60 + 24 * 60, detect: {}, expect: ['reopened'] },
      { at: 60 + 25 * 60, progress: true, expect: ['resolved'] },
    ],
  },
  {
    name: 'is a new alert after repeat',
    steps: [
      { at: 0, detect: {}, expect: ['opened'] },
      { at: 61, progress: true, expect: ['resolved'] },
      { at: 61 + 24 * 60, detect: {}, expect: ['opened'] },
    ],
  },
  {
    name: 'does the same when no progress message came in between',
    steps: [
      { at: 0, detect: {}, expect: ['opened'] },
      { at: 60, detect: {}, expect: ['resolved', 'reopened'] },
      { at: 121 + 24 * 60, detect: {}, expect: ['resolved', 'opened'] },
    ],
  },
  {
    name: 'counts a late detection, and is woken up by it only when the level rises',
    steps: [
      { at: 0, detect: {}, expect: ['opened'] },
      { at: 60, progress: true, expect: ['resolved'] },
      { at: -5, detect: {}, expect: ['updated'] },
      { at: -4, detect: { level: 'critical' }, expect: ['reopened'] },
      { at: 61, progress: true, expect: ['resolved'] },
      { at: 5, detect: {}, expect: ['reopened'] },
      { at: 64, progress: true, expect: [] },
      { at: 65, progress: true, expect: ['resolved'] },
    ],
  },
  {
    name: 'is woken up by a late detection that is the first that is no backfill',
    steps: [
      { at: 0, detect: { backfill: true }, expect: ['opened'] },
      { at: 60, progress: true, expect: ['resolved'] },
      { at: -1, detect: { backfill: true }, expect: ['updated'] },
      { at: -1, detect: {}, expect: ['reopened'] },
    ],
  },
]

describe('the life of an alert', () => {
  for (const { name, steps } of timetables) {
    it(name, () => {
      let alert: Alert | undefined
      for (const [index, step] of steps.entries()) {
        const time = startTime + step.at * minute
        const changes = step.detect
          ? applyDetection(alert, makeDetection({ ...step.detect, time, sequence: index }))
          : [alert ? applyTime(alert, time) : null].filter((change) => change !== null)
        expect(
          changes.map(({ event }) => event),
          `step ${index}`,
        ).toEqual(step.expect)
        alert = changes.at(-1)?.alert ?? alert
      }
    })
  }

  it('keeps its id while it is the same alert, and gets the same id whenever the same detections come', () => {
    const first = makeAlert()
    const [, reopened] = applyDetection(first, makeDetection({ sequence: 1, time: startTime + 3 * hour }))
    const [, later] = applyDetection(first, makeDetection({ episode: 'b', time: startTime + 30 * hour }))
    expect(reopened?.alert.id).toBe(first.id)
    expect(later?.alert.id).not.toBe(first.id)
    expect(makeAlert().id).toBe(first.id)
    expect(first.id).toMatch(/^[0-9a-f]{32}$/)
  })

  it('resolves at the end of the quiet period, whenever event time is known to have passed it', () => {
    const change = applyTime(makeAlert(), startTime + 5 * hour)
    expect(change).toMatchObject({ time: startTime + hour, alert: { resolvedAt: startTime + hour } })
  })

  it('is reopened without a time of resolution', () => {
    const [, reopened] = applyDetection(
      makeAlert(),
      makeDetection({ sequence: 1, time: startTime + 2 * hour }),
    )
    expect(reopened?.alert).not.toHaveProperty('resolvedAt')
    expect(reopened?.alert).toMatchObject({ status: 'open', lastSeenAt: startTime + 2 * hour, count: 2 })
  })

  it('shows the detection with the highest level, then the largest excess, then the latest, as its peak', () => {
    const statistics = makeDetection().statistics!
    const small = makeDetection({ sequence: 1, statistics: { ...statistics, log10p: -9 }, observed: 1e7 })
    const large = makeDetection({ sequence: 2, statistics: { ...statistics, log10p: -30 }, observed: 10 })
    const critical = makeDetection({ sequence: 3, level: 'critical', statistics: null, observed: 1 })
    const again = makeDetection({ sequence: 4 })
    const peaks = [small, large, critical, again].map(
      (detection) => applyDetection(makeAlert(), detection)[0]?.alert.peak,
    )
    expect(peaks.map((peak) => peak?.sequence)).toEqual([0, 2, 3, 4])
  })

  it('keeps the latest detection and the last time in spite of late ones', () => {
    const late = makeDetection({ sequence: 1, time: startTime - minute })
    const [change] = applyDetection(makeAlert(), late)
    expect(change?.alert).toMatchObject({ lastSeenAt: startTime, latest: { sequence: 0 }, count: 2 })
  })

  it('keeps the newest 50 entries of its history and folds what did not happen again and again', () => {
    let alert = makeAlert()
    for (let i = 0; i < 200; i++)
      alert = addHistory(alert, { time: i, event: 'not-notified', detail: 'already-sent' })
    expect(alert.history.map(({ event, time }) => [event, time])).toEqual([
      ['opened', startTime],
      ['not-notified', 199],
    ])
    for (let i = 0; i < 200; i++) alert = addHistory(alert, { time: i, event: 'delivered', detail: `${i}` })
    expect(alert.history).toHaveLength(50)
    expect(alert.history.at(-1)?.detail).toBe('199')
  })
})

describe('repeated detections', () => {
  it('are known by episode and sequence', () => {
    let subject: Subject | undefined
    expect(isRepeated(subject, makeDetection())).toBe(false)
    subject = noteDetection(subject, makeDetection({ sequence: 3 }), 'a')
    const answers = [0, 3, 4].map((sequence) => isRepeated(subject, makeDetection({ sequence })))
    expect(answers).toEqual([true, true, false])
    expect(isRepeated(subject, makeDetection({ episode: 'other' }))).toBe(false)
  })

  it('are known over the newest 16 episodes', () => {
    let subject: Subject | undefined
    for (let i = 0; i < 20; i++) subject = noteDetection(subject, makeDetection({ episode: `e${i}` }), 'a')
    expect(subject?.episodes).toHaveLength(16)
    expect(isRepeated(subject, makeDetection({ episode: 'e4' }))).toBe(true)
    expect(isRepeated(subject, makeDetection({ episode: 'e3' }))).toBe(false)
  })

  it('belong to one subject only if org, detector and entity are equal', () => {
    const keys = [
      makeDetection(),
      makeDetection({ org: { id: 'other', name: 'acme' } }),
      makeDetection({ detector: { ...detector, id: 'other' } }),
      makeDetection({ entity: { type: 'ip', id: '005xx000001SvcAAA' } }),
      makeDetection({ entity: { type: 'user', id: 'other' } }),
    ].map(subjectKey)
    expect(new Set(keys).size).toBe(5)
    expect(subjectKey(makeDetection({ entity: { type: 'user', id: '005xx000001SvcAAA' } }))).toBe(keys[0])
  })
})
