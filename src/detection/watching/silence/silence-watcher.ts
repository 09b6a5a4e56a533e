import { day, hour, minute } from '../../../duration.ts'
import { type DurableState, KeyedState } from '../../../stream/keyed-state.ts'
import type { Activity } from '../../activity/activity.ts'
import { silentActivity } from '../../activity/silent-activity.ts'
import type { VerdictWord } from '../../baseline/incidents.ts'
import {
  countFeeder,
  createFeeders,
  type Feeders,
  feedersCodec,
  learnFeeders,
  noteElsewhere,
} from '../../baseline/silence/feeders.ts'
import {
  countAt,
  createQuietProfile,
  learnHours,
  type QuietProfile,
} from '../../baseline/silence/quiet-profile.ts'
import type { Detector, InForce } from '../../definition/detector.ts'
import type { Entity } from '../../detection.ts'
import { OrgState } from '../../entities/org-state.ts'
import { detectionId, type Finding } from '../../firing/episode.ts'
import type { EmitDetection } from '../../firing/episodes.ts'
import type { FiringVerdict } from '../../firing/evaluate.ts'
import { createEvidence, factsOf, sampleOf } from '../../firing/evidence.ts'
import { toStatistics } from '../../firing/explain.ts'
import { toDetection } from '../../firing/to-detection.ts'
import type { OrgTime } from '../../org-time.ts'
import { entityKey, sectionPrefix, type Watcher } from '../watcher.ts'
import { describeSilence } from './silence-lines.ts'
import { type Company, everything, grace, judgeSilence, paneLength } from './silence-verdict.ts'

/** A silence that has been found: since when it is told, its number of detections, and when the last one was emitted, ms. */
type Silence = { readonly since: number; sequence: number; told: number }
/** The last tick, and the newest stretches [from, to) in which event time leapt or a backlog was read, ms. */
type Following = { tick: number; readonly unwatched: [from: number, to: number][] }

/** Event time that leaps further than this was not watched, ms. */
const longestLeap = 30 * minute
/** Records appended this long after they happened are a backlog, in which channels come one after the other, ms. */
const longestBacklog = 15 * minute
/** A silence is told again so often, and no more after so long: by then it is what is usual. */
const toldEvery = hour
const toldFor = 3 * day
/**
 * Watches for too little: `fires.when: below`. An entity (a kind of event) is silent when it brings next to nothing in a window that
 * is usually busy at this hour of the week, while the other entities of the org go on: expected is what is usual, times how
 * much of what is usual the quieter quarter of the others brings, so that a holiday is none. All of them together are
 * silent when they bring next to nothing of what even the quietest hour of the week does. Event time must go on meanwhile.
 */
export class SilenceWatcher implements Watcher {
  readonly #profiles: OrgState<QuietProfile>
  readonly #feeders: OrgState<Feeders>
  readonly #silences: KeyedState<Silence>
  readonly #following: KeyedState<Following>
  readonly #emit: EmitDetection
  readonly #inForce: InForce
  readonly episodes = null

  constructor(inForce: InForce, emit: EmitDetection) {
    const prefix = sectionPrefix(inForce.detector)
    this.#inForce = inForce
    this.#emit = emit
    this.#profiles = new OrgState(`${prefix}profiles`)
    this.#feeders = new OrgState(`${prefix}feeders`, feedersCodec)
    this.#silences = new KeyedState(`${prefix}silences`)
    this.#following = new KeyedState(`${prefix}following`)
  }

  get states(): readonly DurableState[] {
    return [this.#profiles, this.#feeders, this.#silences, this.#following]
  }

  process(activity: Activity, org: OrgTime): void {
    const entityId = this.#detector.idOf(activity)
    if (activity.backfill || entityId === null) return
    this.#count(everything, activity.time, org)
    this.#count(entityId, activity.time, org)
    this.#noteFeeder(entityId, activity, org)
  }

  tick(org: OrgTime, time: number): void {
    const unwatched = this.#follow(org, time)
    const ids = this.#profiles.idsOf(org.ref.id).sort()
    for (const id of ids) this.#learn(org, id, unwatched)
    const company = {
      detector: this.#detector,
      org,
      ids,
      profileOf: (id: string) => this.#profileOf(org, id),
      feedersOf: (id: string) => this.#feeders.get(org.ref.id, id),
    }
    for (const id of ids) this.#judge(company, id, { time, unwatched })
  }

  /** Silence teaches nothing while it lasts; there is nothing to take back. */
  verdict(_episode: string, _key: string, _verdict: VerdictWord, _org: OrgTime): void {}

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const forgotten = 4 * this.#detector.baseline.halfLife
    for (const [orgId, id, profile] of this.#profiles.entries()) {
      const org = orgOf(orgId)
      if (!org || org.watermark - profile.newest <= forgotten) continue
      this.#profiles.delete(orgId, id)
      this.#feeders.delete(orgId, id)
      this.#silences.delete(entityKey(org.ref, id))
    }
  }

  get #detector(): Detector {
    return this.#inForce.detector
  }

  #count(id: string, time: number, { ref }: OrgTime): void {
    let profile = this.#profiles.get(ref.id, id)
    if (!profile) {
      const longest = this.#detector.windows.at(-1) ?? hour
      profile = createQuietProfile(time, longest + 5 * hour)
      this.#profiles.set(ref.id, id, profile)
    }
    countAt(profile, time)
    this.#profiles.touch(ref.id, id)
  }

  #noteFeeder(id: string, { user, username, time }: Activity, { ref }: OrgTime): void {
    let feeders = this.#feeders.get(ref.id, id)
    if (!feeders) {
      feeders = createFeeders()
      this.#feeders.set(ref.id, id, feeders)
    }
    countFeeder(feeders, user, username, time)
    this.#feeders.touch(ref.id, id)
    const keep = (this.#detector.windows.at(-1) ?? hour) + hour
    for (const [other, others] of this.#feeders.valuesOf(ref.id))
      if (other !== id && noteElsewhere(others, user, time, keep)) this.#feeders.touch(ref.id, other)
  }

  /** Of an entity that has one. */
  #profileOf(org: OrgTime, id: string): QuietProfile {
    return this.#profiles.get(org.ref.id, id) as QuietProfile
  }

  /** The stretches of the last days in which the org was not followed. */
  #follow(org: OrgTime, time: number): Following['unwatched'] {
    const before = this.#following.get(org.ref.id) ?? { tick: time, unwatched: [] }
    const { tick, unwatched } = before
    if (time - tick > longestLeap || (org.behind ?? 0) > longestBacklog) {
      const last = unwatched.at(-1)
      if (last?.[1] === tick) last[1] = time
      else unwatched.push([tick, time])
    }
    while (unwatched[0] && unwatched[0][1] < org.watermark - rememberedFor) unwatched.shift()
    this.#following.set(org.ref.id, { tick: time, unwatched })
    return unwatched
  }

  /** An hour that was not followed, or lies in a silence, does not tell what is usual. */
  #learn(org: OrgTime, id: string, unwatched: Following['unwatched']): void {
    const key = entityKey(org.ref, id)
    const profile = this.#profileOf(org, id)
    const before = profile.learnedTo
    const silence = this.#silences.get(key)
    const shortest = this.#detector.windows[0] ?? 0
    const hours = learnHours(
      profile,
      org.watermark,
      this.#detector.baseline.halfLife,
      org.offset,
      (start, end) => {
        if (overlaps(unwatched, start, end)) return false
        return !silence || end <= silence.since - shortest || start > silence.since + toldFor
      },
    )
    if (profile.learnedTo === before) return
    this.#profiles.touch(org.ref.id, id)
    const feeders = this.#feeders.get(org.ref.id, id)
    if (!feeders) return
    learnFeeders(feeders, hours, this.#detector.baseline.halfLife)
    this.#feeders.touch(org.ref.id, id)
  }

  #judge(company: Company, id: string, { time, unwatched }: Moment): void {
    const { org } = company
    const key = entityKey(org.ref, id)
    const profile = company.profileOf(id)
    const to = Math.floor((time - grace) / paneLength) * paneLength
    let found: FiringVerdict | null = null
    for (const length of this.#detector.windows) {
      const from = to - length
      if (from < profile.since || overlaps(unwatched, from, to)) continue
      found = judgeSilence(company, id, from, to) ?? found
    }
    const silence = this.#silences.get(key)
    if (found) this.#tell(org, id, found, time)
    else if (silence && profile.newest > silence.told) this.#silences.delete(key)
  }

  #tell(org: OrgTime, id: string, found: FiringVerdict, time: number): void {
    const key = entityKey(org.ref, id)
    const silence = this.#silences.get(key) ?? { since: time, sequence: 0, told: Number.NEGATIVE_INFINITY }
    if (time - silence.told < toldEvery || time - silence.since > toldFor) return
    const entity: Entity =
      id === everything
        ? { type: 'org', id: org.ref.id, name: org.ref.name }
        : { type: this.#detector.entityType, id }
    const episode = detectionId(
      [org.ref.id, this.#detector.id, entity.type, entity.id].join('\0'),
      silence.since,
    )
    const finding = this.#toFinding(org, id, found, time)
    const place = { id: episode, sequence: silence.sequence }
    const evidence = createEvidence()
    this.#emit(
      toDetection(
        this.#inForce,
        { org: org.ref, entity, evidence, seen: time, detected: null },
        place,
        finding,
        toStatistics(finding),
      ),
      silence.sequence === 0 && this.#detector.status === 'stable'
        ? { points: this.#detector.riskOf(finding.level), fact: null }
        : null,
    )
    this.#silences.set(key, { since: silence.since, sequence: silence.sequence + 1, told: time })
  }

  #toFinding(org: OrgTime, id: string, verdict: FiringVerdict, time: number): Finding {
    const { observed, judgement, excess, length: window, start } = verdict
    const { since, newest } = this.#profileOf(org, id)
    const expected = judgement?.expected ?? 0
    const activity = silentActivity(org.ref, time, id)
    const { entityType } = this.#detector
    const found = { observed, expected, ratio: observed / expected, excess, window, activity, whole: null }
    return {
      verdict,
      level: this.#detector.levelFor({ ...found, ...factsOf(createEvidence(), entityType) }),
      time,
      trigger: sampleOf(activity),
      backfill: false,
      known: { since, peers: entityType },
      about: describeSilence(this.#feeders.get(org.ref.id, id), newest, start),
    }
  }
}

/** Stretches that were not followed are remembered for so long after they were learned, ms. */
const rememberedFor = 2 * day

type Moment = { readonly time: number; readonly unwatched: Following['unwatched'] }

function overlaps(stretches: Following['unwatched'], from: number, to: number): boolean {
  return stretches.some(([start, end]) => start < to && end > from)
}
