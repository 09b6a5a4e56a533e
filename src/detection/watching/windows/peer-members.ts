import type { GroupState } from '../../baseline/group-state.ts'
import type { MeasureRows } from '../../baseline/measure-rows.ts'
import type { MeasureState } from '../../baseline/measure-state.ts'
import type { BaselineModel } from '../../baseline/model.ts'
import type { OrgTotals } from '../../baseline/org-totals.ts'
import type { OrgTime } from '../../org-time.ts'
import type { PeerBaselines } from './peer-baselines.ts'

/** The peers that an entity belongs to by its newest activity, and the totals of its org. */
export type Membership = {
  readonly number: number
  readonly group: GroupState
  readonly totals: OrgTotals
}

/** Who belongs to which peers. An entity brings its part of their sums along, and takes it away again. */
export class PeerMembers {
  readonly #measures: MeasureRows
  readonly #peers: PeerBaselines

  constructor(measures: MeasureRows, peers: PeerBaselines) {
    this.#measures = measures
    this.#peers = peers
  }

  /** Begins to know an entity by what it did at `time` (ms). */
  join(org: OrgTime, entityId: string, { number, group, totals }: Membership, time: number): MeasureState {
    const orgId = org.ref.id
    group.members++
    totals.members++
    this.#peers.groups.touch(number)
    this.#peers.totals.touch(orgId)
    return this.#measures.add(orgId, entityId, number, time, org.watermark)
  }

  /** What is known of the entity in a row, which may have other peers by what it did at `time` (ms). */
  at(row: number, org: OrgTime, membership: Membership, time: number): MeasureState {
    const state = this.#measures.at(row)
    if (state.group !== membership.number) this.#move(state, org, membership, time)
    return state
  }

  /** Forgets an entity. */
  leave(state: MeasureState, org: OrgTime): void {
    const model = this.#peers.modelOf(org)
    const group = this.#peers.groupOf(org, state.group, state.head)
    if (model) contribute(state, group, model, -1)
    group.members--
    this.#peers.totalsOf(org.ref.id, state.head).members--
    this.#peers.groups.touch(state.group)
    this.#peers.totals.touch(org.ref.id)
    this.#measures.rows.delete(state.row)
  }

  #move(state: MeasureState, org: OrgTime, { number, group }: Membership, time: number): void {
    const model = this.#peers.modelOf(org)
    const old = this.#peers.groupOf(org, state.group, time)
    if (model) contribute(state, old, model, -1)
    old.members--
    this.#peers.groups.touch(state.group)
    this.#peers.groups.touch(number)
    state.group = number
    if (model) contribute(state, group, model, 1)
    group.members++
  }
}

/** Adds an entity's part to the sums of its group, or takes it away. */
export function contribute(state: MeasureState, group: GroupState, model: BaselineModel, sign: 1 | -1): void {
  for (const slot of state.slots) model.contribute(slot, group, sign)
}
