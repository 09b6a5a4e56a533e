import { isDeepStrictEqual } from 'node:util'
import type { Path, Problem, YamlSource } from '../../yaml-source.ts'

/** Values that know where they stand. */
export type LocatedSource = Pick<YamlSource, 'value' | 'problemAt'>

type RawMap = Readonly<Record<string, unknown>>

/** Lists that an overlay adds to; it replaces every other one. */
const appended: ReadonlySet<PropertyKey> = new Set(['exceptions', 'overrides', 'tests'])

/** Conditions are replaced as a whole: null in them means that a field is absent, and half of two conditions is neither. */
const conditions: ReadonlySet<PropertyKey> = new Set(['where', 'hits'])

/** A detector file with the overlays that change it, applied in their order. */
export type Overlaid = {
  /** The detector as it is now; places are those of the file from which a value comes. */
  readonly source: LocatedSource
  /** The same for checking it: what is wrong now and was not before is blamed on the overlay that comes nearest. */
  readonly checked: LocatedSource
}

/**
 * Applies overlays to a file: a scalar, a condition and a list replace what was there; maps are merged key by key;
 * `exceptions`, `overrides` and `tests` are added at the end; null removes a key.
 */
export function applyOverlays(base: YamlSource, overlays: readonly YamlSource[]): Overlaid {
  const layers: Layer[] = [{ source: base, value: base.value(), starts: new Map() }]
  let merged = base.value()
  for (const source of overlays) {
    const value = source.value()
    layers.push({ source, value, starts: startsOf(merged, value) })
    merged = merge(merged, value, [])
  }
  const value = merged
  return {
    source: { value: () => value, problemAt: (...where) => problemAtOwner(layers, ...where) },
    checked: { value: () => value, problemAt: (...where) => blame(layers, ...where) },
  }
}

/** One warning for each value of an overlay that is what the detector has anyway. */
export function lintOverlay(base: LocatedSource, overlay: YamlSource): readonly Problem[] {
  const problems: Problem[] = []
  const compare = (before: unknown, after: unknown, path: Path) => {
    for (const [key, value] of Object.entries(asMap(after))) {
      const at = [...path, key]
      const own = asMap(before)[key]
      if (at.length === 1 && (key === 'id' || (appended.has(key) && Array.isArray(value)))) continue
      if (isMergeable(own, at) && isMergeable(value, at)) compare(own, value, at)
      else if (value === null && own === undefined)
        problems.push(overlay.problemAt(at, 'there is nothing to remove — leave it out'))
      else if (isDeepStrictEqual(own, value))
        problems.push(overlay.problemAt(at, 'is what the detector has anyway — leave it out'))
    }
  }
  compare(base.value(), overlay.value(), [])
  return problems
}

/** `starts`: of a list that the layer adds to, at which index of the merged list its own entries begin. */
type Layer = {
  readonly source: YamlSource
  readonly value: unknown
  readonly starts: ReadonlyMap<PropertyKey, number>
}

function startsOf(before: unknown, overlay: unknown): ReadonlyMap<PropertyKey, number> {
  const starts = new Map<PropertyKey, number>()
  for (const key of appended) {
    const own = asMap(overlay)[String(key)]
    const earlier = asMap(before)[String(key)]
    if (Array.isArray(own)) starts.set(key, Array.isArray(earlier) ? earlier.length : 0)
  }
  return starts
}

function merge(before: unknown, after: unknown, path: Path): unknown {
  const [key] = path
  if (path.length === 1 && key !== undefined && appended.has(key)) {
    return Array.isArray(before) && Array.isArray(after) ? [...before, ...after] : after
  }
  if (!isMergeable(before, path) || !isMergeable(after, path)) return after
  const merged: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(after)) {
    if (value === null) delete merged[name]
    else merged[name] = merge(merged[name], value, [...path, name])
  }
  return merged
}

/** Below `levels` there are conditions. */
function isMergeable(value: unknown, path: Path): value is RawMap {
  const [first = ''] = path
  if (conditions.has(first) || (first === 'levels' && path.length > 1)) return false
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Where = Parameters<YamlSource['problemAt']>

/** At the last layer that has such a value. */
function problemAtOwner(layers: readonly Layer[], path: Path, message: string, place?: Where[2]): Problem {
  const owner = layers.findLast((layer) => has(layer, path)) ?? (layers[0] as Layer)
  return owner.source.problemAt(ownPath(owner, path), message, place)
}

/** At the last overlay that has such a value, else the one that has what is nearest above it. */
function blame(layers: readonly Layer[], path: Path, message: string, place?: Where[2]): Problem {
  const overlays = layers.slice(1)
  for (let length = path.length; length > 0; length--) {
    const guilty = overlays.findLast((layer) => has(layer, path.slice(0, length)))
    if (guilty) return guilty.source.problemAt(ownPath(guilty, path), message, place)
  }
  const last = layers.at(-1) as Layer
  return last.source.problemAt(path, message, place)
}

function has(layer: Layer, path: Path): boolean {
  let value: unknown = layer.value
  for (const key of ownPath(layer, path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return true
}

/** The path of a merged value within one layer. An index before the layer's own entries becomes negative: nothing is there. */
function ownPath({ starts }: Layer, path: Path): Path {
  const [list, index, ...rest] = path
  const start = list === undefined ? undefined : starts.get(list)
  if (start === undefined || list === undefined || typeof index !== 'number') return path
  return [list, index - start, ...rest]
}

function asMap(value: unknown): RawMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawMap) : {}
}
