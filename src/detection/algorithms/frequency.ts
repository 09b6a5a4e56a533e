/**
 * How often chance alone brings something this improbable, all entities together: once in 1/(p·looks) units of time, `looks`
 * being how many times per unit somebody looks. No smaller p than 1e-300 is used, so that the answer is finite.
 */
export function onceIn(log10p: number, looks: number): number {
  return 1 / (10 ** Math.max(log10p, -300) * looks)
}

/** No budget, however generous, makes anything more probable than this fire. */
export const highestThreshold = 1e-3

/**
 * The probability at which chance alone fires as often as the budget allows: alerts and looks per the same unit of time, but
 * never more than `highest`.
 */
export function thresholdFor(budget: number, looks: number, highest = highestThreshold): number {
  return Math.min(highest, budget / looks)
}
