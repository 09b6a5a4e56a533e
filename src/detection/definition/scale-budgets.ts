import { week } from '../../duration.ts'
import type { Path } from '../../yaml-source.ts'
import { formatBudget, parseBudget } from './budget.ts'
import { asMap, has, type Layer, replaceAt } from './layers.ts'

/** Of a detector that names none. */
export const usualBudget = 1 / week

/** Budgets of overrides go with that of their detector: an overlay that changes it changes those of earlier layers in proportion. */
export function scaleBudgets(merged: unknown, layers: readonly Layer[]): unknown {
  const at = ['fires', 'budget']
  const { fires, overrides } = asMap(merged)
  const budget = budgetOf(fires)
  if (!Array.isArray(overrides) || budget === undefined) return merged
  const scaled = structuredClone(merged)
  for (const [index, override] of overrides.entries()) {
    const path: Path = ['overrides', index, 'fires', 'budget']
    const own = budgetOf(asMap(override).fires)
    const owner = layers.findLastIndex((layer) => has(layer, path))
    const known = layers.slice(0, owner + 1).findLast((layer) => has(layer, at))
    const before = budgetOf(asMap(known?.value).fires) ?? usualBudget
    if (own !== undefined && owner >= 0 && before !== budget)
      replaceAt(scaled, path, formatBudget((own * budget) / before))
  }
  return scaled
}

function budgetOf(fires: unknown): number | undefined {
  const { budget } = asMap(fires)
  return typeof budget === 'string' ? parseBudget(budget) : undefined
}
