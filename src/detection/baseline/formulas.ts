/** What a judgement was made with, by name. */
export type Parameters = Readonly<Record<string, number>>

/** What a model says, from a judgement's parameters alone: the same at the judgement and whenever it is computed again. */
export type Formulas = {
  /** No budget makes anything more probable than this fire; 1e-3 when absent. */
  readonly highestThreshold?: number
  /** log10 of the probability of `observed` or more. */
  log10p(parameters: Parameters, observed: number): number
  expected(parameters: Parameters): number
  /** The middle 90 % of what was to be expected. */
  usualRange(parameters: Parameters): { readonly low: number; readonly high: number }
  /** The most that the baseline learns of one window, however much it holds; absent where there is no such limit. */
  learnable?(parameters: Parameters): number
}
