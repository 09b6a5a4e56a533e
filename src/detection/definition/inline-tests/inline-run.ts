import type { LogRecord } from '../../../log/log.ts'
import type { KeyedChange } from '../../../stream/keyed-state.ts'
import type { Output, PartitionTask } from '../../../stream/task.ts'
import { decodeMessage } from '../../activity/decode.ts'
import { appChannel, directoryChannel, orgChannel } from '../../activity/decode-directory.ts'
import type { Detection, DetectionMessage } from '../../detection.ts'
import { createDetectionTask, type DetectionTaskOptions } from '../../detection-task.ts'
import type { Detector } from '../detector.ts'
import type { GivenEvent } from './given-events.ts'

/** The org that the events of inline tests belong to; the entity of detectors that watch a whole org. */
export const testOrg = { id: '00Dxx0000000000EAA', name: 'test' } as const

/** What a stopped task leaves behind: bytes by section and key. */
type Stored = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

const nothingStored: ReadonlyMap<string, Buffer> = new Map()

/** One detector on the real engine in memory, in UTC. It can be stopped at any event, and another one go on from there. */
export class InlineRun {
  readonly #task: PartitionTask
  readonly #detections: Detection[]
  readonly #output: Output
  #stored: Stored
  /** What the record at hand stands for: its value is never written out. */
  #message: unknown
  #offset: number

  private constructor(detector: Detector, stopped?: Stop) {
    this.#offset = stopped?.offset ?? 0
    this.#stored = stopped?.stored ?? new Map()
    this.#detections = [...(stopped?.detections ?? [])]
    this.#output = {
      emit: (_topic, { value }) => {
        const text = value.toString()
        // Most messages only say how far time has come.
        if (text.startsWith(progressStart)) return
        const message = JSON.parse(text) as DetectionMessage
        if (message.kind === 'detection') this.#detections.push(message)
      },
      checkpointSoon: () => undefined,
    }
    this.#task = createTask(detector, (record) => decodeMessage(this.#message, record))
    restore(this.#task, this.#stored)
    this.#task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
  }

  static start(detector: Detector): InlineRun {
    return new InlineRun(detector)
  }

  /** Goes on where another run was stopped, with nothing but what it had stored. */
  static resume(detector: Detector, stop: Stop): InlineRun {
    return new InlineRun(detector, stop)
  }

  /** Every detection so far, in order, those before a stop included. */
  get detections(): readonly Detection[] {
    return this.#detections
  }

  feed(events: readonly GivenEvent[]): this {
    for (const event of events) {
      const offset = this.#offset++
      this.#message = toMessage(event, offset)
      this.#task.process({ ...envelope, offset, timestamp: event.time }, this.#output)
    }
    return this
  }

  /** What another run can go on from. This one may go on too, as if nothing had been. */
  stop(): Stop {
    this.#stored = new Map(
      this.#task.states.map((state) => [
        state.section,
        save(this.#stored.get(state.section) ?? nothingStored, state.takeChanges()),
      ]),
    )
    return { offset: this.#offset, detections: [...this.#detections], stored: this.#stored }
  }
}

const progressStart = '{"kind":"progress"'

/** Where a run was stopped. */
export type Stop = {
  readonly offset: number
  readonly detections: readonly Detection[]
  readonly stored: Stored
}

function createTask(detector: Detector, decode: DetectionTaskOptions['decode']): PartitionTask {
  const set = { detectors: [detector], hash: 'inline-test' }
  return createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => set,
    orgSettings: () => ({ timeZone: 'UTC' }),
    topics: { detections: 'detections' },
    decode,
  })
}

/** A store hands its entries out in the order of their keys. */
function save(before: ReadonlyMap<string, Buffer>, { puts, deletes }: KeyedChange): Map<string, Buffer> {
  const entries = new Map(before)
  for (const { key, value } of puts) entries.set(key, value)
  for (const key of deletes) entries.delete(key)
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function restore(task: PartitionTask, stored: Stored): void {
  for (const state of task.states) {
    for (const [key, bytes] of stored.get(state.section) ?? []) state.restore(key, bytes)
  }
}

const envelope = {
  topic: 'events',
  partition: 0,
  key: testOrg.id,
  value: Buffer.alloc(0),
  headers: { org: testOrg.name, origin: 'stream' },
} as const satisfies Partial<LogRecord>

/** What is no event but told by the directory. */
const toldChannels: Readonly<Record<string, string>> = {
  directory: directoryChannel,
  org: orgChannel,
  app: appChannel,
}

/** As Salesforce would send it. */
function toMessage({ type, payload }: GivenEvent, offset: number): unknown {
  const event = { replayId: offset, EventUuid: `test-${offset}`, EventApiName: type }
  const channel = toldChannels[type] ?? `/event/${type}`
  return { channel, data: { schema: 'test', payload, event } }
}
