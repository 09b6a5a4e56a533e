import { type Problem, parseWith, parseYamlSource, type YamlSource } from '../../yaml-source.ts'
import { type Definition, definitionSchema } from './definition-schema.ts'

/** A detector file that is in order; `source` still knows where everything stands. */
export type DetectorFile = { readonly definition: Definition; readonly source: YamlSource }

export type ParsedDetector =
  | ({ readonly kind: 'ok' } & DetectorFile)
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/** Reads the text of one detector file: the definition, or everything that is wrong with it, with places. Never throws. */
export function parseDetector(file: string, text: string): ParsedDetector {
  const source = parseYamlSource(file, text)
  if (source.problems.length > 0) return { kind: 'invalid', problems: source.problems }
  const parsed = parseWith(source, definitionSchema)
  if (parsed.kind === 'invalid') return parsed
  const expected = fileStem(file)
  if (parsed.value.id === expected) return { kind: 'ok', definition: parsed.value, source }
  const message = `must be the name of the file — write ${expected}, or rename the file to ${parsed.value.id}.yaml`
  return { kind: 'invalid', problems: [source.problemAt(['id'], message)] }
}

function fileStem(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '')
}
