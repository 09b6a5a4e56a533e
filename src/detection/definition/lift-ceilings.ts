import type { Path, Problem } from '../../yaml-source.ts'
import { asMap, has, type Layer, nameOf, replaceAt } from './layers.ts'

type Ceiling = { readonly path: Path; readonly amount: number }

/**
 * A floor holds for what stood below it: ceilings of earlier layers rise to it, but for those of overrides that have a floor of
 * their own. A warning for each, at the floor.
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
  const low = ceilingsOf(merged).filter((ceiling) => ceiling.amount < floor && isBefore(ceiling))
  const lifted = structuredClone(merged)
  for (const { path } of low) replaceAt(lifted, path, floor)
  const warnings = low.map(({ path, amount }) =>
    source.problemAt(at, `${nameOf(layers, path)} rises from ${amount} to ${floor}`),
  )
  return { lifted, warnings }
}

/** Those of the detector, and of each override that leaves the floor as it is. */
function ceilingsOf(merged: unknown): readonly Ceiling[] {
  const { fires, overrides } = asMap(merged)
  const list = Array.isArray(overrides) ? overrides : []
  const rules = [
    { path: ['fires'], fires: asMap(fires) },
    ...list
      .map((override, index) => ({
        path: ['overrides', index, 'fires'],
        fires: asMap(asMap(override).fires),
      }))
      .filter((rule) => rule.fires.at_least === undefined),
  ]
  return rules.flatMap((rule) => {
    const { always_above: above } = rule.fires
    const path = [...rule.path, 'always_above']
    if (typeof above === 'number') return [{ path, amount: above }]
    return Object.entries(asMap(above)).flatMap(([length, amount]) =>
      typeof amount === 'number' ? [{ path: [...path, length], amount }] : [],
    )
  })
}
