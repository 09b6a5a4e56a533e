import { z } from 'zod'
import {
  type DetectionMessage,
  judgingModels,
  levels,
  reasons,
  verdictWords,
} from '../detection/detection.ts'
import { ForcewatchError, messageOf } from '../errors.ts'

/** ms since the epoch, within what a Date can hold. */
const time = z.number().min(0).max(8.64e15)

const org = z.object({ id: z.string().min(1), name: z.string() })

const detector = z.object({
  id: z.string().min(1),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  falsepositives: z.array(z.string()),
  runbook: z.string(),
  status: z.enum(['stable', 'experimental']),
  set: z.string(),
  repeat: z.number().nonnegative(),
  keepOpen: z.number().positive(),
  partOf: z.union([z.literal('any'), z.array(z.string())]).exactOptional(),
})

const statistics = z.object({
  model: z.enum(judgingModels),
  expected: z.number(),
  low: z.number(),
  high: z.number(),
  ratio: z.number(),
  log10pModel: z.number(),
  log10p: z.number(),
  onceIn: z.number(),
  threshold: z.number(),
  quietBudget: z.number().exactOptional(),
  entities: z.number().exactOptional(),
  peerCount: z.number().exactOptional(),
  largest: z.number().exactOptional(),
  learnable: z.number().exactOptional(),
  history: z.number(),
  peerWeight: z.number(),
  peers: z.string(),
  hourFactor: z.number(),
  parameters: z.record(z.string(), z.number()),
})

const detection = z.object({
  kind: z.literal('detection'),
  id: z.string().min(1),
  episode: z.string().min(1),
  sequence: z.int().nonnegative(),
  org,
  detector,
  entity: z.object({ type: z.string(), id: z.string(), name: z.string().exactOptional() }),
  level: z.enum(levels),
  time,
  window: z.object({ length: z.number(), start: time, end: time }),
  measure: z.object({ expression: z.string(), unit: z.string() }),
  observed: z.number(),
  span: z.object({ since: time, until: time }).exactOptional(),
  statistics: statistics.nullable(),
  limit: z.number().exactOptional(),
  reason: z.enum(reasons),
  summary: z.string(),
  explanation: z.array(z.object({ label: z.string(), value: z.string() })),
  trigger: z.object({
    id: z.string(),
    type: z.string(),
    time,
    fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  samples: z.array(z.string()),
  contributors: z.array(z.object({ field: z.string(), value: z.string(), share: z.number() })),
  backfill: z.boolean(),
})

const progress = z.object({ kind: z.literal('progress'), org, time })

const verdict = z.object({
  kind: z.literal('verdict'),
  id: z.string().min(1),
  org,
  alert: z.string().min(1),
  detector: z.string(),
  entity: z.object({ type: z.string(), id: z.string() }),
  episodes: z.array(z.string()),
  word: z.enum(verdictWords),
  time,
  by: z.string().nullable(),
  note: z.string().nullable(),
})

const schema = z.discriminatedUnion('kind', [detection, progress, verdict])

/** The value of a record of topic `detections`. @throws RECORD_MALFORMED */
export function parseDetectionMessage(value: Buffer): DetectionMessage {
  const result = schema.safeParse(parseJson(value))
  if (result.success) return result.data
  throw new ForcewatchError(
    'RECORD_MALFORMED',
    `not a detection message: ${z.prettifyError(result.error).replaceAll('\n', ' ')}`,
  )
}

function parseJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString())
  } catch (error) {
    throw new ForcewatchError('RECORD_MALFORMED', `not JSON: ${messageOf(error)}`)
  }
}
