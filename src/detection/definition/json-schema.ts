import { z } from 'zod'
import { definitionSchema } from './definition-schema.ts'

/** The JSON Schema of a detector file, for completion in editors, as the text of `detectors/detector.schema.json`. */
export function createDetectorJsonSchema(): string {
  const generated = z.toJSONSchema(definitionSchema, { io: 'input', target: 'draft-7' })
  return `${JSON.stringify({ title: 'Forcewatch detector', ...generated }, null, 2)}\n`
}
