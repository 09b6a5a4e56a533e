import { type Problem, parseYamlSource, type YamlSource } from '../../../yaml-source.ts'

/** A file with changes of one detector; `id` names it. */
export type OverlayFile = { readonly id: string; readonly source: YamlSource }

/** Reads the text of an overlay. Whether its values fit shows when it is applied. Never throws. */
export function parseOverlay(
  file: string,
  text: string,
):
  | ({ readonly kind: 'ok' } & OverlayFile)
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] } {
  const source = parseYamlSource(file, text)
  if (source.problems.length > 0) return { kind: 'invalid', problems: source.problems }
  const value = source.value()
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'invalid', problems: [source.problemAt([], 'must be a map with the keys that change')] }
  const { id } = value as { readonly id?: unknown }
  if (typeof id === 'string') return { kind: 'ok', id, source }
  const message =
    id === undefined ? 'is missing — the id of the detector that changes' : 'must be the id of a detector'
  return { kind: 'invalid', problems: [source.problemAt(['id'], message)] }
}
