import { randomUUID } from 'node:crypto'
import type { Alert } from '../alerting/alert.ts'
import type { Detection } from '../detection/detection.ts'
import { hour } from '../duration.ts'

/** An alert that says of itself that it is a test. Its id is new each time, so that no receiver takes it for a repetition. */
export function createTestAlert(now: number): Alert {
  const id = `doctor-${randomUUID()}`
  const detection = createDetection(id, now)
  return {
    id,
    status: 'open',
    level: 'informational',
    openedAt: now,
    lastSeenAt: now,
    count: 1,
    peak: detection,
    latest: detection,
    history: [{ time: now, event: 'opened', detail: 'by forcewatch doctor' }],
  }
}

function createDetection(id: string, now: number): Detection {
  return {
    kind: 'detection',
    id,
    episode: id,
    sequence: 0,
    org: { id: '00D000000000000AAA', name: 'test' },
    detector: {
      id: 'doctor',
      title: 'Test message of forcewatch doctor',
      description: 'Somebody checks whether this receiver can be reached. Nothing has happened.',
      tags: [],
      falsepositives: [],
      runbook: '1. Nothing needs to be done.',
      status: 'stable',
      set: 'doctor',
      repeat: hour,
      keepOpen: hour,
    },
    entity: { type: 'org', id: '00D000000000000AAA', name: 'test' },
    level: 'informational',
    time: now,
    window: { length: hour, start: now - hour, end: now },
    measure: { expression: 'count', unit: 'tests' },
    observed: 1,
    statistics: null,
    reason: 'event',
    summary: 'This is a test message of forcewatch doctor: nothing has happened',
    explanation: [],
    trigger: { id, type: 'Test', time: now, fields: {} },
    samples: [],
    contributors: [],
    backfill: false,
  }
}
