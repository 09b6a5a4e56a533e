import type { Path, YamlSource } from '../../../yaml-source.ts'

/** Values that know where they stand. */
export type LocatedSource = Pick<YamlSource, 'value' | 'problemAt'>

export type RawMap = Readonly<Record<string, unknown>>

/** Lists that an overlay adds to; it replaces every other one. */
export const appended: ReadonlySet<PropertyKey> = new Set(['exceptions', 'overrides', 'tests'])

/**
 * A detector file or an overlay of it. `starts`: of a list that the layer adds to, at which index of the merged list its own
 * entries begin.
 */
export type Layer = {
  readonly source: YamlSource
  readonly value: unknown
  readonly starts: ReadonlyMap<PropertyKey, number>
}

/** The next layer on top of what is merged so far. */
export function layerOf(source: YamlSource, before?: unknown): Layer {
  const value = source.value()
  const starts = new Map<PropertyKey, number>()
  for (const key of appended) {
    const own = asMap(value)[String(key)]
    const earlier = asMap(before)[String(key)]
    if (Array.isArray(own)) starts.set(key, Array.isArray(earlier) ? earlier.length : 0)
  }
  return { source, value, starts }
}

/** Whether the layer itself says what stands at a path of the merged value. */
export function has(layer: Layer, path: Path): boolean {
  let value: unknown = layer.value
  for (const key of ownPath(layer, path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return true
}

/** The path of a merged value within one layer. An index before the layer's own entries becomes negative: nothing is there. */
export function ownPath({ starts }: Layer, path: Path): Path {
  const [list, index, ...rest] = path
  const start = list === undefined ? undefined : starts.get(list)
  if (start === undefined || list === undefined || typeof index !== 'number') return path
  return [list, index - start, ...rest]
}

/** `overrides[2] of the shipped file`: where in which file a merged value stands. */
export function nameOf(layers: readonly Layer[], path: Path): string {
  const owner = layers.findLastIndex((layer) => has(layer, path))
  const layer = layers[Math.max(owner, 0)] as Layer
  const place = layer.source.problemAt(ownPath(layer, path), '')
  return `${place.path} of ${owner > 0 ? place.file : 'the shipped file'}`
}

/** What the detector's `fires` said in the layer where a value stands. */
export function firesBeside(layers: readonly Layer[], path: Path, key: string): unknown {
  const owner = layers.findLastIndex((layer) => has(layer, path))
  const known = layers.slice(0, owner + 1).findLast((layer) => has(layer, ['fires', key]))
  return asMap(asMap(known?.value).fires)[key]
}

export function asMap(value: unknown): RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawMap) : {}
}

/** Puts another value at a path that is there. */
export function replaceAt(value: unknown, path: Path, replacement: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value)
  Reflect.set(parent as object, path.at(-1) as PropertyKey, replacement)
}
