import { log10Novelty, type NewField, noveltyProbability } from '../../algorithms/novelty.ts'
import type { Formulas, Parameters } from '../formulas.ts'

/** No budget, however generous, makes anything more probable than this fire. */
export const highestThreshold = 0.02

/**
 * Of the model `novelty`. Parameters: `fields`, of each new field `<name>_a`, `_b`, `_rarity`, `_given`, and `expected`, new
 * values of any field on one active day. The usual range is that of the most changeable of the fields.
 */
export const noveltyFormulas: Formulas = {
  highestThreshold,
  log10p: (parameters) => log10Novelty(newFieldsOf(parameters), parameters.fields ?? 1),
  expected: ({ expected = 0 }) => expected,
  usualRange(parameters) {
    const likeliest = Math.max(0, ...newFieldsOf(parameters).map(({ a, b }) => noveltyProbability(a, b)))
    return { low: 0, high: likeliest > 0.05 ? 1 : 0 }
  },
}

function newFieldsOf(parameters: Parameters): readonly NewField[] {
  return Object.keys(parameters)
    .filter((name) => name.endsWith('_a'))
    .map((name) => {
      const of = (part: string) => parameters[`${name.slice(0, -1)}${part}`] ?? 0
      return { a: of('a'), b: of('b'), rarity: of('rarity'), given: of('given') }
    })
}
