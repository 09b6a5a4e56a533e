import { day, hour, second } from '../../duration.ts'
import type { MeasureState } from './measure-state.ts'

/** What an entity does for longer than this after it fired is learned: a little less than a day, so that a daily job is. */
export const longestSuspension = 20 * hour
/** Once learning has been suspended, it is not suspended again for so long. */
export const suspendedOnceIn = 14 * day
/** Of an entity that is known for no longer there is nothing to protect; held back, it would be improbable all day. */
const knownAfter = 3 * day

/**
 * Suspends learning of what the entity does at `time`, which has just fired: an attack must not become normal. It ends by
 * itself, and cannot come back soon, however many episodes there are: otherwise what recurs would never be learned. What an
 * analyst has `confirmed` to be an attack is not learned for as long as it goes on.
 */
export function suspend(state: MeasureState, time: number, confirmed: boolean): void {
  const end = time + second
  if (confirmed) {
    if (time - state.suspendedTo > longestSuspension) state.suspendedFrom = time
    state.suspendedTo = Math.max(state.suspendedTo, end)
  } else if (time - state.since < knownAfter) {
    return
  } else if (time - state.suspendedFrom >= suspendedOnceIn) {
    state.suspendedFrom = time
    state.suspendedTo = end
  } else if (time >= state.suspendedFrom) {
    if (time - state.suspendedFrom <= longestSuspension) state.suspendedTo = Math.max(state.suspendedTo, end)
  } else if (state.suspendedTo - time <= longestSuspension) {
    state.suspendedFrom = time
  }
}

/** Whether [start, end) is suspended and not the window in which that began: the first one may be a false alarm. */
export function isAftermath(state: MeasureState, start: number, end: number): boolean {
  return isSuspended(state, start, end) && start > state.suspendedFrom
}

/** Whether learning is suspended in any part of [start, end). */
export function isSuspended(
  { suspendedFrom, suspendedTo }: MeasureState,
  start: number,
  end: number,
): boolean {
  return end > suspendedFrom && start < suspendedTo
}
