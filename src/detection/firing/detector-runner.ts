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
import { catchUp, slotOf } from '../baseline/learning.ts'
import {
  createMeasureState,
  type MeasureState,
  measureStateCodec,
  observedIn,
  record,
} from '../baseline/measure-state.ts'
import type { BaselineModel } from '../baseline/model.ts'
import { countActive, createOrgTotals, type OrgTotals } from '../baseline/org-totals.ts'
import { notePeak } from '../baseline/recurring-peak.ts'
import { isSuspended, suspend } from '../baseline/suspension.ts'
import type { Detector } from '../definition/detector.ts'
import type { Detection, Entity, OrgRef } from '../detection.ts'
import { hashText } from '../window/recent-values.ts'
import { admit, type Episode, type Finding, isOver, noteEmitted, takePending } from './episode.ts'
import { evaluate, type FiringVerdict, fires, type Verdict } from './evaluate.ts'
import { collect, createEvidence, sampleOf } from './evidence.ts'
import { toStatistics } from './explain.ts'
import { toDetection } from './to-detection.ts'

/** An org as the detectors need it: who it is, its clock, and how far its event time has come. */
export type OrgTime = { readonly ref: OrgRef; readonly offset: ZoneOffset; readonly watermark: number }

export type EmitDetection = (detection: Detection) => void

/** Keyed states per detector: section names end so. */
const parts = ['entities', 'groups', 'totals', 'episodes'] as const

/** The part of a section's name that says whose state it is: it changes when what is measured changes. */
export function sectionPrefix({ id, measureHash }: Detector): string {
  return `${id}/${measureHash}/`
}

/** One detector over one partition: its keyed state, and the road from an activity to a detection. */
export class DetectorRunner {
  readonly #entities: KeyedState<MeasureState>
  readonly #groups: KeyedState<GroupState>
  readonly #totals: KeyedState<OrgTotals>
  readonly #episodes: KeyedState<Episode>
  readonly #models = new Map<string, { offset: ZoneOffset; model: BaselineModel }>()
  readonly #emit: EmitDetection
  #detector: Detector
  #set: string

  constructor(detector: Detector, set: string, emit: EmitDetection) {
    const prefix = sectionPrefix(detector)
    const [entities, groups, totals, episodes] = parts
    this.#detector = detector
    this.#set = set
    this.#emit = emit
    this.#entities = new KeyedState(prefix + entities, measureStateCodec)
    this.#groups = new KeyedState(
      prefix + groups,
      groupCodec(
        detector.baseline.model === 'none' ? unmodelled : modelOf(detector, utc),
        detector.windows.length,
      ),
    )
    this.#totals = new KeyedState(prefix + totals)
    this.#episodes = new KeyedState(prefix + episodes)
  }

  get id(): string {
    return this.#detector.id
  }

  get states(): readonly DurableState[] {
    return [this.#entities, this.#groups, this.#totals, this.#episodes]
  }

  get entityCount(): number {
    return this.#entities.size
  }

  mayWant(action: Action): boolean {
    return this.#detector.actions?.includes(action) ?? true
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
    if (!detector.wants(activity)) return
    const entity = detector.entityOf(activity)
    if (!entity) return
    const { measure, windows } = detector
    const value = measure.kind === 'distinct' ? measure.valueOf(activity) : null
    if (measure.kind === 'distinct' && value === null) return
    const amount = measure.kind === 'sum' ? measure.amountOf(activity) : 1
    if (!(amount > 0)) return

    const key = `${org.ref.id}\0${entity.id}`
    const { time } = activity
    const totals = this.#totalsOf(org.ref.id, time)
    const model = this.#modelOf(org)
    const groupName = detector.baseline.peersOf(activity, entity)
    const group = this.#groupOf(org, groupName, time)
    const state = this.#entityOf(key, org, groupName, group, totals, time)
    if (model) this.#learn(state, group, totals, model, Math.max(org.watermark, time - shortest(windows)))
    record(state, windows, time, amount, value === null ? 0 : hashText(value))
    this.#entities.touch(key)

    const observed = windows.map((_, k) => observedIn(state, windows, k))
    const firing = detector.firesFor(activity)
    const verdict = evaluate({ detector, firing, state, observed, group, totals, model, offset: org.offset })
    if (fires(verdict)) suspend(state, time)
    if (model && !(fires(verdict) && isSuspended(state, time, time + 1))) {
      const today = Math.floor((time + org.offset(time)) / day)
      for (let k = 0; k < windows.length; k++)
        notePeak(slotOf(state, k, windows[k] as number), today, observed[k] as number, model.halfLife)
    }
    if (verdict) this.#take(verdict, activity, entity, org, key, amount)
  }

  /** Event time of an org went on: says what is still to be said of its episodes, and forgets those that are over. */
  tick(org: OrgTime, time: number): void {
    const shortestWindow = shortest(this.#detector.windows)
    const due: { key: string; episode: Episode }[] = []
    for (const [key, episode] of this.#episodes.entries()) {
      if (episode.org.id === org.ref.id) due.push({ key, episode })
    }
    due.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const { key, episode } of due) {
      const finding = takePending(episode, time)
      if (finding) {
        this.#report(org, episode, finding, key)
        this.#episodes.touch(key)
      }
      if (isOver(episode, time, shortestWindow)) this.#episodes.delete(key)
    }
  }

  /** Forgets entities that have been idle for so long that their history weighs nothing. `orgOf` finds an org by its id. */
  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const { windows, baseline } = this.#detector
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
  }

  #learn(
    state: MeasureState,
    group: GroupState,
    totals: OrgTotals,
    model: BaselineModel,
    time: number,
  ): void {
    const { windows } = this.#detector
    catchUp(state, group, model, windows, time, (k) => countActive(totals, k, time, model.halfLife))
  }

  #take(
    verdict: Verdict,
    activity: Activity,
    entity: Entity,
    org: OrgTime,
    key: string,
    amount: number,
  ): void {
    let episode = this.#episodes.get(key)
    if (!episode) {
      episode = { org: org.ref, entity, evidence: createEvidence(), seen: activity.time, detected: null }
      this.#episodes.set(key, episode)
    }
    this.#episodes.touch(key)
    if (entity.name !== undefined) episode.entity = entity
    episode.seen = Math.max(episode.seen, activity.time)
    collect(episode.evidence, activity, amount, entity.type)
    if (!fires(verdict)) return
    const finding = this.#toFinding(verdict, activity)
    if (admit(episode, finding, amount, this.#detector.id)) this.#report(org, episode, finding, key)
  }

  #toFinding(verdict: FiringVerdict, activity: Activity): Finding {
    const { observed, judgement, excess, length } = verdict
    const expected = judgement?.expected ?? 0
    const ratio = judgement ? observed / Math.max(expected, 1e-9) : 0
    const level = this.#detector.levelFor({ observed, expected, ratio, excess, window: length, activity })
    return {
      verdict,
      level,
      time: activity.time,
      trigger: sampleOf(activity),
      backfill: activity.backfill,
    }
  }

  #report(org: OrgTime, episode: Episode, finding: Finding, key: string): void {
    if (!episode.detected) return
    const { id, since } = episode.detected
    const sequence = noteEmitted(episode.detected, finding)
    const state = this.#entities.get(key)
    const known = { history: finding.time - (state?.since ?? since), peers: state?.group ?? '' }
    const statistics = toStatistics(finding.verdict, this.#modelOf(org), known)
    const source = { detector: this.#detector, set: this.#set }
    this.#emit(toDetection(source, episode, { id, sequence }, finding, statistics))
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

function orgIdOf(key: string): string {
  return key.slice(0, key.indexOf('\0'))
}

function shortest(windows: readonly number[]): number {
  return windows[0] ?? 0
}
