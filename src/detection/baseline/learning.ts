import type { GroupState } from './group-state.ts'
import { baseOf, type MeasureState, moment } from './measure-state.ts'
import type { BaselineModel, Teaching, WindowSlot } from './model.ts'

/** What the learning of one entity depends on beside its state, and who wants to know of it. */
export type Lessons = {
  /** How the fixed window [start, end) is to be learned. */
  teachingOf(start: number, end: number): Teaching
  /** Called for each fixed window in which something was counted, when it is learned. */
  onActive(
    window: { readonly k: number; readonly start: number; readonly amount: number },
    teaching: Teaching,
  ): void
}

/**
 * Learns every fixed window of the entity that has ended by `time`, each once: the one that was filling, the one after it,
 * and the idle time since.
 */
export function catchUp(
  state: MeasureState,
  group: GroupState,
  model: BaselineModel,
  windows: readonly number[],
  time: number,
  lessons: Lessons,
): void {
  if (time <= state.learnedTo) return
  for (let k = 0; k < windows.length; k++) {
    const length = windows[k] as number
    const first = Math.floor(state.learnedTo / length)
    const end = Math.floor(time / length)
    if (end > first) learnWindows(slotOf(state, k, length), group, model, { first, end, lessons })
  }
  state.learnedTo = time
}

export function slotOf(state: MeasureState, k: number, length: number): WindowSlot {
  return { cells: state.cells, base: baseOf(k), k, length }
}

type Span = { readonly first: number; readonly end: number; readonly lessons: Lessons }

/** Learns the fixed windows with index `first` … `end` − 1, of which only the first two can hold anything. */
function learnWindows(
  slot: WindowSlot,
  group: GroupState,
  model: BaselineModel,
  { first, end, lessons }: Span,
): void {
  const { cells, base, length } = slot
  const current = cells[base + moment.current] as number
  const next = cells[base + moment.next] as number
  const learn = (index: number, amount: number) => {
    const start = index * length
    const teaching = lessons.teachingOf(start, start + length)
    if (amount > 0) lessons.onActive({ k: slot.k, start, amount }, teaching)
    model.learn(slot, group, start, amount, teaching)
  }
  model.contribute(slot, group, -1)
  learn(first, current)
  cells[base + moment.current] = end === first + 1 ? next : 0
  cells[base + moment.next] = 0
  if (end > first + 1) {
    learn(first + 1, next)
    if (end > first + 2) model.idle(slot, group, (first + 2) * length, end * length)
  }
  model.contribute(slot, group, 1)
}
