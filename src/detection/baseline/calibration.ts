import { noteScore, noteWindows, type Tail, tail, tailOf } from '../algorithms/peaks-over-threshold.ts'
import type { GroupState } from './group-state.ts'
import { type MeasureState, moment } from './measure-state.ts'
import { isAftermath } from './suspension.ts'

/**
 * What improbable means in a group is learned from what was judged, at the time when it was: of each fixed window the most
 * surprising that was seen while the newest event of the entity lay in it, whatever slid by. A score that is computed later, from
 * a baseline that knows more, would be another one than what fires, above all of those who are new.
 */

/** Keeps what was judged: per window of the entity, −log10 of the probability that decides. */
export function keepSurprises({ slots }: MeasureState, scores: ArrayLike<number>): void {
  for (const { cells, base, k } of slots) {
    const kept = base + moment.surprise
    cells[kept] = Math.max(cells[kept] as number, scores[k] as number)
  }
}

/**
 * Takes what was kept into the group's tails, of each fixed window that is over once the entity does something at `time`. Of an
 * episode only the window in which it began counts, since that one may be a false alarm. True when the group has changed.
 */
export function settleSurprises(state: MeasureState, group: GroupState, time: number): boolean {
  let hasChanged = false
  for (const { cells, base, k, length } of state.slots) {
    const kept = base + moment.surprise
    const score = cells[kept] as number
    const index = Math.floor(state.head / length)
    if (score === 0 || Math.floor(time / length) <= index) continue
    cells[kept] = 0
    if (isAftermath(state, index * length, (index + 1) * length)) continue
    noteScore(group.tails, k * tail.count, score)
    hasChanged = true
  }
  return hasChanged
}

/** Counts so many fixed windows that might have held something surprising. */
export function noteLooks(group: GroupState, k: number, windows: number): void {
  noteWindows(group.tails, k * tail.count, windows)
}

/** What improbable means in the group in windows number `k`. */
export function tailOfGroup(group: GroupState, k: number): Tail {
  return tailOf(group.tails, k * tail.count)
}
