import { type Problem, parseWith, parseYamlSource } from '../yaml-source.ts'
import { type Definition, definitionSchema } from './definition-schema.ts'

export type ParsedDetector =
  | { readonly kind: 'ok'; readonly definition: Definition }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/** Reads the text of one detector file: the definition, or everything that is wrong with it, with places. Never throws. */
export function parseDetector(file: string, text: string): ParsedDetector {
  const source = parseYamlSource(file, text)
  if (source.problems.length > 0) return { kind: 'invalid', problems: source.problems }
  const parsed = parseWith(source, definitionSchema)
  if (parsed.kind === 'invalid') return parsed
  const expected = fileStem(file)
  if (parsed.value.id === expected) return { kind: 'ok', definition: parsed.value }
  const message = `must be the name of the file — write ${expected}, or rename the file to ${parsed.value.id}.yaml`
  return { kind: 'invalid', problems: [source.problemAt(['id'], message)] }
}

function fileStem(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '')
}
