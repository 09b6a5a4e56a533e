import type { Alert } from '../../../src/alerting/alert.ts'
import { createAlertBoard } from '../../../src/alerting/alert-board.ts'
import { createAlertingTask } from '../../../src/alerting/alerting-task.ts'
import { systemClock } from '../../../src/clock.ts'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import type { DetectorSet } from '../../../src/detection/definition/detector.ts'
import { compareLevels, type Level, type OrgRef } from '../../../src/detection/detection.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import type { LogRecord, NewRecord } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import type { PartitionTask } from '../../../src/stream/task.ts'

/** An alert as it was opened, or as its level rose. */
export type Raised = {
  readonly alert: string
  readonly detector: string
  readonly entity: string
  readonly level: Level
  /** Event time, ms. */
  readonly time: number
  readonly summary: string
}

/** The states of both tasks, as their checkpoints would hold them. */
export type Snapshot = readonly [detection: SavedTask, alerting: SavedTask]
type SavedTask = ReadonlyMap<string, readonly { readonly key: string; readonly value: Buffer }[]>

export type WatchedOrgOptions = {
  readonly detectors: DetectorSet
  readonly org: OrgRef
  readonly timeZone: string
  /** Goes on from there instead of from nothing. */
  readonly from?: Snapshot
}

/** An org under watch, as the service would watch it: events in, alerts out. Experimental detectors raise none. */
export interface WatchedOrg {
  /** `uuid` must be unique among all events of the org. */
  feed(event: SimulatedEvent, uuid: string): void
  readonly raised: readonly Raised[]
  /** To be asked for once, at the end. */
  snapshot(): Snapshot
}

export function createWatchedOrg({ detectors, org, timeZone, from }: WatchedOrgOptions): WatchedOrg {
  const raised: Raised[] = []
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
    board: boardThatTells((alert) => raised.push(toRaised(alert))),
    ocsf: { version: 'bench' },
    clock: systemClock,
    logger: createLogger({ level: 'error', format: 'text' }, createSecretScrubber()),
    metrics: createMetrics(),
  })
  if (from) restore(detection, from[0])
  if (from) restore(alerting, from[1])
  raised.length = 0
  const detections = createFeed(alerting, 'detections', org, () => undefined)
  const events = createFeed(detection, 'events', org, ({ value }) => detections(value))
  return {
    feed: ({ channel, payload }, uuid) => {
      const event = {
        EventUuid: uuid,
        replayId: 1,
        EventApiName: channel.slice(channel.lastIndexOf('/') + 1),
      }
      events(JSON.stringify({ channel, data: { schema: 'bench', payload, event } }))
    },
    raised,
    snapshot: () => [save(detection), save(alerting)],
  }
}

/** Numbers records as a log would and hands what comes out to `emit`. */
function createFeed(task: PartitionTask, topic: string, org: OrgRef, emit: (record: NewRecord) => void) {
  let offset = 0
  const headers = { org: org.name, origin: 'stream' }
  const output = {
    emit: (_topic: string, record: NewRecord) => emit(record),
    checkpointSoon: () => undefined,
  }
  return (value: Buffer | string): void => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    const record: LogRecord = {
      topic,
      partition: 0,
      offset: offset++,
      key: org.id,
      value: bytes,
      headers,
      timestamp: 0,
    }
    task.process(record, output)
  }
}

/** A task that never gave its changes away has everything in them. */
function save({ states }: PartitionTask): SavedTask {
  return new Map(states.map((state) => [state.section, state.takeChanges().puts]))
}

function restore(task: PartitionTask, saved: SavedTask): void {
  for (const state of task.states)
    for (const { key, value } of saved.get(state.section) ?? []) state.restore(key, value)
  task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
}

function boardThatTells(tell: (alert: Alert) => void) {
  const board = createAlertBoard()
  return {
    ...board,
    update(alert: Alert) {
      const previous = board.get(alert.id)
      board.update(alert)
      if (alert.latest.detector.status === 'experimental') return
      if (!previous || compareLevels(alert.level, previous.level) > 0) tell(alert)
    },
  }
}

function toRaised({ id, level, latest }: Alert): Raised {
  const { detector, entity, time, summary } = latest
  return { alert: id, detector: detector.id, entity: entity.name ?? entity.id, level, time, summary }
}
