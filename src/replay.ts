import type { Alert } from './alerting/alert.ts'
import { createAlertBoard } from './alerting/alert-board.ts'
import { createAlertingTask } from './alerting/alerting-task.ts'
import type { Clock } from './clock.ts'
import { decodeEvent } from './detection/activity/decode.ts'
import type { DetectorSet } from './detection/definition/detector.ts'
import { compareLevels, type OrgRef } from './detection/detection.ts'
import { createDetectionTask } from './detection/detection-task.ts'
import { hasCode } from './errors.ts'
import type { LogRecord, NewRecord } from './log/log.ts'
import type { Logger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import type { Output, PartitionTask } from './stream/task.ts'
import { version } from './version.ts'

export type ReplayOptions = {
  readonly detectors: DetectorSet
  readonly org: OrgRef
  /** IANA time zone of the org. */
  readonly timeZone: string
  /** An alert was opened, or its level rose: the alert as it is then. */
  readonly onAlert: (alert: Alert) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** `malformed`: why the event cannot be understood. */
export type Fed = { readonly kind: 'processed' } | { readonly kind: 'malformed'; readonly reason: string }

/** Events in, alerts out, by event time alone. */
export interface Replay {
  /** Takes one CometD message as Salesforce sends it, as JSON. */
  feed(message: Buffer): Fed
}

/**
 * The tasks of the detect and alert stages, one feeding the other, without log, store and notifications: what the service
 * would have found in these events.
 */
export function createReplay(options: ReplayOptions): Replay {
  const { detectors, org, timeZone, clock, logger } = options
  const metrics = createMetrics()
  const detection = createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => detectors,
    orgSettings: () => ({ timeZone }),
    topics: { detections: 'detections' },
    decode: decodeEvent,
  })
  const alerting = createAlertingTask({
    alertsTopic: 'alerts',
    routes: () => ({ routes: [] }),
    queues: new Map(),
    board: watchAlerts(options.onAlert),
    ocsf: { version },
    clock,
    logger,
    metrics,
  })
  const detections = new TaskFeed(alerting, 'detections', {}, () => undefined)
  const events = new TaskFeed(detection, 'events', { org: org.name, origin: 'stream' }, (record) =>
    detections.feed(record),
  )

  return {
    feed(message) {
      try {
        events.feed({ key: org.id, value: message })
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
  readonly #headers: LogRecord['headers']
  readonly #output: Output
  #offset = 0

  constructor(
    task: PartitionTask,
    topic: string,
    headers: LogRecord['headers'],
    emit: (record: NewRecord) => void,
  ) {
    this.#task = task
    this.#topic = topic
    this.#headers = headers
    this.#output = { emit: (_, record) => emit(record), checkpointSoon: () => undefined }
    task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
  }

  feed({ key, value }: NewRecord): void {
    const record: LogRecord = {
      topic: this.#topic,
      partition: 0,
      offset: this.#offset++,
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: this.#headers,
      timestamp: 0,
    }
    this.#task.process(record, this.#output)
  }
}

/** An alert board that tells when an alert is new or its level is higher than before. */
function watchAlerts(onAlert: (alert: Alert) => void) {
  const board = createAlertBoard()
  return {
    ...board,
    update(alert: Alert) {
      const previous = board.get(alert.id)
      board.update(alert)
      if (!previous || compareLevels(alert.level, previous.level) > 0) onAlert(alert)
    },
  }
}
