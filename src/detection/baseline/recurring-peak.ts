import { day } from '../../duration.ts'
import { moment } from './measure-state.ts'
import type { WindowSlot } from './model.ts'

/**
 * Bursts that recur. A job that runs for some minutes a night is no part of what a gamma–Poisson or log-t baseline of
 * all its windows can express; but what an entity has done on two different days is not improbable for it. Per window
 * the two largest daily maxima are kept, fading like the profile of the week (twice the half-life); the smaller one is
 * the recurring peak.
 */

/** A recurring peak is reached in one window in so many days. */
const reachedOnceIn = 20 * day
/** Beyond it the tail is Pareto's with this index: twice the peak is 64 times less probable. */
const tailIndex = 6

/** Notes that the window held `amount` on the local day number `today`. */
export function notePeak({ cells, base }: WindowSlot, today: number, amount: number, halfLife: number): void {
  const running = cells[base + moment.peakDay] as number
  if (today > running) {
    if (running > 0) closeDay(cells, base, 2 ** (((running - today) * day) / (2 * halfLife)))
    cells[base + moment.peakDay] = today
  }
  if (amount > (cells[base + moment.peakToday] as number)) cells[base + moment.peakToday] = amount
}

/** The second largest daily maximum of the days before the last one noted; 0 while there are less than two. */
export function recurringPeak({ cells, base }: WindowSlot): number {
  return cells[base + moment.peakSecond] as number
}

/** The largest daily maximum of the days before the last one noted; 0 while there is none. */
export function largestPeak({ cells, base }: WindowSlot): number {
  return cells[base + moment.peakFirst] as number
}

/** Says that `amounts` are what the entity reaches in its windows: as if it had done so on two other days. */
export function grantPeaks(slots: readonly WindowSlot[], amounts: readonly number[]): void {
  for (const { cells, base, k } of slots) {
    for (const peak of [base + moment.peakFirst, base + moment.peakSecond])
      cells[peak] = Math.max(cells[peak] as number, amounts[k] ?? 0)
  }
}

/**
 * log10 of the chance that a window of `length` ms holds `amount` or more, as far as the recurring peak alone tells;
 * −Infinity when there is none.
 */
export function log10PeakTail(amount: number, peak: number, length: number): number {
  if (peak <= 0) return Number.NEGATIVE_INFINITY
  const reached = Math.log10(Math.min(1, length / reachedOnceIn))
  return Math.min(0, reached - tailIndex * Math.log10(Math.max(1, amount / peak)))
}

function closeDay(cells: Float32Array, base: number, kept: number): void {
  const today = cells[base + moment.peakToday] as number
  const first = cells[base + moment.peakFirst] as number
  const second = cells[base + moment.peakSecond] as number
  const [largest, next] = today >= first ? [today, first] : [first, Math.max(second, today)]
  cells[base + moment.peakFirst] = largest * kept
  cells[base + moment.peakSecond] = next * kept
  cells[base + moment.peakToday] = 0
}
