import { day } from '../../../duration.ts'
import type { MeasureRows } from '../../baseline/measure-rows.ts'
import { type MeasureState, observedIn } from '../../baseline/measure-state.ts'
import type { BaselineModel, WindowSlot } from '../../baseline/model.ts'
import { notePeak } from '../../baseline/recurring-peak.ts'
import type { Detection } from '../../detection.ts'
import { nearlyAll } from '../../firing/span.ts'
import type { OrgTime } from '../../org-time.ts'
import { firstPaneOf, paneAt, paneStart, panesPerWindow } from '../../window/window.ts'

/** What the windows of the entity at hand hold; one object for all, set anew for each event. */
export class WindowSight {
  readonly #measures: MeasureRows
  /** By window: what it holds, and the pane with which it ends. */
  readonly observed: Float64Array
  readonly panes: Float64Array
  /** Of a ratio. */
  readonly trials: Float64Array
  /** How surprising each of them is, as far as that was judged. */
  readonly scores: Float64Array

  constructor(measures: MeasureRows, windows: number, isRatio: boolean) {
    this.#measures = measures
    this.observed = new Float64Array(windows)
    this.panes = new Float64Array(windows)
    this.trials = new Float64Array(isRatio ? windows : 0)
    this.scores = new Float64Array(windows)
  }

  /**
   * Looks at an entity with an event at `time` (ms). A window ends with the pane of the entity's newest event. An event that comes
   * so late that its pane has slid out of such a window is looked at in its fixed window, as far as that is not learned yet.
   */
  look(state: MeasureState, time: number): void {
    const { head, slots, trials } = state
    this.scores.fill(0)
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k] as WindowSlot
      const { length } = slot
      const last = paneAt(head, length)
      const slidOut = paneAt(time, length) <= last - panesPerWindow
      this.panes[k] = slidOut ? (Math.floor(time / length) + 1) * panesPerWindow - 1 : last
      this.observed[k] = this.#amountIn(slot, state, slidOut, time)
      if (trials.length > 0) this.trials[k] = this.#amountIn(trials[k] as WindowSlot, state, slidOut, time)
    }
  }

  /**
   * Between which times nearly all of what a window holds came at `time`, ms: as the panes of the shortest window tell that holds
   * as much.
   */
  spanOf(observed: number, time: number, { head, slots }: MeasureState): Detection['span'] {
    for (const { k, length, cells, base } of slots) {
      const pane = this.panes[k] as number
      if (pane !== paneAt(head, length) || (this.observed[k] as number) < nearlyAll * observed) continue
      const since = paneStart(firstPaneOf(cells, base, pane, nearlyAll * observed), length)
      return since <= time ? { since, until: time } : undefined
    }
    return undefined
  }

  /** Notes what of this the entity never reached before today. */
  notePeaks({ head, slots }: MeasureState, { halfLife }: BaselineModel, { offset }: OrgTime): void {
    const today = Math.floor((head + offset(head)) / day)
    for (let k = 0; k < slots.length; k++) {
      const slot = slots[k] as WindowSlot
      if (this.panes[k] === paneAt(head, slot.length))
        notePeak(slot, today, this.observed[k] as number, halfLife)
    }
  }

  #amountIn(slot: WindowSlot, state: MeasureState, slidOut: boolean, time: number): number {
    return slidOut ? this.#measures.waitingAt(state, slot, time) : observedIn(slot)
  }
}
