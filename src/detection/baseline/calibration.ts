import { noteScore, type Tail, tail, tailOf } from '../algorithms/peaks-over-threshold.ts'
import type { GroupState } from './group-state.ts'
import type { WindowSlot } from './model.ts'
import { log10PeakTail, recurringPeak } from './recurring-peak.ts'

/**
 * Notes how improbable a fixed window with `amount` was by the model, as far as it could have been a false alarm: what recurs
 * counts as that which is made of it.
 */
export function noteSurprise(group: GroupState, slot: WindowSlot, amount: number, log10p: number): void {
  const decisive =
    log10p === 0 ? 0 : Math.max(log10p, log10PeakTail(amount, recurringPeak(slot), slot.length))
  noteScore(group.tails, slot.k * tail.count, -decisive)
}

/** Notes so many windows in which nothing happened. */
export function noteIdle(group: GroupState, k: number, windows: number): void {
  noteScore(group.tails, k * tail.count, 0, windows)
}

/** What improbable means in the group in windows number `k`. */
export function tailOfGroup(group: GroupState, k: number): Tail {
  return tailOf(group.tails, k * tail.count)
}
