import type { Statistics } from '../detection.ts'
import type { Parameters } from './formulas.ts'
import type { GroupModel, GroupState } from './group-state.ts'

/** Where one window of one entity lies, for the models: its cells, its number, its length. */
export type WindowSlot = {
  readonly cells: Float32Array
  readonly base: number
  /** Number of the window, the shortest is 0. */
  readonly k: number
  readonly length: number
}

/** How improbable an amount is, before anything is made of it for people. */
export type Judgement = {
  readonly model: Statistics['model']
  /** log10 of the tail probability by the model. */
  readonly log10p: number
  readonly expected: number
  readonly parameters: Parameters
  readonly hourFactor: number
  readonly peerWeight: number
}

/**
 * How much of a fixed window's amount is learned. `winsorised`: up to a cap; `excluded`: no more than was expected, since an
 * attack must not become normal; `raw`: all of it, since an analyst says that it is.
 */
export type Teaching = 'winsorised' | 'excluded' | 'raw'

/** A model of what is normal: learns fixed windows one after the other, judges sliding ones. Pure but for its arguments. */
export type BaselineModel = GroupModel & {
  readonly name: Statistics['model']
  /** Takes the entity's part out of its group's sums (sign −1) or puts it in (+1). Between the two calls it learns. */
  contribute(slot: WindowSlot, group: GroupState, sign: 1 | -1): void
  /** Whether windows in which nothing happened are looked at as well, as something that might have been improbable. */
  readonly looksWhenIdle: boolean
  /**
   * Learns one fixed window [start, start + length) with `amount`. `trials`, here and below: of a ratio, what the hits are held
   * against.
   */
  learn(
    slot: WindowSlot,
    group: GroupState,
    start: number,
    amount: number,
    teaching: Teaching,
    trials?: number,
  ): void
  /** Learns in full what a fixed window held that has been learned already, but not in full. */
  makeUp(slot: WindowSlot, group: GroupState, start: number, amount: number, trials?: number): void
  /** Learns that nothing happened in the fixed windows of [from, to), in constant time. */
  idle(slot: WindowSlot, group: GroupState, from: number, to: number): void
  /** Judges `amount` in the window [start, end). Null when it is so ordinary that it can never matter. */
  judge(
    slot: WindowSlot,
    group: GroupState,
    start: number,
    end: number,
    amount: number,
    trials?: number,
  ): Judgement | null
  /** Whether judging depends on nothing but the amount, the window and what was learned, and finds less no more surprising. */
  readonly judgesAmountAlone: boolean
  /** How often the detector looks at a window of this length, per ms: `active` looks were counted, by `members` entities. */
  looks(members: number, active: number, length: number): number
}
