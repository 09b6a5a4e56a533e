import { isDeepStrictEqual } from 'node:util'
import type { Path, Problem, YamlSource } from '../../../yaml-source.ts'
import {
  appended,
  asMap,
  has,
  type Layer,
  type LocatedSource,
  layerOf,
  nameOf,
  ownPath,
  type RawMap,
} from './layers.ts'
import { liftCeilings } from './lift-ceilings.ts'
import { scaleBudgets } from './scale-budgets.ts'

/** Conditions are replaced as a whole: null in them means that a field is absent, and half of two conditions is neither. */
const conditions: ReadonlySet<PropertyKey> = new Set(['where', 'hits'])

/** A detector file with the overlays that change it, applied in their order. */
export type Overlaid = {
  /** The detector as it is now; places are those of the file from which a value comes. */
  readonly source: LocatedSource
  /** The same for checking it: what is wrong now and was not before is blamed on the overlay that comes nearest. */
  readonly checked: LocatedSource
  /** What the overlays change beyond what they say. */
  readonly warnings: readonly Problem[]
}

/**
 * Applies overlays to a file: a scalar, a condition and a list replace what was there; maps are merged key by key;
 * `exceptions`, `overrides` and `tests` are added at the end; null removes a key.
 */
export function applyOverlays(base: YamlSource, overlays: readonly YamlSource[]): Overlaid {
  const layers: Layer[] = [layerOf(base)]
  let merged = base.value()
  for (const source of overlays) {
    const layer = layerOf(source, merged)
    layers.push(layer)
    merged = merge(merged, layer.value, [])
  }
  const { lifted, warnings } = liftCeilings(merged, layers)
  const value = scaleBudgets(lifted, layers)
  return {
    source: {
      value: () => value,
      problemAt: (path, message, place) => problemAtOwner(layers, path, message, place),
    },
    checked: { value: () => value, problemAt: (...where) => blame(layers, ...where) },
    warnings,
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

/**
 * At the last overlay that has such a value, else at the one that has what it contradicts, else at the one that has what is nearest
 * above it. Entries of earlier layers are nowhere in an overlay.
 */
function blame(
  layers: readonly Layer[],
  path: Path,
  message: string,
  place?: Where[2],
  cause: Path = [],
): Problem {
  const overlays = layers.slice(1)
  const owner = (at: Path) => overlays.findLast((layer) => has(layer, at))
  const causing = owner(path) || cause.length === 0 ? undefined : owner(cause)
  if (causing) return causing.source.problemAt(cause, `${nameOf(layers, path)} ${message}`)
  const [list = '', index] = path
  const least = appended.has(list) && typeof index === 'number' ? 2 : 1
  for (let length = path.length; length >= least; length--) {
    const guilty = owner(path.slice(0, length))
    if (guilty) return guilty.source.problemAt(ownPath(guilty, path), message, place)
  }
  const last = layers.at(-1) as Layer
  if (least === 1) return last.source.problemAt(path, message, place)
  return last.source.problemAt([], `${nameOf(layers, path)} ${message}`)
}
