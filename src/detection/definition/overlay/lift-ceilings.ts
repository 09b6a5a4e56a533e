import type { Path, Problem } from '../../../yaml-source.ts'
import { asMap, firesBeside, has, type Layer, nameOf, type RawMap, replaceAt } from './layers.ts'

type Ceiling = { readonly path: Path; readonly amount: number }

/**
 * A floor holds for what stood below it: ceilings of earlier layers rise to it, and floors of their overrides that were meant to be
 * higher than the detector's. Overrides with a floor that was lower keep it, and their ceilings. A warning for each, at the floor.
 */
export function liftCeilings(
  merged: unknown,
  layers: readonly Layer[],
): { readonly lifted: unknown; readonly warnings: readonly Problem[] } {
  const at = ['fires', 'at_least']
  const floor = asMap(asMap(merged).fires).at_least
  const owner = layers.findLastIndex((layer) => has(layer, at))
  const { source } = layers[owner] ?? {}
  if (typeof floor !== 'number' || owner < 1 || !source) return { lifted: merged, warnings: [] }
  const isBefore = ({ path }: Ceiling) => layers.findLastIndex((layer) => has(layer, path)) < owner
  const low = ceilingsOf(merged, layers).filter((ceiling) => ceiling.amount < floor && isBefore(ceiling))
  const lifted = structuredClone(merged)
  for (const { path } of low) replaceAt(lifted, path, floor)
  const warnings = low.map(({ path, amount }) =>
    source.problemAt(at, `${nameOf(layers, path)} rises from ${amount} to ${floor}`),
  )
  return { lifted, warnings }
}

/** Those of the detector and of its overrides; higher floors of overrides count too. */
function ceilingsOf(merged: unknown, layers: readonly Layer[]): readonly Ceiling[] {
  const { fires, overrides } = asMap(merged)
  const list = Array.isArray(overrides) ? overrides : []
  const own = list.flatMap((override, index) => {
    const rule = asMap(asMap(override).fires)
    const path = ['overrides', index, 'fires', 'at_least']
    const { at_least: floor } = rule
    const ceilings = ceilingOf(rule, path.slice(0, -1))
    if (typeof floor !== 'number') return ceilings
    const before = firesBeside(layers, path, 'at_least')
    return floor < (typeof before === 'number' ? before : 0) ? [] : [{ path, amount: floor }, ...ceilings]
  })
  return [...ceilingOf(asMap(fires), ['fires']), ...own]
}

function ceilingOf({ always_above: above }: RawMap, at: Path): readonly Ceiling[] {
  const path = [...at, 'always_above']
  if (typeof above === 'number') return [{ path, amount: above }]
  return Object.entries(asMap(above)).flatMap(([length, amount]) =>
    typeof amount === 'number' ? [{ path: [...path, length], amount }] : [],
  )
}
