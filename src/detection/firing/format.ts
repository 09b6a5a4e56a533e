import { formatBytes } from '../../bytes.ts'
import { day, hour, minute } from '../../duration.ts'
import type { Measure } from '../definition/detector.ts'

/** Nobody believes a smaller probability, and no model is that good. */
const leastShownP = 1e-12

/** `412`, and `503 MB` of what is counted in bytes. */
export function formatMeasured({ expression }: Pick<Measure, 'expression'>, amount: number): string {
  return expression === 'sum(bytes)' ? formatBytes(amount) : formatAmount(amount)
}

/** `records`, or `record` of a single one. */
export function unitOf(
  { unit, unitOfOne = unit }: Pick<Measure, 'unit' | 'unitOfOne'>,
  amount: number,
): string {
  return amount === 1 ? unitOfOne : unit
}

/** `412 API calls`, `1 report export`, `503 MB of files`. */
export function formatQuantity(measure: Measure, amount: number): string {
  return `${formatMeasured(measure, amount)} ${unitOf(measure, amount)}`
}

/** Made once: they are slow to make. By number of digits after the point. */
const numberFormats = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }),
)

/** `412`, `850,000`, `0.43`. */
export function formatAmount(amount: number): string {
  const digits = Math.abs(amount) >= 10 || Number.isInteger(amount) ? 0 : Math.abs(amount) >= 1 ? 1 : 2
  return (numberFormats[digits] as Intl.NumberFormat).format(amount)
}

/** `= 2e-9`, never below 1e-12: `< 1e-12`. */
export function formatProbability(log10p: number): string {
  const p = 10 ** log10p
  return p < leastShownP ? `< ${leastShownP}` : `= ${Number(p.toPrecision(1))}`
}

/** `10 min`, `24 h`, `7 days`. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < hour) return `${formatAmount(milliseconds / minute)} min`
  if (milliseconds <= day) return `${formatAmount(milliseconds / hour)} h`
  return `${formatAmount(milliseconds / day)} days`
}

/** `3 days`, `2 years`, `more than 1,000 years`. */
export function formatFrequency(milliseconds: number): string {
  const year = 365 * day
  if (milliseconds >= 1000 * year) return 'more than 1,000 years'
  if (milliseconds >= 2 * year) return `${formatAmount(Math.round(milliseconds / year))} years`
  if (milliseconds >= 2 * day) return `${formatAmount(Math.round(milliseconds / day))} days`
  return formatSpan(milliseconds)
}

/** `10.8`, `1,133` */
export function formatRatio(ratio: number): string {
  return ratio >= 100 ? formatAmount(Math.round(ratio)) : ratio.toFixed(1)
}
