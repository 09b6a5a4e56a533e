import { day } from '../../duration.ts'
import { onceIn, thresholdFor } from '../algorithms/frequency.ts'
import { calibrate } from '../algorithms/peaks-over-threshold.ts'
import { amountsFormulas } from '../baseline/amounts-model.ts'
import { countsFormulas } from '../baseline/counts-model.ts'
import { driftFormulas } from '../baseline/drift/drift-model.ts'
import type { Formulas } from '../baseline/formulas.ts'
import { noveltyFormulas } from '../baseline/novelty/novelty-formulas.ts'
import { ratioFormulas } from '../baseline/ratio-model.ts'
import { log10PeakTail } from '../baseline/recurring-peak.ts'
import type { Detection, Statistics } from '../detection.ts'

/** Everything that a detection's statistics say about what was observed. */
export type Recomputed = Pick<
  Statistics,
  | 'expected'
  | 'low'
  | 'high'
  | 'ratio'
  | 'log10pModel'
  | 'log10p'
  | 'threshold'
  | 'onceIn'
  | 'learnable'
  | 'quietBudget'
>

const formulasOf: Readonly<Record<Statistics['model'], Formulas>> = {
  counts: countsFormulas,
  amounts: amountsFormulas,
  novelty: noveltyFormulas,
  drift: driftFormulas,
  ratio: ratioFormulas,
}

/**
 * Computes a detection's numbers from its own fields: the model, its parameters, what was observed and how long the window is.
 * The numbers in a detection come from here as well, so they are equal to the last digit.
 */
export function recompute(
  { model, parameters }: Pick<Statistics, 'model' | 'parameters'>,
  { observed, window }: { readonly observed: number; readonly window: Pick<Detection['window'], 'length'> },
): Recomputed {
  const formulas = formulasOf[model]
  const { u = 0, pi = 1, xi = 0, sigma = 1, peak = 0, looks = 0, budget = 0, shares = 1 } = parameters
  const expected = formulas.expected(parameters)
  const log10pModel = formulas.log10p(parameters, observed)
  const log10p = Math.max(
    'sigma' in parameters ? calibrate(log10pModel, { u, pi, xi, sigma }) : log10pModel,
    log10PeakTail(observed, peak, window.length),
  )
  return {
    expected,
    ...formulas.usualRange(parameters),
    ratio: observed / Math.max(expected, 1e-9),
    log10pModel,
    log10p,
    threshold: thresholdFor(budget, looks, formulas.highestThreshold),
    onceIn: onceIn(log10p, looks) * day,
    ...(formulas.learnable && { learnable: formulas.learnable(parameters) }),
    quietBudget: 10 ** log10p * looks * shares * 7,
  }
}
