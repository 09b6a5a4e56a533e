import { parseDetectionMessage } from '../../../src/alerting/detection-message.ts'
import type { Activity, Decoded } from '../../../src/detection/activity/activity.ts'
import type { Detector, Measure } from '../../../src/detection/definition/detector.ts'
import type { Detection, DetectionMessage } from '../../../src/detection/detection.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import { day, hour, minute, week } from '../../../src/duration.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import type { PartitionTask } from '../../../src/stream/task.ts'

/** A Monday, 00:00 UTC. */
export const monday = Date.parse('2026-03-02T00:00:00Z')

export const acme = { id: '00Dxx0000000001AAA', name: 'acme' }

export function makeActivity(fields: Partial<Activity> & { time: number }): Activity {
  return {
    org: acme,
    type: 'ApiEventStream',
    identity: null,
    id: null,
    action: 'api-query',
    outcome: 'success',
    user: 'u1',
    username: null,
    actor: null,
    ip: null,
    network: null,
    session: null,
    login: null,
    app: null,
    client: null,
    api: null,
    rows: 0,
    bytes: 0,
    objects: [],
    query: null,
    probe: false,
    firsts: 0,
    backfill: false,
    raw: {},
    person: null,
    personOf: null,
    ...fields,
  }
}

type DetectorOptions = Partial<Omit<Detector, 'baseline'>> & {
  model?: Detector['baseline']['model']
  peersOf?: Detector['baseline']['peersOf']
  budget?: number
  atLeast?: number
  alwaysAbove?: number
}

const apiCalls: Measure = {
  expression: 'count',
  kind: 'count',
  fields: [],
  amountOf: () => 1,
  valueOf: () => null,
  unit: 'API calls',
}

export const rowsRead: Measure = {
  expression: 'sum(rows)',
  kind: 'sum',
  fields: [],
  amountOf: ({ rows }) => rows,
  valueOf: () => null,
  unit: 'records',
}

export function distinct(expression: string, read: Measure['valueOf']): Measure {
  return { expression, kind: 'distinct', fields: [], amountOf: () => 1, valueOf: read, unit: 'values' }
}

/** Counts activities per user unless told otherwise. */
export function makeDetector(options: DetectorOptions = {}): Detector {
  const {
    model = 'counts',
    peersOf,
    measure = apiCalls,
    budget = 1 / week,
    atLeast = 1,
    alwaysAbove,
    entityOf = ({ user }) => (user === null ? null : { type: 'user', id: user }),
    ...rest
  } = options
  const detector: Detector = {
    id: 'api-volume',
    title: 'Unusual API volume',
    description: '',
    status: 'stable',
    level: 'medium',
    tags: [],
    falsepositives: [],
    runbook: '',
    measureHash: `hash-of-${model}`,
    wants: () => true,
    interestIn: (action) =>
      (action === 'detection') === detector.watchesDetections || detector.escalations.length > 0
        ? detector
        : null,
    entityType: 'user',
    entityOf,
    idOf: (activity) => entityOf(activity)?.id ?? null,
    windows: [10 * minute, hour, day],
    baseline: {
      model,
      halfLife: 14 * day,
      memory: 90 * day,
      learning: week,
      peersOf: peersOf ?? ((_, entity) => entity.type),
    },
    hits: null,
    when: 'above',
    firesFor: () => ({
      budget,
      atLeast,
      alwaysAbove: alwaysAbove ?? Number.POSITIVE_INFINITY,
    }),
    levelFor: () => 'medium',
    escalations: [],
    riskOf: () => 20,
    watchesDetections: false,
    countsNews: false,
    alert: { repeat: day, keepOpen: hour, summary: null },
    measure,
    ...rest,
  }
  return detector
}

/**
 * A detection task that is fed activities (or heartbeats, as plain times) instead of records. `timeZone`: as configured; null
 * for none.
 */
export function createRig(detectors: readonly Detector[], timeZone: string | null = 'UTC') {
  let set = { detectors, hash: 'set-1' }
  let at: Decoded | number = 0
  let offset = 0
  const messages: DetectionMessage[] = []
  const create = () =>
    createDetectionTask({
      partition: { topic: 'events', partition: 0 },
      detectors: () => set,
      orgSettings: () => ({ timeZone: timeZone ?? undefined }),
      topics: { detections: 'detections' },
      decode: () => (typeof at === 'number' ? { kind: 'heartbeat', org: acme, time: at } : at),
    })
  let task: PartitionTask = create()
  const output = {
    emit: (_: string, record: { value: Buffer | string }) => {
      // What alerting does not understand would end in the dead-letter topic, and the alert with it.
      messages.push(parseDetectionMessage(Buffer.from(record.value)))
    },
    checkpointSoon: () => undefined,
  }
  const stored = new Map<string, Map<string, Buffer>>()

  return {
    messages,
    get task() {
      return task
    },
    get detections(): Detection[] {
      return messages.filter((message) => message.kind === 'detection')
    },
    feed(...inputs: readonly (Decoded | number)[]) {
      for (const input of inputs) {
        at = input
        task.process(recordAt(offset++), output)
      }
    },
    /** How far the task says that event time has come, ms. */
    newestProgress(): number {
      return messages.findLast((message) => message.kind === 'progress')?.time ?? Number.NaN
    },
    swap(next: readonly Detector[]) {
      set = { detectors: next, hash: `${set.hash}+` }
    },
    /** Saves what changed, as a checkpoint does, and goes on with a new task that has only that. */
    restart() {
      for (const state of task.states) {
        const entries = stored.get(state.section) ?? new Map()
        stored.set(state.section, entries)
        const { puts, deletes } = state.takeChanges()
        for (const key of deletes) entries.delete(key)
        for (const { key, value } of puts) entries.set(key, value)
      }
      task = create()
      for (const state of task.states) {
        const entries = [...(stored.get(state.section) ?? [])]
        for (const [key, value] of entries.toReversed()) state.restore(key, value)
      }
      task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })
    },
  }
}

/** Deterministic numbers in [0, 1) (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Gamma with the given shape and mean 1 (Marsaglia and Tsang 2000). */
export function gamma(random: () => number, shape: number): number {
  if (shape < 1) return (gamma(random, shape + 1) * (shape + 1) * random() ** (1 / shape)) / shape
  const d = shape - 1 / 3
  for (;;) {
    const x = normal(random)
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape
  }
}

export function poisson(random: () => number, mean: number): number {
  if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}

function recordAt(offset: number): LogRecord {
  return {
    topic: 'events',
    partition: 0,
    offset,
    key: acme.id,
    value: Buffer.alloc(0),
    headers: {},
    timestamp: 0,
  }
}
