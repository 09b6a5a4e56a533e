import { pino } from 'pino'
import type { AlertBoard } from '../../src/alerting/alert-board.ts'
import { createAlertBoard } from '../../src/alerting/alert-board.ts'
import { createAlertingTask } from '../../src/alerting/alerting-task.ts'
import { createDeliveryQueues } from '../../src/alerting/delivery-queue.ts'
import type { RoutingOptions } from '../../src/alerting/routes.ts'
import { createManualClock, type ManualClock } from '../../src/clock.ts'
import type { DetectionMessage } from '../../src/detection/detection.ts'
import type { NewRecord } from '../../src/log/log.ts'
import { createMetrics, type Metrics } from '../../src/metrics.ts'
import type { Delivery, Notification, Notifier } from '../../src/notify/notifier.ts'
import type { StateKey } from '../../src/store/state-store.ts'
import type { PartitionTask } from '../../src/stream/task.ts'
import { startTime } from './make-detection.ts'

/** A receiver in memory: answers as told, remembers what it was asked and when. */
export interface FakeNotifier extends Notifier {
  readonly asked: { readonly notification: Notification; readonly time: number }[]
  /** `cause` of each notification asked for, in order. */
  readonly causes: () => string[]
  /** The answer from now on. */
  answer: (notification: Notification, signal: AbortSignal) => Delivery | Promise<Delivery>
}

export const accept = (): Delivery => ({ kind: 'accepted' })

export function createFakeNotifier(clock: ManualClock, receiver: string, spacing = 0): FakeNotifier {
  const asked: FakeNotifier['asked'] = []
  return {
    receiver,
    spacing,
    asked,
    causes: () => asked.map(({ notification }) => notification.cause),
    answer: accept,
    async deliver(notification, signal) {
      asked.push({ notification, time: clock.now() })
      return this.answer(notification, signal)
    },
  }
}

/** What the store keeps between two lives of a task. */
export type Stored = Map<string, Map<string, Buffer>>

export type Harness = {
  readonly task: PartitionTask
  readonly board: AlertBoard
  readonly metrics: Metrics
  readonly emitted: { readonly topic: string; readonly record: NewRecord }[]
  readonly stored: Stored
  /** Entries that the engine was asked to remove at once; it does so in the background, so a crash may come first. */
  readonly removedNow: readonly StateKey[]
  readonly checkpointsAsked: () => number
  process(message: DetectionMessage): void
  /** Saves the changes, as the engine does, and lets deliveries that are due run. */
  checkpoint(): Promise<void>
}

export type HarnessOptions = {
  readonly notifiers: readonly Notifier[]
  readonly clock?: ManualClock
  readonly routing?: RoutingOptions
  readonly stored?: Stored
  readonly maxAge?: number
}

/** An alerting task with the engine's part played by hand. */
export function createHarness(options: HarnessOptions): Harness {
  const { notifiers, clock = createManualClock(startTime), stored = new Map(), maxAge } = options
  const metrics = createMetrics()
  const logger = pino({ level: 'silent' })
  const board = createAlertBoard()
  const age = maxAge === undefined ? {} : { maxAge }
  const random = () => 0
  const receivers = notifiers.map(({ receiver }) => receiver)
  const task = createAlertingTask({
    alertsTopic: 'alerts',
    routes: () => options.routing ?? { routes: [{ receivers }] },
    queues: createDeliveryQueues(notifiers, { clock, logger, metrics, random, ...age }),
    board,
    ocsf: { version: '0.1.0' },
    clock,
    logger,
    metrics,
    ...age,
  })
  for (const state of task.states) {
    for (const [key, value] of stored.get(state.section) ?? []) state.restore(key, value)
  }
  let checkpointsAsked = 0
  const removedNow: StateKey[] = []
  let offset = 0
  const emitted: Harness['emitted'] = []
  task.restored?.({
    requestCheckpoint: () => {
      checkpointsAsked++
    },
    removeNow: (entry) => removedNow.push(entry),
  })
  return {
    task,
    board,
    metrics,
    emitted,
    stored,
    checkpointsAsked: () => checkpointsAsked,
    removedNow,
    process(message) {
      const value = Buffer.from(JSON.stringify(message))
      const record = {
        topic: 'detections',
        partition: 0,
        offset: offset++,
        key: message.org.id,
        value,
        headers: {},
        timestamp: clock.now(),
      }
      task.process(record, {
        emit: (topic, record) => emitted.push({ topic, record }),
        checkpointSoon: () => {
          checkpointsAsked++
        },
      })
    },
    async checkpoint() {
      save(task, stored)
      task.checkpointed?.()
      await settle()
    },
  }
}

/** Lets everything run that waits for nothing but a promise. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Moves the clock in steps, so that deliveries run in between as they would. */
export async function pass(clock: ManualClock, ms: number, steps = 20): Promise<void> {
  for (let i = 0; i < steps; i++) {
    clock.advance(ms / steps)
    await settle()
  }
}

function save(task: PartitionTask, stored: Stored): void {
  for (const state of task.states) {
    const section = stored.get(state.section) ?? new Map<string, Buffer>()
    stored.set(state.section, section)
    const { puts, deletes } = state.takeChanges()
    for (const { key, value } of puts) section.set(key, value)
    for (const key of deletes) section.delete(key)
  }
}
