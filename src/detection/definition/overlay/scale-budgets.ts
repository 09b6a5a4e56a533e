import { week } from '../../../duration.ts'
import type { Path } from '../../../yaml-source.ts'
import { formatBudget, parseBudget } from '../budget.ts'
import { asMap, firesBeside, type Layer, replaceAt } from './layers.ts'

/** Of a detector that names none. */
export const usualBudget = 1 / week

/** Budgets of overrides go with that of their detector: an overlay that changes it changes those of earlier layers in proportion. */
export function scaleBudgets(merged: unknown, layers: readonly Layer[]): unknown {
  const { fires, overrides } = asMap(merged)
  const budget = budgetOf(fires)
  if (!Array.isArray(overrides) || budget === undefined) return merged
  const scaled = structuredClone(merged)
  for (const [index, override] of overrides.entries()) {
    const path: Path = ['overrides', index, 'fires', 'budget']
    const own = budgetOf(asMap(override).fires)
    if (own === undefined) continue
    const before = budgetOf({ budget: firesBeside(layers, path, 'budget') }) ?? usualBudget
    if (before !== budget) replaceAt(scaled, path, formatBudget((own * budget) / before))
  }
  return scaled
}

function budgetOf(fires: unknown): number | undefined {
  const { budget } = asMap(fires)
  return typeof budget === 'string' ? parseBudget(budget) : undefined
}
