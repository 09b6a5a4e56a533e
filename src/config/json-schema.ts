import { z } from 'zod'
import { createConfigSchema } from './schema.ts'

/** The configuration file's JSON Schema, for completion in editors, as the text of `forcewatch.schema.json`. */
export function createConfigJsonSchema(): string {
  const schema = createConfigSchema({ folder: '.', secretSeen: () => undefined })
  const generated = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline' })
  return `${JSON.stringify({ title: 'Forcewatch configuration', ...generated }, null, 2)}\n`
}
