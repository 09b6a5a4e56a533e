import { day } from '../../../duration.ts'
import type { DurableState } from '../../../stream/keyed-state.ts'
import type { Activity } from '../../activity/activity.ts'
import { keepSurprises, settleSurprises } from '../../baseline/calibration.ts'
import type { GroupState } from '../../baseline/group-state.ts'
import { type Incident, Incidents, type VerdictWord } from '../../baseline/incidents.ts'
import { MeasureRows } from '../../baseline/measure-rows.ts'
import { knowledgeOf, type MeasureState, restoreKnowledge } from '../../baseline/measure-state.ts'
import type { BaselineModel } from '../../baseline/model.ts'
import { grantPeaks } from '../../baseline/recurring-peak.ts'
import { isSuspended, suspend } from '../../baseline/suspension.ts'
import type { Detector, FoundByWatcher, InForce, Interest } from '../../definition/detector.ts'
import type { EntityTable } from '../../entities/entity-table.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../../firing/episodes.ts'
import { evaluate, type FiringVerdict, fires, ordinaryRoom, type Verdict } from '../../firing/evaluate.ts'
import { sampleOf } from '../../firing/evidence.ts'
import { toStatistics } from '../../firing/explain.ts'
import { QuietBounds } from '../../firing/quiet-bounds.ts'
import type { OrgTime } from '../../org-time.ts'
import { hashText } from '../../window/recent-values.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from '../watcher.ts'
import { type Burst, Bursts } from './bursts.ts'
import { PeerBaselines } from './peer-baselines.ts'
import { contribute, PeerMembers } from './peer-members.ts'
import { WindowLearning } from './window-learning.ts'
import { WindowSight } from './window-sight.ts'

/** Watches how much an entity does in sliding windows: models `counts`, `amounts`, `ratio` and `none`. */
export class WindowWatcher implements Watcher {
  readonly #measures: MeasureRows
  readonly #peers: PeerBaselines
  readonly #learning: WindowLearning
  readonly episodes: Episodes
  readonly #incidents: Incidents
  readonly #inForce: InForce
  readonly #members: PeerMembers
  readonly #sight: WindowSight
  readonly #quiet = new QuietBounds()
  readonly #bursts = new Bursts()
  /** Whether it makes no difference if two amounts are counted at once. */
  readonly #addsUp: boolean
  readonly #entityKind: { readonly type: string }

  constructor(inForce: InForce, entities: EntityTable, emit: EmitDetection) {
    const { detector } = inForce
    const prefix = sectionPrefix(detector)
    const { windows, measure } = detector
    this.#inForce = inForce
    this.#addsUp = measure.kind === 'count' || measure.kind === 'sum'
    const peers = new PeerBaselines(inForce)
    this.#peers = peers
    this.#measures = new MeasureRows({
      section: `${prefix}rows`,
      entities: entities.of(detector.entityType),
      windows,
      distinct: measure.kind === 'distinct',
      ratio: measure.kind === 'ratio',
      groupNumber: (orgId, name) => peers.groups.numberOf(orgId, name),
      groupName: (number) => peers.groups.nameOf(number),
    })
    this.#incidents = new Incidents(`${prefix}incidents`)
    this.#learning = new WindowLearning({
      measures: this.#measures,
      peers,
      incidents: this.#incidents,
      windows,
    })
    this.episodes = new Episodes({ prefix, inForce, explain: toStatistics, emit })
    this.#entityKind = { type: detector.entityType }
    this.#members = new PeerMembers(this.#measures, peers)
    this.#sight = new WindowSight(this.#measures, windows.length, measure.kind === 'ratio')
  }

  get states(): readonly DurableState[] {
    const { rows } = this.#measures
    const counted = {
      section: rows.section,
      restore: (key: string, bytes: Buffer) => rows.restore(key, bytes),
      takeChanges: () => {
        this.#countAll()
        return rows.takeChanges()
      },
    }
    return [counted, ...this.#peers.states, ...this.episodes.states, this.#incidents.state]
  }

  replaced(before: Detector): void {
    this.#countAll()
    if (before.baseline.halfLife === this.#detector.baseline.halfLife) return
    this.#peers.renewModels()
    this.#quiet.clear()
  }

  process(activity: Activity, org: OrgTime, { firesFor }: Pick<Interest, 'firesFor'> = this.#detector): void {
    const detector = this.#detector
    const entityId = detector.idOf(activity)
    if (entityId === null) return
    const { measure } = detector
    const value = measure.kind === 'distinct' ? measure.valueOf(activity) : null
    if (measure.kind === 'distinct' && value === null) return
    const amount = amountOf(detector, activity)
    if (!(amount > 0) && measure.kind !== 'ratio') return

    const { time } = activity
    const totals = this.#peers.totalsOf(org.ref.id, time)
    const model = this.#peers.modelOf(org)
    const peers = detector.baseline.peersOf(activity, this.#entityKind)
    const groupNumber = this.#peers.groups.numberOf(org.ref.id, peers)
    const firing = firesFor(activity)
    const row = this.#measures.rows.find(org.ref.id, entityId)
    if (row >= 0 && this.#bursts.add({ row, group: groupNumber, firing, org }, time, amount)) {
      this.#measures.rows.touch(row)
      return
    }
    this.#count(row < 0 ? null : this.#bursts.take(row))
    const group = this.#peers.groupOf(org, groupNumber, time)
    const membership = { number: groupNumber, group, totals }
    const state =
      row < 0
        ? this.#members.join(org, entityId, membership, time)
        : this.#members.at(row, org, membership, time)
    if (org.watermark > state.learnedTo) this.#learning.learn(org, { state, group, totals, model })
    if (settleSurprises(state, group, time)) this.#peers.groups.touch(groupNumber)
    this.#measures.record(state, time, amount, value === null ? 0 : hashText(value))
    this.#measures.rows.touch(state.row)

    if (amount === 0) return
    this.#sight.look(state, time)
    const { observed, panes, trials, scores } = this.#sight
    const evaluation = {
      ...{ detector, firing, state, group, totals, model, offset: org.offset },
      ...{ observed, panes, trials, scores, quiet: this.#quiet },
    }
    const verdict = evaluate(evaluation)
    if (verdict) {
      keepSurprises(state, scores)
      this.#remark(verdict, activity, org, amount, state, model)
    } else if (this.#gathersAll) {
      this.#gather(activity, org, amount)
    } else if (this.#addsUp && row >= 0 && time >= state.head && this.#bursts.expects(row)) {
      const footing = { row, group: groupNumber, firing, org }
      this.#bursts.begin(footing, time, ordinaryRoom(evaluation))
    }
    if (model && !(fires(verdict) && isSuspended(state, time, time + 1)))
      this.#sight.notePeaks(state, model, org)
  }

  /** Whoever does something new is rare, and each of them may have to be named. */
  get #gathersAll(): boolean {
    return this.#detector.countsNews && this.#detector.measure.kind === 'distinct'
  }

  get #detector(): Detector {
    return this.#inForce.detector
  }

  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    this.#countAll()
    const incident = this.#incidents.judge(key, episode, verdict)
    const row = this.#measures.rows.findKey(key)
    const model = this.#peers.modelOf(org)
    if (!incident || row < 0 || !model) return
    const state = this.#measures.at(row)
    const group = this.#peers.groupOf(org, state.group, state.head)
    contribute(state, group, model, -1)
    if (verdict === 'expected') {
      grant(incident, state, group, model)
    } else {
      restoreKnowledge(state, incident.before)
      suspend(state, incident.last, true)
    }
    contribute(state, group, model, 1)
    this.#measures.rows.touch(row)
    this.#peers.groups.touch(state.group)
    this.#quiet.clear()
  }

  tick(org: OrgTime, time: number): void {
    this.#countAll()
    this.episodes.tick(org, time)
    this.#peers.totalsOf(org.ref.id, time)
    this.#learning.sweep(org)
  }

  /** Forgets entities that have been idle for so long that their history weighs nothing. `orgOf` finds an org by its id. */
  expire(orgOf: (id: string) => OrgTime | undefined): void {
    this.#countAll()
    const { windows, baseline } = this.#detector
    const { rows } = this.#measures
    this.episodes.expire((key) => orgOf(orgIdOf(key))?.watermark)
    const idle = Math.max(4 * baseline.halfLife, 2 * (windows.at(-1) ?? 0), 30 * day)
    for (let row = 0; row < rows.end; row++) {
      if (!rows.isUsed(row)) continue
      const org = orgOf(rows.orgOf(row))
      const state = this.#measures.at(row)
      if (org && org.watermark - state.head > idle) this.#members.leave(state, org)
    }
    this.#quiet.clear()
    this.#incidents.expire((key) => {
      const row = rows.findKey(key)
      return row < 0 ? undefined : orgOf(rows.orgOf(row))?.watermark
    })
  }

  /** Counts what had only been added up. */
  #count(burst: Burst | null): void {
    if (!burst) return
    const { row, org, amount, last } = burst
    const state = this.#measures.at(row)
    this.#measures.record(state, last, amount, 0)
    this.#sight.look(state, last)
    const model = this.#peers.modelOf(org)
    if (model) this.#sight.notePeaks(state, model, org)
  }

  #countAll(): void {
    for (const burst of this.#bursts.takeAll()) this.#count(burst)
  }

  /** Remembers what led to something remarkable, so that all whom it is about can be named. */
  #gather(activity: Activity, org: OrgTime, amount: number): void {
    const entity = this.#detector.entityOf(activity)
    if (!entity) return
    this.episodes.take(entityKey(org.ref, entity.id), { activity, entity, org, amount, finding: null })
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
    const observed = [...this.#sight.observed]
    const incident = this.#incidents.note(key, { episode, time, observed }, () => knowledgeOf(state))
    if (incident.verdict === 'expected') grantPeaks(state.slots, incident.peaks)
    else if (finding) suspend(state, time, incident.verdict === 'true_positive')
  }

  #toFinding(
    { others = [], ...verdict }: FiringVerdict,
    activity: Activity,
    state: MeasureState,
  ): UnrankedFinding {
    const { since, group } = state
    const spanned = (one: FiringVerdict) => {
      const span = this.#sight.spanOf(one.observed, activity.time, state)
      return { verdict: span ? { ...one, span } : one, found: toFound(one, activity) }
    }
    return {
      ...spanned(verdict),
      others: others.map(spanned),
      time: activity.time,
      trigger: sampleOf(activity),
      backfill: activity.backfill,
      known: { since, peers: this.#peers.groups.nameOf(group) },
    }
  }
}

function toFound(verdict: FiringVerdict, activity: Activity): FoundByWatcher {
  const { observed, judgement, excess, length, largest = 0, whole = null } = verdict
  const expected = judgement?.expected ?? 0
  const ratio = judgement ? observed / Math.max(expected, 1e-9) : 0
  const ownRatio = largest > 0 ? observed / largest : null
  return { observed, expected, ratio, ownRatio, excess, window: length, activity, whole }
}

/** What an activity counts; of a ratio, whether it is a hit. */
function amountOf({ measure, hits }: Detector, activity: Activity): number {
  if (measure.kind === 'sum') return measure.amountOf(activity)
  return measure.kind === 'ratio' && !hits?.(activity) ? 0 : 1
}

/** Learns in full what was held back of an episode, and does so from now on. */
function grant({ withheld, peaks }: Incident, state: MeasureState, group: GroupState, model: BaselineModel) {
  for (const { k, start, amount, trials } of withheld)
    model.makeUp(state.slotOf(k), group, start, amount, trials)
  grantPeaks(state.slots, peaks)
}
