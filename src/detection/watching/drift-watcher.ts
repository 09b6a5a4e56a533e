import { day } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import { keepActivity } from '../activity/kept-activity.ts'
import { thresholdFor } from '../algorithms/frequency.ts'
import {
  acceptGrowth,
  closeDay,
  type DayJudgement,
  dayOf,
  isSettled,
  mostPerDay,
  rejectGrowth,
} from '../baseline/drift-model.ts'
import { expectedRootOf } from '../baseline/drift-reference.ts'
import { DriftRow, drift } from '../baseline/drift-row.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import { createOrgDays, noteDay, type OrgDays, peerGrowthOf, restDaysOf } from '../baseline/org-days.ts'
import type { Firing, InForce } from '../definition/detector.ts'
import type { Entity } from '../detection.ts'
import { EntityRows } from '../entities/entity-rows.ts'
import type { EntityTable } from '../entities/entity-table.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../firing/episodes.ts'
import type { FiringVerdict } from '../firing/evaluate.ts'
import { sampleOf } from '../firing/evidence.ts'
import { toStatistics } from '../firing/explain.ts'
import type { OrgTime } from '../org-time.ts'
import { hashText } from '../window/recent-values.ts'
import { paneAt } from '../window/window.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/** An entity whose evidence is worth following; saved as JSON. */
type Followed = {
  readonly entity: Entity
  /** Plain values: it is saved. */
  readonly activity: Activity
  readonly firing: Pick<Firing, 'budget' | 'atLeast'>
  readonly peers: string
  /** The episode that it led to. */
  episode: string | null
}

/** An entity that has done nothing for so long is forgotten, days. */
const forgottenAfter = 180
/** A silence of the whole org beyond so many days is not gone through day by day. */
const longestSilence = 90
/** An episode goes on over a long weekend. */
const quiet = 4 * day
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
    const entity = detector.entityOf(activity)
    const amount = detector.measure.kind === 'sum' ? detector.measure.amountOf(activity) : 1
    if (!entity || !(amount > 0)) return
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
    const { budget, atLeast } = seen.firing
    const key = entityKey(org.ref, entity.id)
    const episode = this.#followed.get(key)?.episode ?? null
    const kept = { entity, activity: keepActivity(activity), firing: { budget, atLeast }, peers, episode }
    this.#followed.set(key, kept)
    this.episodes.take(key, { activity, entity, org, amount, finding: null })
  }

  #closeDay(org: OrgTime, orgDays: OrgDays, time: number): void {
    const { open } = orgDays
    const isRestDay = restDaysOf(orgDays)
    const isRest = isRestDay(open)
    const growth = this.#growthByPeers(org, orgDays, isRest)
    const { bound } = boundOf(orgDays, orgDays.budget)
    for (const number of this.#rowsOf(org)) {
      const row = this.#at(number)
      if (row.get(drift.since) > open) continue
      const peerGrowth = growth.get(row.get(drift.peers)) ?? 1
      const amount = row.get(drift.today)
      const judgement = closeDay(row, { day: open, isRest, peerGrowth, bound }, isRestDay)
      this.#rows.touch(number)
      if (judgement) this.#judge(number, org, orgDays, { judgement, amount, time })
    }
  }

  /** By how much the members of each peer group have grown today; and what kind of day it is. */
  #growthByPeers(org: OrgTime, orgDays: OrgDays, isRest: boolean): Map<number, number> {
    const multiples = new Map<number, number[]>()
    let entities = 0
    let shares = 0
    for (const number of this.#rowsOf(org)) {
      const row = this.#at(number)
      const expected = expectedRootOf(row, isRest)
      const mean = (row.get(drift.fastWorkAmount) + row.get(drift.fastRestAmount)) / daysSeen(row)
      if (mean > 0) {
        entities++
        shares += Math.min(mostOfDay, row.get(drift.today) / mean)
      }
      if (!isSettled(row) || expected <= 0) continue
      const peers = multiples.get(row.get(drift.peers)) ?? []
      peers.push(Math.sqrt(row.get(drift.today)) / expected)
      multiples.set(row.get(drift.peers), peers)
    }
    noteDay(orgDays, orgDays.open, entities, shares)
    return new Map([...multiples].map(([peers, values]) => [peers, peerGrowthOf(values)]))
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
    const row = this.#at(number)
    const { bound, threshold, looks } = boundOf(orgDays, followed.firing.budget)
    const observed = row.get(drift.observed)
    if (judgement.evidence < bound || observed < followed.firing.atLeast) return
    const days = judgement.parameters.days ?? 1
    const end = (orgDays.open + 1) * day - org.offset(time)
    const log10p = -judgement.evidence / Math.LN10
    const length = days * day
    const verdict: FiringVerdict = {
      k: 0,
      length,
      start: end - length,
      end,
      pane: paneAt(time, length),
      observed,
      judgement: {
        model: 'drift',
        log10p,
        expected: row.get(drift.expected),
        parameters: judgement.parameters,
        hourFactor: 1,
        peerWeight: 0,
      },
      log10p,
      tail: null,
      peak: 0,
      budget: followed.firing.budget,
      threshold,
      looks,
      excess: Math.log10(threshold) - log10p,
      reason: 'threshold',
      longest: quiet,
    }
    const since = row.get(drift.since) * day
    followed.episode = this.#report(key, org, { verdict, followed, amount, time, since })
    this.#followed.touch(key)
  }

  #report(
    key: string,
    org: OrgTime,
    {
      verdict,
      followed,
      amount,
      time,
      since,
    }: { verdict: FiringVerdict; followed: Followed; amount: number; time: number; since: number },
  ): string | null {
    const { entity, activity, peers } = followed
    const { observed, judgement, excess, length } = verdict
    const expected = judgement?.expected ?? 0
    const finding: UnrankedFinding = {
      verdict,
      found: {
        observed,
        expected,
        ratio: observed / Math.max(expected, 1e-9),
        excess,
        window: length,
        activity,
        whole: null,
      },
      time,
      trigger: sampleOf(activity),
      backfill: activity.backfill,
      known: { since, peers },
    }
    return this.episodes.conclude(key, { entity, org, amount, finding })
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

/** What the evidence must reach: ln A, where the part of the budget that falls to one entity is a false alert in A days. */
function boundOf({ members }: OrgDays, budget: number): { bound: number; threshold: number; looks: number } {
  const looks = Math.max(members, 1) / day
  const threshold = thresholdFor(budget, looks)
  return { bound: -Math.log(threshold), threshold, looks }
}

/** Peer groups are told apart by a number that a row can hold exactly. */
const peerHashes = 2 ** 24

function daysSeen(row: DriftRow): number {
  return Math.max(row.get(drift.fastWorkDays) + row.get(drift.fastRestDays), 1e-9)
}
