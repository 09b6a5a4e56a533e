import type { Alert } from './alerting/alert.ts'
import { type AlertBoard, createAlertBoard } from './alerting/alert-board.ts'
import { createAlertingTask } from './alerting/alerting-task.ts'
import type { Clock } from './clock.ts'
import type { Decoded } from './detection/activity/activity.ts'
import { decodeEvent, type EventRecord } from './detection/activity/decode.ts'
import type { DetectorSet } from './detection/definition/detector.ts'
import { createDetectionTask } from './detection/detection-task.ts'
import { hasCode } from './errors.ts'
import type { LogRecord, NewRecord } from './log/log.ts'
import type { Logger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import type { Output, PartitionTask } from './stream/task.ts'
import { version } from './version.ts'

export type ReplayOptions = {
  readonly detectors: DetectorSet
  /** IANA time zone of an org, by its name; undefined: the one that the org tells among the records, else UTC. */
  readonly timeZoneOf: (org: string) => string | undefined
  /** An alert is new or has changed: the alert as it is then, and as it was. */
  readonly onAlert: (alert: Alert, previous: Alert | undefined) => void
  /** Sees every record before the detectors do. */
  readonly onRecord?: (decoded: Decoded) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** `malformed`: why the event cannot be understood. */
export type Fed = { readonly kind: 'processed' } | { readonly kind: 'malformed'; readonly reason: string }

/** Events in, alerts out, by event time alone. */
export interface Replay {
  /** Takes one record of topic `events`; its value is a CometD message as Salesforce sends it, as JSON. */
  feed(record: EventRecord): Fed
}

/**
 * The tasks of the detect and alert stages, one feeding the other, without log, store and notifications: what the service
 * would have found in these events.
 */
export function createReplay(options: ReplayOptions): Replay {
  const { detectors, timeZoneOf, onAlert, onRecord = () => undefined, clock, logger } = options
  const detection = createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => detectors,
    orgSettings: (name) => ({ timeZone: timeZoneOf(name) }),
    topics: { detections: 'detections' },
    decode(record) {
      const decoded = decodeEvent(record)
      onRecord(decoded)
      return decoded
    },
  })
  const alerting = createAlertingTask({
    alertsTopic: 'alerts',
    routes: () => ({ routes: [] }),
    queues: new Map(),
    board: watchAlerts(onAlert),
    ocsf: { version },
    clock,
    logger,
    metrics: createMetrics(),
  })
  const detections = new TaskFeed(alerting, 'detections', () => undefined)
  const events = new TaskFeed(detection, 'events', ({ key, value }) =>
    detections.feed({ key, value: Buffer.from(value), headers: {} }),
  )

  return {
    feed(record) {
      try {
        events.feed(record)
        return { kind: 'processed' }
      } catch (error) {
        if (!hasCode(error, 'RECORD_MALFORMED')) throw error
        return { kind: 'malformed', reason: error.message }
      }
    },
  }
}

/** Numbers records as a log would, and hands what the task emits to the next one. */
class TaskFeed {
  readonly #task: PartitionTask
  readonly #topic: string
  readonly #output: Output
  #offset = 0

  constructor(task: PartitionTask, topic: string, emit: (record: NewRecord) => void) {
    this.#task = task
    this.#topic = topic
    this.#output = { emit: (_, record) => emit(record), checkpointSoon: () => undefined }
    task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
  }

  feed({ key, value, headers, timestamp = 0 }: EventRecord): void {
    const offset = this.#offset++
    const record: LogRecord = { topic: this.#topic, partition: 0, offset, key, value, headers, timestamp }
    this.#task.process(record, this.#output)
  }
}

/** An alert board that tells of every change. */
function watchAlerts(onAlert: ReplayOptions['onAlert']): AlertBoard {
  const board = createAlertBoard()
  return {
    ...board,
    update(alert) {
      const previous = board.get(alert.id)
      board.update(alert)
      onAlert(alert, previous)
    },
  }
}
