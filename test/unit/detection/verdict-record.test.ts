import { describe, expect, test } from 'vitest'
import { toVerdictRecord } from '../../../src/alerting/verdict-record.ts'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import type { DetectionMessage, Verdict } from '../../../src/detection/detection.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import { teachingOf } from '../../../src/detection/verdicts.ts'
import { day } from '../../../src/duration.ts'
import { makeAlert, makeDetection, startTime } from '../../support/make-detection.ts'

const alert = { ...makeAlert(), latest: makeDetection({ episode: 'episode-2' }) }

function recordOf(word: Verdict['word'], id = 'v1', time = startTime) {
  const { key, value, headers = {} } = toVerdictRecord(alert, { word, by: 'ann', note: null }, id, time)
  return {
    topic: 'events',
    partition: 0,
    offset: 0,
    key,
    value: Buffer.from(value),
    headers,
    timestamp: time,
  }
}

function createTask(stored: readonly { section: string; key: string; value: Buffer }[] = []) {
  const messages: DetectionMessage[] = []
  const task = createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => ({ detectors: [], hash: 'none' }),
    orgSettings: () => ({ timeZone: 'UTC' }),
    topics: { detections: 'detections' },
    decode: decodeEvent,
  })
  for (const { section, key, value } of stored)
    task.states.find((state) => state.section === section)?.restore(key, value)
  task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
  const output = {
    emit: (_: string, { value }: { value: string | Buffer }) => messages.push(JSON.parse(value.toString())),
    checkpointSoon: () => undefined,
  }
  return {
    messages,
    give: (record: ReturnType<typeof recordOf>) => task.process(record, output),
    stop: () =>
      task.states.flatMap((state) =>
        state.takeChanges().puts.map((put) => ({ section: state.section, ...put })),
      ),
  }
}

describe('a verdict in the log', () => {
  test('reaches alerting with everything that it says', () => {
    const task = createTask()
    task.give(recordOf('benign'))
    expect(task.messages).toEqual([
      {
        kind: 'verdict',
        id: 'v1',
        org: alert.latest.org,
        alert: alert.id,
        detector: 'bulk-export',
        entity: { type: 'user', id: '005xx000001SvcAAA' },
        episodes: ['episode-1', 'episode-2'],
        word: 'benign',
        time: startTime,
        by: 'ann',
        note: null,
      },
    ])
  })

  test('counts once, also after a restart, and gives way to a later one only', () => {
    const task = createTask()
    task.give(recordOf('benign'))
    task.give(recordOf('benign'))
    const restarted = createTask(task.stop())
    restarted.give(recordOf('benign'))
    restarted.give(recordOf('test', 'v0', startTime - 1))
    expect(task.messages).toHaveLength(1)
    expect(restarted.messages).toEqual([])
    restarted.give(recordOf('true_positive', 'v2', startTime + day))
    expect(restarted.messages).toMatchObject([{ id: 'v2', word: 'true_positive' }])
  })

  test('moves no event time: no progress is told', () => {
    const task = createTask()
    task.give(recordOf('expected'))
    expect(task.messages.map(({ kind }) => kind)).toEqual(['verdict'])
  })

  test('without one of its parts is malformed', () => {
    const value = JSON.stringify({ channel: '/forcewatch/verdict', data: { payload: { Verdict: 'guilty' } } })
    const record = { ...recordOf('test'), value: Buffer.from(value) }
    expect(() => decodeEvent(record)).toThrow(expect.objectContaining({ code: 'RECORD_MALFORMED' }))
  })

  test('teaches what is harmless, takes back what was an attack, and makes nothing of a test or a duplicate', () => {
    const words = ['true_positive', 'false_positive', 'benign', 'expected', 'duplicate', 'test'] as const
    expect(words.map(teachingOf)).toEqual(['true_positive', 'expected', 'expected', 'expected', null, null])
  })
})
