import { week } from '../../duration.ts'
import { thresholdFor } from '../algorithms/frequency.ts'
import { calibrate, type Tail } from '../algorithms/peaks-over-threshold.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import { tailOfGroup } from '../baseline/calibration.ts'
import { type GroupState, isReady } from '../baseline/group-state.ts'
import { type MeasureState, moment } from '../baseline/measure-state.ts'
import type { BaselineModel, Judgement } from '../baseline/model.ts'
import { activeRate, type OrgTotals } from '../baseline/org-totals.ts'
import { largestPeak, log10PeakTail, recurringPeak } from '../baseline/recurring-peak.ts'
import type { Detector, Firing, RuledBy } from '../definition/detector.ts'
import type { Detection } from '../detection.ts'
import { windowEndingAt } from '../window/window.ts'
import type { QuietBounds } from './quiet-bounds.ts'

/** One window of one entity that is worth a look, and why it fires or does not. */
export type Verdict = {
  readonly k: number
  readonly length: number
  readonly start: number
  readonly end: number
  readonly pane: number
  readonly observed: number
  /** Null where the group is not known well enough, or the model is `none`. */
  readonly judgement: Judgement | null
  /** log10 of the probability that decides: the model's, calibrated, or the larger one of the entity's own recurring peak. */
  readonly log10p: number
  /** How far the group's windows go beyond what the model expects; null without a judgement. */
  readonly tail: Tail | null
  /** What the entity has reached in such a window on two other days; 0 without such a peak. */
  readonly peak: number
  /** The most that it had in such a window on a day before, fading. */
  readonly largest?: number
  /** Entities that the detector watches in the org, and among the peers. */
  readonly entities?: number
  readonly peerCount?: number
  /** How many (windows, groups) share the detector's alert budget; 1 when absent. */
  readonly shares?: number
  /** False alarms by this window that the analyst accepts, per ms. */
  readonly budget: number
  /** Fires at or below this p. */
  readonly threshold: number
  /** Looks at windows of this length per ms of event time, over the whole org. */
  readonly looks: number
  /** log10(threshold / p): how far beyond the threshold. 0 without a judgement. */
  readonly excess: number
  /** `watching`: remarkable, but not enough. */
  readonly reason: Detection['reason'] | 'watching'
  /** From how much on it always fires, whatever is usual; absent where nothing does. */
  readonly limit?: number
  /** Between which times nearly all of it came, ms, as the panes of the windows tell; absent where they do not. */
  readonly span?: Detection['span']
  /** The overrides that have had a say in it. */
  readonly ruledBy?: RuledBy | undefined
  /** Length of the longest window that fires along with this one. */
  readonly longest: number
  /** What the detector's longest window says; absent where that cannot be judged, or nothing fires. */
  readonly whole?: { readonly expected: number; readonly ratio: number }
  /** The other windows that fire: what they hold may be worse than what surprises most. */
  readonly others?: readonly FiringVerdict[]
}

/** A verdict that fires. */
export type FiringVerdict = Verdict & { readonly reason: Detection['reason'] }

/** From here on (log10 p) it is worth keeping what a detection would have to show. */
const watchBelow = -2

export type Evaluation = {
  readonly detector: Detector
  readonly firing: Firing
  readonly state: MeasureState
  /** What each window of the entity holds, and the pane with which it ends. */
  readonly observed: ArrayLike<number>
  readonly panes: ArrayLike<number>
  /** Of a ratio, the trials that each window holds; otherwise empty. */
  readonly trials: ArrayLike<number>
  readonly group: GroupState
  readonly totals: OrgTotals
  /** Null for the model `none`. */
  readonly model: BaselineModel | null
  readonly quiet: QuietBounds
  readonly offset: ZoneOffset
  /** Of each window, −log10 of the model's probability, or of that of a recurring peak where this decides; stays as it is where nothing is remarkable. */
  readonly scores: Float64Array
}

/**
 * The most surprising of the windows at hand, or null when none is worth a look. The expectation is that of the whole window
 * though it is still filling: a count only grows, so an early alarm is valid.
 */
export function evaluate(evaluation: Evaluation): Verdict | null {
  const { detector } = evaluation
  let best: Verdict | null = null
  const firing: FiringVerdict[] = []
  for (let k = 0; k < detector.windows.length; k++) {
    const observed = evaluation.observed[k] as number
    const length = detector.windows[k] as number
    if (!isWorthALook(observed, evaluation, length) || isKnownQuiet(evaluation, k, observed)) continue
    const verdict = judgeWindow(evaluation, k, observed)
    if (!verdict) continue
    if (fires(verdict)) firing.push(verdict)
    if (best === null || isStronger(verdict, best)) best = verdict
  }
  const longest = firing.at(-1)?.length ?? 0
  if (!best || longest === 0) return best && { ...best, longest }
  const whole = judgeLongest(evaluation)
  const inAll = { longest, ...(whole && { whole }) }
  const others = firing.filter((verdict) => verdict !== best).map((verdict) => ({ ...verdict, ...inAll }))
  return { ...best, ...inAll, others }
}

/** Whether so much can matter at all, whatever is usual. */
function isWorthALook(
  observed: number,
  { firing, model }: Pick<Evaluation, 'firing' | 'model'>,
  length: number,
): boolean {
  return observed >= worthyFrom(firing, model) || observed >= ceilingOf(firing, length)
}

/** With a fixed limit nothing has to be judged, and all but the first tenth can be told. */
function worthyFrom({ atLeast }: Firing, model: BaselineModel | null): number {
  return atLeast / (model ? 2 : 10)
}

/**
 * How much more would leave all windows as ordinary as they are, when nothing was worth a look: less than that, as long as the
 * org's watermark, the panes and the firing rule stay the same.
 */
export function ordinaryRoom(evaluation: Evaluation): number {
  const { state, observed } = evaluation
  let room = Number.POSITIVE_INFINITY
  for (const { k, cells, base } of state.slots) {
    const amount = observed[k] as number
    const exact = mostExact - Math.max(amount, cells[base + moment.current] as number)
    room = Math.min(room, exact, ordinaryBelow(evaluation, k) - amount)
  }
  return room
}

/** Cells hold whole numbers up to here exactly, so that it makes no difference whether they are added one by one. */
const mostExact = 2 ** 24

function ordinaryBelow(evaluation: Evaluation, k: number): number {
  const { detector, firing, panes, model } = evaluation
  const length = detector.windows[k] as number
  const ceiling = ceilingOf(firing, length)
  const unworthy = Math.min(worthyFrom(firing, model), ceiling)
  if (!model) return unworthy
  if (!canJudge(evaluation, length, windowEndingAt(panes[k] as number, length).start)) return ceiling
  return Math.max(unworthy, Math.min(ceiling, Math.floor(quietBound(evaluation, k)) + 1))
}

function isKnownQuiet(evaluation: Evaluation, k: number, observed: number): boolean {
  const { firing, detector } = evaluation
  const ceiling = ceilingOf(firing, detector.windows[k] as number)
  return observed < ceiling && observed <= quietBound(evaluation, k)
}

function quietBound(evaluation: Evaluation, k: number): number {
  const { state, panes, quiet } = evaluation
  return quiet.boundOf(keyOf(state, k), panes[k] as number, learnedOf(state, k), renewedOf(evaluation))
}

/** How much more than what is at hand is tried, so that not every event that follows is judged. */
const ahead = 1.5

/** Remembers that the window is ordinary, and whether it would be with somewhat more in it. */
function noteQuiet(evaluation: Evaluation, k: number, observed: number): void {
  const { state, panes, group, model, quiet } = evaluation
  if (!model?.judgesAmountAlone) return
  const pane = panes[k] as number
  const slot = state.slotOf(k)
  const { start, end } = windowEndingAt(pane, slot.length)
  const more = ahead * observed
  const bound = isOrdinary(model.judge(slot, group, start, end, more)) ? more : observed
  quiet.note(keyOf(state, k), pane, learnedOf(state, k), renewedOf(evaluation), bound)
}

/** Calibration and recurring peaks can only make it more so. */
function isOrdinary(judgement: Judgement | null): boolean {
  return judgement === null || judgement.log10p > watchBelow
}

/** The state of the group's baseline, and which group. */
function renewedOf({ state, group }: Evaluation): number {
  return group.renewed + state.group
}

function keyOf({ row, slots }: MeasureState, k: number): number {
  return row * slots.length + k
}

/** Number of the fixed window that is learned next: the baseline changes with it. */
function learnedOf(state: MeasureState, k: number): number {
  return Math.floor(state.learningFrom / state.slotOf(k).length)
}

/** How the longest window compares with what is usual. What is no more than that is not judged: its ratio counts as 1. */
function judgeLongest(evaluation: Evaluation): Verdict['whole'] | null {
  const { detector, state, observed, panes, group, model } = evaluation
  const k = detector.windows.length - 1
  const length = detector.windows[k] as number
  const { start, end } = windowEndingAt(panes[k] as number, length)
  if (!model || !canJudge(evaluation, length, start)) return null
  const amount = observed[k] as number
  const judgement = model.judge(state.slotOf(k), group, start, end, amount, evaluation.trials[k])
  if (!judgement) return { expected: amount, ratio: 1 }
  return { expected: judgement.expected, ratio: amount / Math.max(judgement.expected, 1e-9) }
}

export function fires(verdict: Verdict | null): verdict is FiringVerdict {
  return verdict !== null && verdict.reason !== 'watching'
}

/** What is new is told only of those who are known for days, and is much at first: an org's first week says nothing of it. */
function canJudge({ detector, group, totals, offset }: Evaluation, length: number, start: number): boolean {
  if (detector.countsNews && start - totals.since < week) return false
  return isReady(group, length, start, offset)
}

function ceilingOf({ alwaysAbove, alwaysAboveIn }: Firing, length: number): number {
  return alwaysAboveIn?.get(length) ?? alwaysAbove
}

function judgeWindow(evaluation: Evaluation, k: number, observed: number): Verdict | null {
  const { detector, firing, state, panes, group, model, totals } = evaluation
  const length = detector.windows[k] as number
  const pane = panes[k] as number
  const { start, end } = windowEndingAt(pane, length)
  const ceiling = ceilingOf(firing, length)
  const overCeiling = observed >= ceiling
  const slot = state.slotOf(k)
  const judgement =
    model && canJudge(evaluation, length, start)
      ? judgeAmount(evaluation, model, k, start, end, observed)
      : null
  if (model && isOrdinary(judgement) && !overCeiling) return null
  const limit = model ? ceiling : Math.min(ceiling, firing.atLeast)
  const ruledBy = firing.ruledByIn?.get(length) ?? firing.ruledBy
  const place = { k, length, start, end, pane, observed, longest: length, ...(ruledBy && { ruledBy }) }
  const unjudged = {
    ...place,
    judgement: null,
    log10p: 0,
    tail: null,
    peak: 0,
    largest: model ? largestPeak(slot) : 0,
    entities: totals.members,
    peerCount: group.members,
    shares: detector.windows.length,
    budget: 0,
    threshold: 0,
    looks: 0,
    excess: 0,
    ...(Number.isFinite(limit) && { limit }),
  }
  if (!model) return { ...unjudged, reason: observed >= limit ? 'ceiling' : 'watching' }
  if (!judgement) return { ...unjudged, reason: 'ceiling' }
  const looks = model.looks(totals.members, activeRate(totals, k, model.halfLife), length)
  const budget = firing.budget / detector.windows.length
  const threshold = thresholdFor(budget, looks)
  const peak = recurringPeak(slot)
  const tail = tailOfGroup(group, k)
  const peakTail = log10PeakTail(observed, peak, length)
  const calibrated = calibrate(judgement.log10p, tail)
  const log10p = Math.max(calibrated, peakTail)
  if (log10p <= watchBelow) evaluation.scores[k] = -(calibrated < peakTail ? peakTail : judgement.log10p)
  const excess = Math.log10(threshold) - log10p
  const judged = { ...unjudged, judgement, log10p, tail, peak, budget, threshold, looks, excess }
  if (excess >= 0 && observed >= firing.atLeast) return { ...judged, reason: 'threshold' }
  if (overCeiling) return { ...judged, reason: 'ceiling' }
  return log10p <= watchBelow ? { ...judged, reason: 'watching' } : null
}

function judgeAmount(
  evaluation: Evaluation,
  model: BaselineModel,
  k: number,
  start: number,
  end: number,
  observed: number,
): Judgement | null {
  const { state, group, trials } = evaluation
  const judgement = model.judge(state.slotOf(k), group, start, end, observed, trials[k])
  if (isOrdinary(judgement)) noteQuiet(evaluation, k, observed)
  return judgement
}

/** What fires before what does not, then what surprises the model more, then the longer window. */
function isStronger(one: Verdict, other: Verdict): boolean {
  if (fires(one) !== fires(other)) return fires(one)
  return surpriseOf(one) >= surpriseOf(other)
}

/** log10(threshold / p) by the model alone: recurring peaks decide whether, not which window describes it best. */
function surpriseOf({ judgement, threshold }: Verdict): number {
  return judgement ? Math.log10(threshold) - judgement.log10p : 0
}
