import { day } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Action, Activity } from '../activity/activity.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import { createAmountsModel } from '../baseline/amounts-model.ts'
import { createCountsModel } from '../baseline/counts-model.ts'
import {
  advanceGroup,
  createGroup,
  type GroupModel,
  type GroupState,
  groupCodec,
} from '../baseline/group-state.ts'
import { type Incident, Incidents, type VerdictWord } from '../baseline/incidents.ts'
import { catchUp, slotOf } from '../baseline/learning.ts'
import {
  createMeasureState,
  knowledgeOf,
  type MeasureState,
  measureStateCodec,
  observedIn,
  record,
  restoreKnowledge,
} from '../baseline/measure-state.ts'
import type { BaselineModel, WindowSlot } from '../baseline/model.ts'
import { countActive, createOrgTotals, type OrgTotals } from '../baseline/org-totals.ts'
import { grantPeaks, notePeak } from '../baseline/recurring-peak.ts'
import { isSuspended, suspend } from '../baseline/suspension.ts'
import type { Detector } from '../definition/detector.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../firing/episodes.ts'
import { evaluate, type FiringVerdict, fires } from '../firing/evaluate.ts'
import { sampleOf } from '../firing/evidence.ts'
import { toStatistics } from '../firing/explain.ts'
import type { OrgTime } from '../org-time.ts'
import { hashText } from '../window/recent-values.ts'
import { entityKey, mayWant, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/** Watches how much an entity does in sliding windows: models `counts`, `amounts` and `none`. */
export class WindowWatcher implements Watcher {
  readonly #entities: KeyedState<MeasureState>
  readonly #groups: KeyedState<GroupState>
  readonly #totals: KeyedState<OrgTotals>
  readonly #episodes: Episodes
  readonly #incidents: Incidents
  readonly #models = new Map<string, { offset: ZoneOffset; model: BaselineModel }>()
  #detector: Detector
  #set: string

  constructor(detector: Detector, set: string, emit: EmitDetection) {
    const prefix = sectionPrefix(detector)
    this.#detector = detector
    this.#set = set
    this.#entities = new KeyedState(`${prefix}entities`, measureStateCodec)
    this.#groups = new KeyedState(
      `${prefix}groups`,
      groupCodec(
        detector.baseline.model === 'none' ? unmodelled : modelOf(detector, utc),
        detector.windows.length,
      ),
    )
    this.#totals = new KeyedState(`${prefix}totals`)
    this.#incidents = new Incidents(`${prefix}incidents`)
    this.#episodes = new Episodes({
      prefix,
      source: () => ({ detector: this.#detector, set: this.#set }),
      explain: (finding, org) => toStatistics(finding, this.#modelOf(org)),
      emit,
    })
  }

  get id(): string {
    return this.#detector.id
  }

  get states(): readonly DurableState[] {
    return [this.#entities, this.#groups, this.#totals, ...this.#episodes.states, this.#incidents.state]
  }

  get entityCount(): number {
    return this.#entities.size
  }

  mayWant(action: Action): boolean {
    return mayWant(this.#detector, action)
  }

  /** Goes on with a detector that measures the same but may fire, rank or tell otherwise. */
  replace(detector: Detector, set: string): void {
    if (detector.baseline.halfLife !== this.#detector.baseline.halfLife) this.#models.clear()
    this.#detector = detector
    this.#set = set
  }

  /** Counts one activity if the detector wants it, and emits what it leads to. */
  process(activity: Activity, org: OrgTime): void {
    const detector = this.#detector
    this.#episodes.witness(activity, org, (entity) => entityKey(org.ref, entity.id))
    if (!detector.wants(activity)) return
    const entity = detector.entityOf(activity)
    if (!entity) return
    const { measure, windows } = detector
    const value = measure.kind === 'distinct' ? measure.valueOf(activity) : null
    if (measure.kind === 'distinct' && value === null) return
    const amount = measure.kind === 'sum' ? measure.amountOf(activity) : 1
    if (!(amount > 0)) return

    const key = entityKey(org.ref, entity.id)
    const { time } = activity
    const totals = this.#totalsOf(org.ref.id, time)
    const model = this.#modelOf(org)
    const groupName = detector.baseline.peersOf(activity, entity)
    const group = this.#groupOf(org, groupName, time)
    const state = this.#entityOf(key, org, groupName, group, totals, time)
    if (model)
      this.#learn(key, state, group, totals, model, Math.max(org.watermark, time - shortest(windows)))
    record(state, windows, time, amount, value === null ? 0 : hashText(value))
    this.#entities.touch(key)

    const observed = windows.map((_, k) => observedIn(state, windows, k))
    const firing = detector.firesFor(activity)
    const verdict = evaluate({ detector, firing, state, observed, group, totals, model, offset: org.offset })
    const finding = fires(verdict) ? this.#toFinding(verdict, activity, state) : null
    const episode = verdict && this.#episodes.take(key, { activity, entity, org, amount, finding })
    if (model && episode) {
      const incident = this.#incidents.note(key, { episode, time, observed }, () => knowledgeOf(state))
      if (incident.verdict === 'expected') grantPeaks(this.#slotsOf(state), incident.peaks)
      else if (finding) suspend(state, time, incident.verdict === 'true_positive')
    }
    if (model && !(fires(verdict) && isSuspended(state, time, time + 1))) {
      const today = Math.floor((time + org.offset(time)) / day)
      for (let k = 0; k < windows.length; k++)
        notePeak(slotOf(state, k, windows[k] as number), today, observed[k] as number, model.halfLife)
    }
  }

  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    const incident = this.#incidents.judge(key, episode, verdict)
    const state = this.#entities.get(key)
    const model = this.#modelOf(org)
    if (!incident || !state || !model) return
    const group = this.#groupOf(org, state.group, state.head)
    this.#contribute(state, group, model, -1)
    if (verdict === 'expected') {
      this.#grant(incident, state, group, model)
    } else {
      restoreKnowledge(state, incident.before)
      suspend(state, incident.last, true)
    }
    this.#contribute(state, group, model, 1)
    this.#entities.touch(key)
  }

  /** Learns in full what was held back of an episode, and does so from now on. */
  #grant({ withheld, peaks }: Incident, state: MeasureState, group: GroupState, model: BaselineModel): void {
    const slots = this.#slotsOf(state)
    for (const { k, start, amount } of withheld) model.makeUp(slots[k] as WindowSlot, group, start, amount)
    grantPeaks(slots, peaks)
  }

  #slotsOf(state: MeasureState): readonly WindowSlot[] {
    return this.#detector.windows.map((length, k) => slotOf(state, k, length))
  }

  tick(org: OrgTime, time: number): void {
    this.#episodes.tick(org, time)
  }

  /** Forgets entities that have been idle for so long that their history weighs nothing. `orgOf` finds an org by its id. */
  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const { windows, baseline } = this.#detector
    this.#episodes.expire((key) => orgOf(orgIdOf(key))?.watermark)
    const idle = Math.max(4 * baseline.halfLife, 2 * (windows.at(-1) ?? 0), 30 * day)
    for (const [key, state] of this.#entities.entries()) {
      const org = orgOf(orgIdOf(key))
      if (!org || org.watermark - state.head <= idle) continue
      const model = this.#modelOf(org)
      const group = this.#groupOf(org, state.group, state.head)
      if (model) this.#contribute(state, group, model, -1)
      group.members--
      this.#totalsOf(org.ref.id, state.head).members--
      this.#totals.touch(org.ref.id)
      this.#groups.touch(groupKey(org.ref.id, state.group))
      this.#entities.delete(key)
    }
    this.#incidents.expire((key) => (this.#entities.get(key) ? orgOf(orgIdOf(key))?.watermark : undefined))
  }

  #learn(
    key: string,
    state: MeasureState,
    group: GroupState,
    totals: OrgTotals,
    model: BaselineModel,
    time: number,
  ): void {
    const { windows } = this.#detector
    catchUp(state, group, model, windows, time, {
      teachingOf: (start, end) => {
        const said = this.#incidents.verdictIn(key, start, end)
        if (said === 'expected') return 'raw'
        return said === 'true_positive' || isSuspended(state, start, end) ? 'excluded' : 'winsorised'
      },
      onActive: (window, teaching) => {
        countActive(totals, window.k, time, model.halfLife)
        this.#incidents.noteTaught(key, window, windows[window.k] as number, teaching)
      },
    })
  }

  #toFinding(verdict: FiringVerdict, activity: Activity, { since, group }: MeasureState): UnrankedFinding {
    const { observed, judgement, excess, length } = verdict
    const expected = judgement?.expected ?? 0
    const ratio = judgement ? observed / Math.max(expected, 1e-9) : 0
    return {
      verdict,
      found: { observed, expected, ratio, excess, window: length, activity },
      time: activity.time,
      trigger: sampleOf(activity),
      backfill: activity.backfill,
      known: { since, peers: group },
    }
  }

  #entityOf(
    key: string,
    org: OrgTime,
    groupName: string,
    group: GroupState,
    totals: OrgTotals,
    time: number,
  ): MeasureState {
    const known = this.#entities.get(key)
    if (!known) {
      const { windows, measure } = this.#detector
      const state = createMeasureState(windows.length, time, groupName, measure.kind === 'distinct')
      this.#entities.set(key, state)
      group.members++
      totals.members++
      return state
    }
    if (known.group !== groupName) this.#move(known, org, group, groupName, time)
    return known
  }

  /** The entity belongs to other peers now: it takes its part of the sums along. */
  #move(state: MeasureState, org: OrgTime, group: GroupState, groupName: string, time: number): void {
    const model = this.#modelOf(org)
    const old = this.#groupOf(org, state.group, time)
    if (model) this.#contribute(state, old, model, -1)
    old.members--
    state.group = groupName
    if (model) this.#contribute(state, group, model, 1)
    group.members++
  }

  #contribute(state: MeasureState, group: GroupState, model: BaselineModel, sign: 1 | -1): void {
    for (const [k, length] of this.#detector.windows.entries())
      model.contribute(slotOf(state, k, length), group, sign)
  }

  #groupOf(org: OrgTime, name: string, time: number): GroupState {
    const key = groupKey(org.ref.id, name)
    const model = this.#modelOf(org) ?? unmodelled
    let group = this.#groups.get(key)
    if (!group) {
      group = createGroup(model, this.#detector.windows.length, time)
      this.#groups.set(key, group)
    } else {
      this.#groups.touch(key)
    }
    advanceGroup(group, model, org.watermark - shortest(this.#detector.windows), org.offset)
    return group
  }

  #totalsOf(orgId: string, time: number): OrgTotals {
    let totals = this.#totals.get(orgId)
    if (!totals) {
      totals = createOrgTotals(this.#detector.windows.length, time)
      this.#totals.set(orgId, totals)
    }
    this.#totals.touch(orgId)
    return totals
  }

  #modelOf(org: OrgTime): BaselineModel | null {
    if (this.#detector.baseline.model === 'none') return null
    const known = this.#models.get(org.ref.id)
    if (known && known.offset === org.offset) return known.model
    const model = modelOf(this.#detector, org.offset)
    this.#models.set(org.ref.id, { offset: org.offset, model })
    return model
  }
}

const utc: ZoneOffset = () => 0

/** A detector without a model keeps no statistics of its groups. */
const unmodelled: GroupModel = {
  halfLife: day,
  sumsPerWindow: 0,
  priorsPerWindow: 0,
  renewPriors: () => undefined,
  factorOf: () => 1,
}

function modelOf({ baseline }: Detector, offset: ZoneOffset): BaselineModel {
  const create = baseline.model === 'amounts' ? createAmountsModel : createCountsModel
  return create(baseline.halfLife, offset)
}

function groupKey(orgId: string, group: string): string {
  return `${orgId}\0${group}`
}

function shortest(windows: readonly number[]): number {
  return windows[0] ?? 0
}
