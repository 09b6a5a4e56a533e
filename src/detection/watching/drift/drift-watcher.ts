import { type DurableState, KeyedState } from '../../../stream/keyed-state.ts'
import type { Activity } from '../../activity/activity.ts'
import { isBackground } from '../../activity/background.ts'
import { keepActivity } from '../../activity/kept-activity.ts'
import {
  acceptGrowth,
  closeDay,
  type DayJudgement,
  dayOf,
  mostPerDay,
  rejectGrowth,
} from '../../baseline/drift/drift-model.ts'
import { type PeerDay, PeerDays } from '../../baseline/drift/drift-peers.ts'
import { recentMeanOf } from '../../baseline/drift/drift-reference.ts'
import { DriftRow, drift } from '../../baseline/drift/drift-row.ts'
import { createOrgDays, noteDay, type OrgDays, restDaysOf } from '../../baseline/drift/org-days.ts'
import type { VerdictWord } from '../../baseline/incidents.ts'
import type { InForce } from '../../definition/detector.ts'
import { EntityRows } from '../../entities/entity-rows.ts'
import type { EntityTable } from '../../entities/entity-table.ts'
import { type EmitDetection, Episodes } from '../../firing/episodes.ts'
import { toStatistics } from '../../firing/explain.ts'
import type { OrgTime } from '../../org-time.ts'
import { hashText } from '../../window/recent-values.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from '../watcher.ts'
import { boundOf, type Followed, toFinding } from './drift-finding.ts'

/** An entity that has done nothing for so long is forgotten, days. */
const forgottenAfter = 180
/** A silence of the whole org beyond so many days is not gone through day by day. */
const longestSilence = 90
/** Of a day, at most so many times the usual tells what kind of day it is. */
const mostOfDay = 5

/** Watches how much an entity does per day, for growth over days and weeks: model `drift`. */
export class DriftWatcher implements Watcher {
  readonly #rows: EntityRows
  readonly #orgs: KeyedState<OrgDays>
  readonly #followed: KeyedState<Followed>
  readonly episodes: Episodes
  readonly #row = new DriftRow()
  readonly #inForce: InForce

  constructor(inForce: InForce, entities: EntityTable, emit: EmitDetection) {
    const prefix = sectionPrefix(inForce.detector)
    this.#inForce = inForce
    const layout = { fixed: drift.count, parts: 0, perPart: 0 }
    this.#rows = new EntityRows(`${prefix}rows`, entities.of(inForce.detector.entityType), layout)
    this.#orgs = new KeyedState(`${prefix}orgs`)
    this.#followed = new KeyedState(`${prefix}followed`)
    this.episodes = new Episodes({ prefix, inForce, explain: toStatistics, emit })
  }

  get states(): readonly DurableState[] {
    return [this.#rows, this.#orgs, this.#followed, ...this.episodes.states]
  }

  /** Counts one activity. What is late counts on the day that is open. */
  process(activity: Activity, org: OrgTime): void {
    const { detector } = this.#inForce
    if (detector.hits?.(activity) === false) {
      this.#countOther(activity, org)
      return
    }
    const entity = detector.entityOf(activity)
    const amount = detector.measure.kind === 'sum' ? detector.measure.amountOf(activity) : 1
    if (!entity || !(amount > 0)) return
    // Of whoever is on a holiday when the watch begins this is all that comes: a reference of it would call their return growth.
    if (isBackground(activity) && this.#rows.find(org.ref.id, entity.id) < 0) return
    const today = dayOf(activity.time, org.offset(activity.time))
    const firing = detector.firesFor(activity)
    const orgDays = this.#orgDaysOf(org, today, firing.budget)
    const peers = detector.baseline.peersOf(activity, entity)
    const rowNumber = this.#rowOf(org, entity.id, orgDays, today)
    const row = this.#at(rowNumber)
    row.add(today <= orgDays.open ? drift.today : drift.tomorrow, amount)
    row.set(drift.lastDay, today)
    row.set(drift.peers, hashText(peers) % peerHashes)
    this.#rows.touch(rowNumber)
    const { bound } = boundOf(orgDays, firing.budget)
    if (row.get(drift.evidence) > mostPerDay * bound)
      this.#follow({ entity, activity, firing, peers }, org, amount)
  }

  /** Counts what else an entity does, of those that are watched. */
  #countOther(activity: Activity, org: OrgTime): void {
    const id = this.#inForce.detector.idOf(activity)
    const number = id === null ? -1 : this.#rows.find(org.ref.id, id)
    const orgDays = this.#orgs.get(org.ref.id)
    if (number < 0 || !orgDays) return
    const today = dayOf(activity.time, org.offset(activity.time))
    this.#at(number).add(today <= orgDays.open ? drift.otherToday : drift.otherTomorrow, 1)
    this.#rows.touch(number)
  }

  /** Closes the days of the org that are over, all entities at once: only so it is known what their peers did. */
  tick(org: OrgTime, time: number): void {
    const orgDays = this.#orgs.get(org.ref.id)
    const last = dayOf(org.watermark, org.offset(org.watermark))
    if (orgDays && orgDays.open < last) {
      orgDays.open = Math.max(orgDays.open, last - longestSilence)
      for (; orgDays.open < last; orgDays.open++) this.#closeDay(org, orgDays, time)
      this.#orgs.touch(org.ref.id)
    }
    this.episodes.tick(org, time)
  }

  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    const followed = this.#followed.get(key)
    const number = this.#rows.findKey(key)
    const orgDays = this.#orgs.get(org.ref.id)
    if (followed?.episode !== episode || number < 0 || !orgDays) return
    const row = this.#at(number)
    if (verdict === 'expected') acceptGrowth(row)
    else rejectGrowth(row, orgDays.open, restDaysOf(orgDays))
    this.#rows.touch(number)
    this.#followed.delete(key)
  }

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    this.episodes.expire((key) => orgOf(orgIdOf(key))?.watermark)
    for (let number = 0; number < this.#rows.end; number++) {
      if (!this.#rows.isUsed(number)) continue
      const orgId = this.#rows.orgOf(number)
      const orgDays = this.#orgs.get(orgId)
      if (!orgDays || orgDays.open - this.#at(number).get(drift.lastDay) <= forgottenAfter) continue
      this.#rows.delete(number)
      orgDays.members--
      this.#orgs.touch(orgId)
    }
    for (const [key] of this.#followed.entries()) if (this.#rows.findKey(key) < 0) this.#followed.delete(key)
  }

  /** Keeps what a detection will have to show, should the growth go on. */
  #follow(seen: Omit<Followed, 'episode'>, org: OrgTime, amount: number): void {
    const { entity, activity, peers } = seen
    const { budget, atLeast, ruledBy } = seen.firing
    const firing = { budget, atLeast, ...(ruledBy && { ruledBy }) }
    const key = entityKey(org.ref, entity.id)
    const episode = this.#followed.get(key)?.episode ?? null
    const kept = { entity, activity: keepActivity(activity), firing, peers, episode }
    this.#followed.set(key, kept)
    this.episodes.take(key, { activity, entity, org, amount, finding: null })
  }

  #closeDay(org: OrgTime, orgDays: OrgDays, time: number): void {
    const { open } = orgDays
    const isRestDay = restDaysOf(orgDays)
    const isRest = isRestDay(open)
    const peerDays = this.#peersOn(org, orgDays, isRest)
    const { bound } = boundOf(orgDays, orgDays.budget)
    for (const number of this.#rowsOf(org)) {
      const row = this.#at(number)
      if (row.get(drift.since) > open) continue
      const { growth, root } = peerDays.get(row.get(drift.peers)) ?? unknownPeers
      const amount = row.get(drift.today)
      const context = { day: open, isRest, peerGrowth: growth, peerRoot: root, bound }
      const judgement = closeDay(row, context, isRestDay)
      this.#rows.touch(number)
      if (judgement) this.#judge(number, org, orgDays, { judgement, amount, time })
    }
  }

  /** What each peer group did on the open day; and what kind of day it is. */
  #peersOn(org: OrgTime, orgDays: OrgDays, isRest: boolean): ReadonlyMap<number, PeerDay> {
    const peerDays = new PeerDays(isRest)
    let entities = 0
    let shares = 0
    for (const number of this.#rowsOf(org)) {
      const row = this.#at(number)
      peerDays.note(row)
      const mean = recentMeanOf(row)
      if (mean <= 0) continue
      entities++
      shares += Math.min(mostOfDay, row.get(drift.today) / mean)
    }
    noteDay(orgDays, orgDays.open, entities, shares)
    return peerDays.close()
  }

  #judge(
    number: number,
    org: OrgTime,
    orgDays: OrgDays,
    { judgement, amount, time }: { judgement: DayJudgement; amount: number; time: number },
  ): void {
    const key = this.#rows.keyOf(number)
    const followed = this.#followed.get(key)
    if (!followed) return
    if (judgement.evidence <= 0) {
      this.#followed.delete(key)
      return
    }
    const finding = toFinding(this.#at(number), judgement, followed, orgDays, org, time)
    if (!finding) return
    followed.episode = this.episodes.conclude(key, { entity: followed.entity, org, amount, finding })
    this.#followed.touch(key)
  }

  #orgDaysOf(org: OrgTime, today: number, budget: number): OrgDays {
    const known = this.#orgs.get(org.ref.id)
    if (known && known.budget === budget) return known
    const orgDays = known ?? createOrgDays(today, budget)
    orgDays.budget = budget
    this.#orgs.set(org.ref.id, orgDays)
    return orgDays
  }

  #rowOf(org: OrgTime, id: string, orgDays: OrgDays, today: number): number {
    const known = this.#rows.find(org.ref.id, id)
    if (known >= 0) return known
    const number = this.#rows.add(org.ref.id, id)
    this.#at(number).set(drift.since, Math.max(today, orgDays.open))
    orgDays.members++
    this.#orgs.touch(org.ref.id)
    return number
  }

  *#rowsOf(org: OrgTime): Generator<number> {
    for (let number = 0; number < this.#rows.end; number++)
      if (this.#rows.isUsed(number) && this.#rows.orgOf(number) === org.ref.id) yield number
  }

  #at(number: number): DriftRow {
    this.#row.point(this.#rows.chunkOf(number).floats, this.#rows.startOf(number))
    return this.#row
  }
}

/** Peer groups are told apart by a number that a row can hold exactly. */
const peerHashes = 2 ** 24
const unknownPeers: PeerDay = { growth: 1, root: 0 }
