import { day } from '../../../duration.ts'
import { type DurableState, KeyedState } from '../../../stream/keyed-state.ts'
import type { ZoneOffset } from '../../algorithms/zone-offset.ts'
import { createAmountsModel } from '../../baseline/amounts-model.ts'
import { createCountsModel } from '../../baseline/counts-model.ts'
import { advanceGroup, type GroupModel, type GroupState } from '../../baseline/group-state.ts'
import { GroupTable } from '../../baseline/group-table.ts'
import type { BaselineModel } from '../../baseline/model.ts'
import { createOrgTotals, type OrgTotals } from '../../baseline/org-totals.ts'
import { createRatioModel } from '../../baseline/ratio-model.ts'
import type { Detector, InForce } from '../../definition/detector.ts'
import type { OrgTime } from '../../org-time.ts'
import { sectionPrefix } from '../watcher.ts'

const utc: ZoneOffset = () => 0

/** A group that begins late has been watched for so long at most, ms. */
const watchedAtMost = 27 * day

/** A detector without a model keeps no statistics of its groups. */
const unmodelled: GroupModel = {
  halfLife: day,
  sumsPerWindow: 0,
  priorsPerWindow: 0,
  renewPriors: () => undefined,
  factorOf: () => 1,
}

/**
 * What the entities of a detector are held against: the model as each org's clock has it, what was looked at in the org, and the
 * peer groups. Whoever changes one of these says so by `touch` of {@link groups} or {@link totals}.
 */
export class PeerBaselines {
  readonly groups: GroupTable
  readonly totals: KeyedState<OrgTotals>
  readonly #inForce: InForce
  readonly #models = new Map<string, { offset: ZoneOffset; model: BaselineModel }>()
  /** The org whose event came last, and what belongs to it. */
  #lastOrg: OrgTime | null = null
  #lastModel: BaselineModel | null = null
  #lastTotalsOrg = ''
  #lastTotals: OrgTotals | null = null

  constructor(inForce: InForce) {
    const { detector } = inForce
    const prefix = sectionPrefix(detector)
    const groupModel = detector.baseline.model === 'none' ? unmodelled : modelOf(detector, utc)
    this.#inForce = inForce
    this.groups = new GroupTable(`${prefix}groups`, groupModel, detector.windows.length)
    this.totals = new KeyedState(`${prefix}totals`)
  }

  get states(): readonly DurableState[] {
    return [this.groups.state, this.totals]
  }

  /** The detector forgets at another pace now. */
  renewModels(): void {
    this.#models.clear()
    this.#lastOrg = null
  }

  /** Null for the model `none`. */
  modelOf(org: OrgTime): BaselineModel | null {
    if (org !== this.#lastOrg) {
      this.#lastModel = this.#findModel(org)
      this.#lastOrg = org
    }
    return this.#lastModel
  }

  /** The org's totals, which begin at `time` (ms) if there are none. */
  totalsOf(orgId: string, time: number): OrgTotals {
    if (this.#lastTotals && orgId === this.#lastTotalsOrg) return this.#lastTotals
    let totals = this.totals.get(orgId)
    if (!totals) {
      totals = createOrgTotals(this.#inForce.detector.windows.length, time)
      this.totals.set(orgId, totals)
    }
    this.#lastTotals = totals
    this.#lastTotalsOrg = orgId
    return totals
  }

  /** The group with this number as of the org's watermark; its first event comes at `time` (ms) if there was none. */
  groupOf(org: OrgTime, number: number, time: number): GroupState {
    const model = this.modelOf(org) ?? unmodelled
    const since = this.groups.has(number) ? time : this.#watchedSince(org, number, time)
    const group = this.groups.at(number, model, since)
    const to = org.watermark - (this.#inForce.detector.windows[0] ?? 0)
    if (to > group.clock) {
      advanceGroup(group, model, to, org.offset)
      this.groups.touch(number)
    }
    return group
  }

  /**
   * Since when the group has been watched: from the first event of the org on, though its first entity may come much later. A
   * detector of what hardly ever happens would otherwise miss the first time. Four weeks say all that a week's profile can tell.
   * Peers of their own begin with their first entity.
   */
  #watchedSince(org: OrgTime, group: number, time: number): number {
    const isWhole = this.groups.nameOf(group) === this.#inForce.detector.entityType
    const since = Math.max(this.totalsOf(org.ref.id, time).since, org.watermark - watchedAtMost)
    return isWhole ? Math.min(time, since) : time
  }

  #findModel(org: OrgTime): BaselineModel | null {
    const { detector } = this.#inForce
    if (detector.baseline.model === 'none') return null
    const known = this.#models.get(org.ref.id)
    if (known && known.offset === org.offset) return known.model
    const model = modelOf(detector, org.offset)
    this.#models.set(org.ref.id, { offset: org.offset, model })
    return model
  }
}

function modelOf({ baseline }: Detector, offset: ZoneOffset): BaselineModel {
  if (baseline.model === 'ratio') return createRatioModel(baseline.halfLife)
  const create = baseline.model === 'amounts' ? createAmountsModel : createCountsModel
  return create(baseline.halfLife, offset)
}
