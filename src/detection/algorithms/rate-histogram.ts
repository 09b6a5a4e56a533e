/**
 * How many entities of a group have which rate, in bins a factor of 1.5 wide. One entity moves from bin to bin as it
 * learns, so that moments without the top rates are at hand at any time without asking every entity.
 */
export const rateBins = 64

/** Shares of a group lie between this and 1. */
const lowest = 1e-10
const step = Math.log(1.5)

/** The rate in the middle of each bin, ascending; the first one stands for no rate at all. */
export const binRates: Float64Array = Float64Array.from({ length: rateBins }, (_, bin) =>
  bin === 0 ? 0 : lowest * Math.exp((bin - 0.5) * step),
)

export function binOf(rate: number): number {
  if (rate <= lowest) return 0
  return Math.min(rateBins - 1, 1 + Math.floor(Math.log(rate / lowest) / step))
}
