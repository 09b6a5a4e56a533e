import { day, hour } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import { createAmountsModel } from '../baseline/amounts-model.ts'
import { createCountsModel } from '../baseline/counts-model.ts'
import { advanceGroup, type GroupModel, type GroupState, isReady } from '../baseline/group-state.ts'
import { GroupTable } from '../baseline/group-table.ts'
import { type Incident, Incidents, type VerdictWord } from '../baseline/incidents.ts'
import { catchUp, type Learner, type Lessons } from '../baseline/learning.ts'
import { MeasureRows } from '../baseline/measure-rows.ts'
import { knowledgeOf, type MeasureState, observedIn, restoreKnowledge } from '../baseline/measure-state.ts'
import type { BaselineModel, WindowSlot } from '../baseline/model.ts'
import { countActive, createOrgTotals, type OrgTotals } from '../baseline/org-totals.ts'
import { createRatioModel } from '../baseline/ratio-model.ts'
import { grantPeaks, notePeak } from '../baseline/recurring-peak.ts'
import { isSuspended, suspend } from '../baseline/suspension.ts'
import type { Detector, Firing, InForce } from '../definition/detector.ts'
import type { EntityTable } from '../entities/entity-table.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../firing/episodes.ts'
import { evaluate, type FiringVerdict, fires, isWorthALook, type Verdict } from '../firing/evaluate.ts'
import { sampleOf } from '../firing/evidence.ts'
import { toStatistics } from '../firing/explain.ts'
import { QuietBounds } from '../firing/quiet-bounds.ts'
import type { OrgTime } from '../org-time.ts'
import { hashText } from '../window/recent-values.ts'
import { paneAt, panesPerWindow } from '../window/window.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/** Watches how much an entity does in sliding windows: models `counts`, `amounts`, `ratio` and `none`. */
export class WindowWatcher implements Watcher {
  readonly #measures: MeasureRows
  readonly #groups: GroupTable
  readonly #totals: KeyedState<OrgTotals>
  readonly episodes: Episodes
  readonly #incidents: Incidents
  readonly #models = new Map<string, { offset: ZoneOffset; model: BaselineModel }>()
  readonly #inForce: InForce
  /** What each window of the entity at hand holds, and the pane with which it ends. */
  readonly #observed: Float64Array
  readonly #panes: Float64Array
  /** Of a ratio. */
  readonly #trials: Float64Array
  readonly #quiet = new QuietBounds()
  readonly #entityKind: { readonly type: string }
  /** The org whose event came last, and what belongs to it. */
  #lastOrg: OrgTime | null = null
  #lastModel: BaselineModel | null = null
  #lastTotalsOrg = ''
  #lastTotals: OrgTotals | null = null

  constructor(inForce: InForce, entities: EntityTable, emit: EmitDetection) {
    const { detector } = inForce
    const prefix = sectionPrefix(detector)
    const { windows, baseline, measure } = detector
    this.#inForce = inForce
    const groupModel = baseline.model === 'none' ? unmodelled : modelOf(detector, utc)
    this.#groups = new GroupTable(`${prefix}groups`, groupModel, windows.length)
    this.#measures = new MeasureRows({
      section: `${prefix}rows`,
      entities: entities.of(detector.entityType),
      windows,
      distinct: measure.kind === 'distinct',
      ratio: measure.kind === 'ratio',
      groupNumber: (orgId, name) => this.#groups.numberOf(orgId, name),
      groupName: (number) => this.#groups.nameOf(number),
    })
    this.#totals = new KeyedState(`${prefix}totals`)
    this.#incidents = new Incidents(`${prefix}incidents`)
    this.episodes = new Episodes({ prefix, inForce, explain: toStatistics, emit })
    this.#entityKind = { type: detector.entityType }
    this.#observed = new Float64Array(windows.length)
    this.#panes = new Float64Array(windows.length)
    this.#trials = new Float64Array(measure.kind === 'ratio' ? windows.length : 0)
  }

  get states(): readonly DurableState[] {
    return [
      this.#measures.rows,
      this.#groups.state,
      this.#totals,
      ...this.episodes.states,
      this.#incidents.state,
    ]
  }

  get entityCount(): number {
    return this.#measures.rows.size
  }

  replaced(before: Detector): void {
    if (before.baseline.halfLife === this.#detector.baseline.halfLife) return
    this.#models.clear()
    this.#lastOrg = null
    this.#quiet.clear()
  }

  process(activity: Activity, org: OrgTime): void {
    const detector = this.#detector
    const entityId = detector.idOf(activity)
    if (entityId === null) return
    const { measure } = detector
    const value = measure.kind === 'distinct' ? measure.valueOf(activity) : null
    if (measure.kind === 'distinct' && value === null) return
    const amount = amountOf(detector, activity)
    if (!(amount > 0) && measure.kind !== 'ratio') return

    const { time } = activity
    const totals = this.#totalsOf(org.ref.id, time)
    const model = this.#modelOf(org)
    const peers = detector.baseline.peersOf(activity, this.#entityKind)
    const groupNumber = this.#groups.numberOf(org.ref.id, peers)
    const group = this.#groupOf(org, groupNumber, time)
    const state = this.#stateOf(org, entityId, groupNumber, group, totals, time)
    this.#learn(org, state, group, totals, model, org.watermark)
    this.#measures.record(state, time, amount, value === null ? 0 : hashText(value))
    this.#measures.rows.touch(state.row)

    if (amount === 0) return
    this.#look(state, time)
    const verdict = this.#evaluate(detector.firesFor(activity), state, group, totals, model, org)
    if (verdict) this.#remark(verdict, activity, org, amount, state, model)
    if (model && !(fires(verdict) && isSuspended(state, time, time + 1))) this.#notePeaks(state, model, org)
  }

  get #detector(): Detector {
    return this.#inForce.detector
  }

  #evaluate(
    firing: Firing,
    state: MeasureState,
    group: GroupState,
    totals: OrgTotals,
    model: BaselineModel | null,
    { offset }: OrgTime,
  ): Verdict | null {
    const [observed, panes, trials, quiet] = [this.#observed, this.#panes, this.#trials, this.#quiet]
    let k = 0
    while (k < observed.length && !isWorthALook(observed[k] as number, firing, state.slotOf(k).length)) k++
    if (k === observed.length) return null
    const detector = this.#detector
    return evaluate({ detector, firing, state, observed, panes, trials, group, totals, model, quiet, offset })
  }

  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    const incident = this.#incidents.judge(key, episode, verdict)
    const row = this.#measures.rows.findKey(key)
    const model = this.#modelOf(org)
    if (!incident || row < 0 || !model) return
    const state = this.#measures.at(row)
    const group = this.#groupOf(org, state.group, state.head)
    contribute(state, group, model, -1)
    if (verdict === 'expected') {
      grant(incident, state, group, model)
    } else {
      restoreKnowledge(state, incident.before)
      suspend(state, incident.last, true)
    }
    contribute(state, group, model, 1)
    this.#measures.rows.touch(row)
    this.#groups.touch(state.group)
    this.#quiet.clear()
  }

  tick(org: OrgTime, time: number): void {
    this.episodes.tick(org, time)
    this.#totalsOf(org.ref.id, time)
    this.#sweep(org)
  }

  /** Forgets entities that have been idle for so long that their history weighs nothing. `orgOf` finds an org by its id. */
  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const { windows, baseline } = this.#detector
    const { rows } = this.#measures
    this.episodes.expire((key) => orgOf(orgIdOf(key))?.watermark)
    const idle = Math.max(4 * baseline.halfLife, 2 * (windows.at(-1) ?? 0), 30 * day)
    for (let row = 0; row < rows.end; row++) {
      if (!rows.isUsed(row)) continue
      const org = orgOf(rows.orgOf(row))
      const state = this.#measures.at(row)
      if (!org || org.watermark - state.head <= idle) continue
      const model = this.#modelOf(org)
      const group = this.#groupOf(org, state.group, state.head)
      if (model) contribute(state, group, model, -1)
      group.members--
      this.#totalsOf(org.ref.id, state.head).members--
      this.#groups.touch(state.group)
      this.#totals.touch(org.ref.id)
      rows.delete(row)
    }
    this.#quiet.clear()
    this.#incidents.expire((key) => {
      const row = rows.findKey(key)
      return row < 0 ? undefined : orgOf(rows.orgOf(row))?.watermark
    })
  }

  /**
   * Sets what each window holds. A window ends with the pane of the entity's newest event. An event that comes so late that its
   * pane has slid out of such a window is looked at in its fixed window, as far as that is not learned yet.
   */
  #look(state: MeasureState, time: number): void {
    for (let k = 0; k < state.slots.length; k++) {
      const { length } = state.slotOf(k)
      const head = paneAt(state.head, length)
      const slidOut = paneAt(time, length) <= head - panesPerWindow
      this.#panes[k] = slidOut ? (Math.floor(time / length) + 1) * panesPerWindow - 1 : head
      const amountIn = (slot: WindowSlot) =>
        slidOut ? this.#measures.waitingAt(state, slot, time) : observedIn(state, slot)
      this.#observed[k] = amountIn(state.slotOf(k))
      const trials = state.trials[k]
      if (trials) this.#trials[k] = amountIn(trials)
    }
  }

  #notePeaks(state: MeasureState, model: BaselineModel, org: OrgTime): void {
    const today = Math.floor((state.head + org.offset(state.head)) / day)
    for (let k = 0; k < state.slots.length; k++) {
      const slot = state.slotOf(k)
      if (this.#panes[k] === paneAt(state.head, slot.length))
        notePeak(slot, today, this.#observed[k] as number, model.halfLife)
    }
  }

  /** Gathers what is remarkable, and withholds it from learning where it fires. */
  #remark(
    verdict: Verdict,
    activity: Activity,
    org: OrgTime,
    amount: number,
    state: MeasureState,
    model: BaselineModel | null,
  ): void {
    const entity = this.#detector.entityOf(activity)
    if (!entity) return
    const key = entityKey(org.ref, entity.id)
    const { time } = activity
    const finding = fires(verdict) ? this.#toFinding(verdict, activity, state) : null
    const episode = this.episodes.take(key, { activity, entity, org, amount, finding })
    if (!model || !episode) return
    const observed = [...this.#observed]
    const incident = this.#incidents.note(key, { episode, time, observed }, () => knowledgeOf(state))
    if (incident.verdict === 'expected') grantPeaks(state.slots, incident.peaks)
    else if (finding) suspend(state, time, incident.verdict === 'true_positive')
  }

  /** Once an hour: what entities did that have been idle since is learned, so that little waits to be. */
  #sweep(org: OrgTime): void {
    const model = this.#modelOf(org)
    const totals = this.#totals.get(org.ref.id)
    if (!totals || org.watermark - totals.swept < hour) return
    totals.swept = org.watermark
    this.#totals.touch(org.ref.id)
    const { rows, waiting } = this.#measures
    for (let row = 0; row < rows.end; row++) {
      if (!waiting.has(row) || rows.orgOf(row) !== org.ref.id) continue
      const state = this.#measures.at(row)
      if (state.head >= org.watermark) continue
      const group = this.#groupOf(org, state.group, state.head)
      this.#learn(org, state, group, totals, model, org.watermark)
      rows.touch(row)
    }
  }

  #learn(
    org: OrgTime,
    state: MeasureState,
    group: GroupState,
    totals: OrgTotals,
    model: BaselineModel | null,
    time: number,
  ): void {
    if (time <= state.learnedTo) return
    const { waiting, rows } = this.#measures
    const { windows } = this.#detector
    this.#groups.touch(state.group)
    this.#totals.touch(org.ref.id)
    if (!model) catchUp(state, waiting, group, forgetful, time, noLessons)
    else
      catchUp(state, waiting, group, model, time, {
        teachingOf: (start, end) => {
          const said = this.#incidents.isEmpty
            ? null
            : this.#incidents.verdictIn(rows.keyOf(state.row), start, end)
          if (said === 'expected') return 'raw'
          return said === 'true_positive' || isSuspended(state, start, end) ? 'excluded' : 'winsorised'
        },
        isReady: (start, end) => isReady(group, end - start, start, org.offset),
        onActive: (window, teaching) => {
          countActive(totals, window.k, time, model.halfLife)
          if (!this.#incidents.isEmpty)
            this.#incidents.noteTaught(rows.keyOf(state.row), window, windows[window.k] as number, teaching)
        },
      })
  }

  #toFinding(verdict: FiringVerdict, activity: Activity, { since, group }: MeasureState): UnrankedFinding {
    const { observed, judgement, excess, length } = verdict
    const expected = judgement?.expected ?? 0
    const ratio = judgement ? observed / Math.max(expected, 1e-9) : 0
    return {
      verdict,
      found: { observed, expected, ratio, excess, window: length, activity, whole: verdict.whole ?? null },
      time: activity.time,
      trigger: sampleOf(activity),
      backfill: activity.backfill,
      known: { since, peers: this.#groups.nameOf(group) },
    }
  }

  #stateOf(
    org: OrgTime,
    entityId: string,
    groupNumber: number,
    group: GroupState,
    totals: OrgTotals,
    time: number,
  ): MeasureState {
    const orgId = org.ref.id
    const row = this.#measures.rows.find(orgId, entityId)
    if (row < 0) {
      group.members++
      totals.members++
      this.#groups.touch(groupNumber)
      this.#totals.touch(orgId)
      return this.#measures.add(orgId, entityId, groupNumber, time, org.watermark)
    }
    const state = this.#measures.at(row)
    if (state.group !== groupNumber) this.#move(state, org, groupNumber, group, time)
    return state
  }

  /** The entity belongs to other peers now: it takes its part of the sums along. */
  #move(state: MeasureState, org: OrgTime, groupNumber: number, group: GroupState, time: number): void {
    const model = this.#modelOf(org)
    const old = this.#groupOf(org, state.group, time)
    if (model) contribute(state, old, model, -1)
    old.members--
    this.#groups.touch(state.group)
    this.#groups.touch(groupNumber)
    this.#measures.setGroup(state.row, groupNumber)
    state.group = groupNumber
    if (model) contribute(state, group, model, 1)
    group.members++
  }

  #groupOf(org: OrgTime, number: number, time: number): GroupState {
    const model = this.#modelOf(org) ?? unmodelled
    const since = this.#groups.has(number) ? time : this.#watchedSince(org, number, time)
    const group = this.#groups.at(number, model, since)
    const to = org.watermark - shortest(this.#detector.windows)
    if (to > group.clock) {
      advanceGroup(group, model, to, org.offset)
      this.#groups.touch(number)
    }
    return group
  }

  /**
   * Since when the group has been watched: from the first event of the org on, though its first entity may come much later. A
   * detector of what hardly ever happens would otherwise miss the first time. Four weeks say all that a week's profile can tell.
   * Peers of their own begin with their first entity.
   */
  #watchedSince(org: OrgTime, group: number, time: number): number {
    const isWhole = this.#groups.nameOf(group) === this.#detector.entityType
    const since = Math.max(this.#totalsOf(org.ref.id, time).since, org.watermark - watchedAtMost)
    return isWhole ? Math.min(time, since) : time
  }

  /** Say so by `touch` where it is changed. */
  #totalsOf(orgId: string, time: number): OrgTotals {
    if (this.#lastTotals && orgId === this.#lastTotalsOrg) return this.#lastTotals
    let totals = this.#totals.get(orgId)
    if (!totals) {
      totals = createOrgTotals(this.#detector.windows.length, time)
      this.#totals.set(orgId, totals)
    }
    this.#lastTotals = totals
    this.#lastTotalsOrg = orgId
    return totals
  }

  #modelOf(org: OrgTime): BaselineModel | null {
    if (org !== this.#lastOrg) {
      this.#lastModel = this.#findModel(org)
      this.#lastOrg = org
    }
    return this.#lastModel
  }

  #findModel(org: OrgTime): BaselineModel | null {
    if (this.#detector.baseline.model === 'none') return null
    const known = this.#models.get(org.ref.id)
    if (known && known.offset === org.offset) return known.model
    const model = modelOf(this.#detector, org.offset)
    this.#models.set(org.ref.id, { offset: org.offset, model })
    return model
  }
}

const utc: ZoneOffset = () => 0

/** A group that begins late has been watched for so long at most, ms. */
const watchedAtMost = 27 * day

/** A detector without a model keeps no statistics of its groups, and nothing of what an entity did in the past. */
const unmodelled: GroupModel = {
  halfLife: day,
  sumsPerWindow: 0,
  priorsPerWindow: 0,
  renewPriors: () => undefined,
  factorOf: () => 1,
}
const forgetful: Learner = {
  contribute: () => undefined,
  learn: () => 0,
  idle: () => undefined,
  looksWhenIdle: false,
}
const noLessons: Lessons = {
  teachingOf: () => 'excluded',
  isReady: () => false,
  onActive: () => undefined,
}

/** What an activity counts; of a ratio, whether it is a hit. */
function amountOf({ measure, hits }: Detector, activity: Activity): number {
  if (measure.kind === 'sum') return measure.amountOf(activity)
  return measure.kind === 'ratio' && !hits?.(activity) ? 0 : 1
}

function modelOf({ baseline }: Detector, offset: ZoneOffset): BaselineModel {
  if (baseline.model === 'ratio') return createRatioModel(baseline.halfLife)
  const create = baseline.model === 'amounts' ? createAmountsModel : createCountsModel
  return create(baseline.halfLife, offset)
}

/** Learns in full what was held back of an episode, and does so from now on. */
function grant({ withheld, peaks }: Incident, state: MeasureState, group: GroupState, model: BaselineModel) {
  for (const { k, start, amount, trials } of withheld)
    model.makeUp(state.slotOf(k), group, start, amount, trials)
  grantPeaks(state.slots, peaks)
}

function contribute(state: MeasureState, group: GroupState, model: BaselineModel, sign: 1 | -1): void {
  for (const slot of state.slots) model.contribute(slot, group, sign)
}

function shortest(windows: readonly number[]): number {
  return windows[0] ?? 0
}
