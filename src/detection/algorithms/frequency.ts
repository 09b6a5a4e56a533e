/**
 * How often chance alone brings something this improbable, all entities together: once in 1/(p·looks) ms, `looks` being
 * the number of times per ms that somebody looks. No smaller p than 1e-300 is used, so that the answer is finite.
 */
export function onceIn(log10p: number, looks: number): number {
  return 1 / (10 ** Math.max(log10p, -300) * looks)
}

/** The probability at which chance alone fires as often as the budget (alerts per ms) allows. */
export function thresholdFor(budget: number, looks: number): number {
  return budget / looks
}
