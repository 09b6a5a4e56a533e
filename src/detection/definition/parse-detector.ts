import { type Problem, parseWith, parseYamlSource, type YamlSource } from '../../yaml-source.ts'
import { type Definition, definitionSchema } from './definition-schema.ts'
import type { LocatedSource } from './overlay/layers.ts'
import { applyOverlays } from './overlay/overlay.ts'

/** A detector file that is in order; `source` still knows where everything stands. */
export type DetectorFile = {
  readonly definition: Definition
  readonly source: LocatedSource
  /** The file as it was before overlays changed it; absent where none did. */
  readonly shipped?: DetectorFile
  /** What overlays change beyond what they say. */
  readonly warnings?: readonly Problem[]
}

export type ParsedDetector =
  | ({ readonly kind: 'ok' } & DetectorFile)
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/**
 * Reads the text of one detector file, with the overlays that change it: the definition, or everything that is wrong with
 * it, with places. Never throws.
 * @param overlaysOf finds the overlays of a detector, in the order in which they are applied
 */
export function parseDetector(
  file: string,
  text: string,
  overlaysOf: (id: string) => readonly YamlSource[] = () => [],
): ParsedDetector {
  const source = parseYamlSource(file, text)
  if (source.problems.length > 0) return { kind: 'invalid', problems: source.problems }
  const parsed = parseWith(source, definitionSchema)
  if (parsed.kind === 'invalid') return parsed
  const expected = fileStem(file)
  const { id } = parsed.value
  if (id === expected) return overlay({ definition: parsed.value, source }, source, overlaysOf(id))
  const message = `must be the name of the file — write ${expected}, or rename the file to ${id}.yaml`
  return { kind: 'invalid', problems: [source.problemAt(['id'], message)] }
}

function overlay(shipped: DetectorFile, base: YamlSource, overlays: readonly YamlSource[]): ParsedDetector {
  if (overlays.length === 0) return { kind: 'ok', ...shipped }
  const { source, checked, warnings } = applyOverlays(base, overlays)
  const parsed = parseWith(checked, definitionSchema)
  return parsed.kind === 'invalid'
    ? parsed
    : { kind: 'ok', definition: parsed.value, source, shipped, warnings }
}

/** The id that a detector file must have. */
export function fileStem(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.ya?ml$/, '')
}
