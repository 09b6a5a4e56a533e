import { noteLooks } from './calibration.ts'
import type { GroupState } from './group-state.ts'
import type { Withheld } from './incidents.ts'
import { type MeasureState, moment } from './measure-state.ts'
import type { BaselineModel, Teaching, WindowSlot } from './model.ts'
import { isAftermath } from './suspension.ts'
import type { WaitingSums } from './waiting-sums.ts'

/** What the learning of one entity depends on beside its state, and who wants to know of it. */
export type Lessons = {
  /** How the fixed window [start, end) is to be learned. */
  teachingOf(start: number, end: number): Teaching
  /** Whether so much is known of the group that what happened in the fixed window [start, end) was judged. */
  isReady(start: number, end: number): boolean
  /** Called for each fixed window in which something was counted, when it is learned. */
  onActive(window: Withheld, teaching: Teaching): void
}

/** The part of a model that learns. */
export type Learner = Pick<BaselineModel, 'contribute' | 'learn' | 'idle' | 'looksWhenIdle'>

/** Learns every fixed window of the entity that has ended by `time`, each once, from the oldest on. */
export function catchUp(
  state: MeasureState,
  waiting: WaitingSums,
  group: GroupState,
  model: Learner,
  time: number,
  lessons: Lessons,
): void {
  if (time <= state.learnedTo) return
  const from = state.learningFrom
  for (let k = 0; k < state.slots.length; k++) {
    const slot = state.slotOf(k)
    const next = Math.floor(from / slot.length)
    const end = Math.floor(time / slot.length)
    if (end > next) learnWindows({ state, slot, waiting, group, model, lessons }, next, end)
  }
  state.learnedTo = time
}

type Learning = {
  readonly state: MeasureState
  readonly slot: WindowSlot
  readonly waiting: WaitingSums
  readonly group: GroupState
  readonly model: Learner
  readonly lessons: Lessons
}

/** Learns the fixed windows with index `first` … `end` − 1. Of a ratio, those with trials are the ones that hold anything. */
function learnWindows(learning: Learning, first: number, end: number): void {
  const { state, slot, group, model } = learning
  const trials = state.trials[slot.k]
  const looked = takeSums(learning, trials ?? slot, first, end)
  const hits =
    trials && new Map(takeSums(learning, slot, first, end).map(({ index, amount }) => [index, amount]))
  model.contribute(slot, group, -1)
  let next = first
  for (const { index, amount } of looked) {
    learnEmpty(learning, next, index)
    learn(learning, index, hits ? (hits.get(index) ?? 0) : amount, amount)
    next = index + 1
  }
  learnEmpty(learning, next, end)
  model.contribute(slot, group, 1)
}

type FixedSum = { readonly index: number; readonly amount: number }

/** The sums of the fixed windows up to `end`, the first of them included whatever it holds; that of `end` is the current one now. */
function takeSums({ state, waiting }: Learning, slot: WindowSlot, first: number, end: number): FixedSum[] {
  const current = slot.base + moment.current
  const sums: FixedSum[] = [{ index: first, amount: slot.cells[current] as number }]
  slot.cells[current] = 0
  for (const sum of waiting.take(state.row, slot.k, end)) {
    if (sum.index === end) slot.cells[current] = sum.amount
    else sums.push(sum)
  }
  return sums
}

/** `looked`: the trials of a ratio, otherwise the amount. */
function learn(learning: Learning, index: number, amount: number, looked: number): void {
  const { state, slot, group, model, lessons } = learning
  const start = index * slot.length
  const end = start + slot.length
  const teaching = lessons.teachingOf(start, end)
  if (looked > 0) lessons.onActive({ k: slot.k, start, amount, trials: looked }, teaching)
  model.learn(slot, group, start, amount, teaching, looked)
  if (looked === 0 && !model.looksWhenIdle) return
  if (lessons.isReady(start, end) && !isAftermath(state, start, end)) noteLooks(group, slot.k, 1)
}

/** Learns that the windows `from` … `to` − 1 were empty: the first one by itself, the others at once. */
function learnEmpty(learning: Learning, from: number, to: number): void {
  const { slot, group, model, lessons } = learning
  if (to > from) learn(learning, from, 0, 0)
  if (to <= from + 1) return
  const start = (from + 1) * slot.length
  model.idle(slot, group, start, to * slot.length)
  if (model.looksWhenIdle && lessons.isReady(start, start + slot.length))
    noteLooks(group, slot.k, to - from - 1)
}
