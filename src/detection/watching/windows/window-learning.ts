import { hour } from '../../../duration.ts'
import { type GroupState, isReady } from '../../baseline/group-state.ts'
import type { Incidents } from '../../baseline/incidents.ts'
import { catchUp, type Learner, type Lessons } from '../../baseline/learning.ts'
import type { MeasureRows } from '../../baseline/measure-rows.ts'
import type { MeasureState } from '../../baseline/measure-state.ts'
import type { BaselineModel, Teaching } from '../../baseline/model.ts'
import { countActive, type OrgTotals } from '../../baseline/org-totals.ts'
import { isSuspended } from '../../baseline/suspension.ts'
import type { OrgTime } from '../../org-time.ts'
import type { PeerBaselines } from './peer-baselines.ts'

/** Of a detector without a model nothing is kept of what an entity did in the past. */
const forgetful: Learner = {
  contribute: () => undefined,
  learn: () => undefined,
  idle: () => undefined,
  looksWhenIdle: false,
}
const noLessons: Lessons = {
  teachingOf: () => 'excluded',
  isReady: () => false,
  onActive: () => undefined,
}

export type WindowLearningOptions = {
  readonly measures: MeasureRows
  readonly peers: PeerBaselines
  readonly incidents: Incidents
  /** Lengths in ms, ascending. */
  readonly windows: readonly number[]
}

/** What one entity is learned with: its row, its group, its org's totals and the model. */
export type Pupil = {
  readonly state: MeasureState
  readonly group: GroupState
  readonly totals: OrgTotals
  readonly model: BaselineModel | null
}

/** Learns what entities did, once it is over and can no longer change. */
export class WindowLearning {
  readonly #options: WindowLearningOptions

  constructor(options: WindowLearningOptions) {
    this.#options = options
  }

  /** Learns every fixed window of the entity that has ended by the org's watermark. */
  learn(org: OrgTime, { state, group, totals, model }: Pupil): void {
    const time = org.watermark
    if (time <= state.learnedTo) return
    const { measures, peers, incidents, windows } = this.#options
    peers.groups.touch(state.group)
    peers.totals.touch(org.ref.id)
    if (!model) {
      catchUp(state, measures.waiting, group, forgetful, time, noLessons)
      return
    }
    catchUp(state, measures.waiting, group, model, time, {
      teachingOf: (start, end) => this.#teachingOf(state, start, end),
      isReady: (start, end) => isReady(group, end - start, start, org.offset),
      onActive: (window, teaching) => {
        countActive(totals, window.k, time, model.halfLife)
        if (!incidents.isEmpty)
          incidents.noteTaught(measures.rows.keyOf(state.row), window, windows[window.k] as number, teaching)
      },
    })
  }

  /** Once an hour: what entities did that have been idle since is learned, so that little waits to be. */
  sweep(org: OrgTime): void {
    const { measures, peers } = this.#options
    const totals = peers.totals.get(org.ref.id)
    if (!totals || org.watermark - totals.swept < hour) return
    totals.swept = org.watermark
    peers.totals.touch(org.ref.id)
    const model = peers.modelOf(org)
    const { rows, waiting } = measures
    for (let row = 0; row < rows.end; row++) {
      if (!waiting.has(row) || rows.orgOf(row) !== org.ref.id) continue
      const state = measures.at(row)
      if (state.head >= org.watermark) continue
      const group = peers.groupOf(org, state.group, state.head)
      this.learn(org, { state, group, totals, model })
      rows.touch(row)
    }
  }

  #teachingOf(state: MeasureState, start: number, end: number): Teaching {
    const { measures, incidents } = this.#options
    const said = incidents.isEmpty ? null : incidents.verdictIn(measures.rows.keyOf(state.row), start, end)
    if (said === 'expected') return 'raw'
    return said === 'true_positive' || isSuspended(state, start, end) ? 'excluded' : 'winsorised'
  }
}
