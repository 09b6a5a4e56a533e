import type { Action, Activity } from '../../../src/detection/activity/activity.ts'
import type { DetectorSet } from '../../../src/detection/definition/detector.ts'
import type { Detection, DetectionMessage } from '../../../src/detection/detection.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import type { LogRecord } from '../../../src/log/log.ts'

const org = { id: '00Dbench0000000AAA', name: 'bench' }

/** What of an activity the population decides. */
export type Happening = {
  readonly time: number
  readonly action: Action
  readonly user: string
  readonly rows?: number
  readonly fields?: Readonly<Record<string, string>>
}

/** The real detection task, and a way to hand it activities past JSON; every detection goes to `onDetection`. */
export function createActivityTask(detectors: DetectorSet, onDetection: (detection: Detection) => void) {
  let next: Activity
  const task = createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => detectors,
    orgSettings: () => ({ timeZone: 'UTC' }),
    topics: { detections: 'detections' },
    decode: () => next,
  })
  const output = {
    emit(_topic: string, { value }: { readonly value: Buffer | string }) {
      const message = JSON.parse(value.toString()) as DetectionMessage
      if (message.kind === 'detection') onDetection(message)
    },
    checkpointSoon: () => undefined,
  }
  task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
  const feed = (happening: Happening): void => {
    next = toActivity(happening)
    task.process(emptyRecord, output)
  }
  return { task, feed }
}

/** The way alone. */
export function createActivityFeed(
  detectors: DetectorSet,
  onDetection: (detection: Detection) => void,
): (happening: Happening) => void {
  return createActivityTask(detectors, onDetection).feed
}

/** The record of every activity. */
export const emptyRecord: LogRecord = {
  topic: 'events',
  partition: 0,
  offset: 0,
  key: org.id,
  value: Buffer.alloc(0),
  headers: {},
  timestamp: 0,
}

const noFields = {}

function toActivity({ time, action, user, rows = 0, fields = noFields }: Happening): Activity {
  return {
    org,
    type: 'BenchEvent',
    identity: null,
    id: null,
    time,
    action,
    outcome: null,
    user,
    username: null,
    actor: null,
    ip: null,
    network: null,
    session: null,
    login: null,
    app: null,
    client: null,
    api: null,
    rows,
    bytes: 0,
    objects: [],
    query: null,
    probe: false,
    firsts: 0,
    backfill: false,
    raw: fields,
    person: null,
    personOf: null,
  } as Activity
}
