import { day, hour, minute } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import { silentActivity } from '../activity/silent-activity.ts'
import { thresholdFor } from '../algorithms/frequency.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import {
  countAt,
  countedIn,
  createQuietProfile,
  expectedIn,
  learnHours,
  meanHour,
  type QuietProfile,
  quietestHour,
  tooLittle,
} from '../baseline/quiet-profile.ts'
import type { Detector, InForce } from '../definition/detector.ts'
import type { Entity } from '../detection.ts'
import { detectionId, type Finding } from '../firing/episode.ts'
import type { EmitDetection } from '../firing/episodes.ts'
import { createEvidence, factsOf, sampleOf } from '../firing/evidence.ts'
import { toStatistics } from '../firing/explain.ts'
import { toDetection } from '../firing/to-detection.ts'
import type { OrgTime } from '../org-time.ts'
import { paneAt } from '../window/window.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/** A silence that has been found: since when it is told, its number of detections, and when the last one was emitted, ms. */
type Silence = { readonly since: number; sequence: number; told: number }
/** The last tick, and the newest stretches [from, to) in which event time leapt or a backlog was read, ms. */
type Following = { tick: number; readonly unwatched: [from: number, to: number][] }

/** What is usual must be this part of a mean hour at least: a few people at the weekend come or do not. */
const busyShare = 0.5
/** Only (nearly) nothing at all is silence: at most this part of what is expected. */
const quietShare = 0.05
/** It is over when the last half hour brings this part of what is expected. */
const resumedShare = 0.25
const latest = 30 * minute
/** Events are published some minutes after they happened. */
const grace = 10 * minute
/** Event time that leaps further than this was not watched, ms. */
const longestLeap = 30 * minute
/** Records appended this long after they happened are a backlog, in which channels come one after the other, ms. */
const longestBacklog = 15 * minute
/** A silence is told again so often, and no more after so long: by then it is what is usual. */
const toldEvery = hour
const toldFor = 3 * day
/** A sliding window is looked at all the time, which gives chance about as many tries as so many separate windows. */
const independentLooks = 3
/** The other channels tell how busy the org is as far as they usually carry so much in the window. */
const tellingFrom = 10
/** The id under which all entities of an org together are kept. */
const everything = ''

/**
 * Watches for too little: `fires.when: below`. An entity (a kind of event) is silent when it brings next to nothing in a window that
 * is usually busy at this hour of the week, while the other entities of the org go on: expected is what is usual, times how
 * much of what is usual the quieter quarter of the others brings, so that a holiday is none. All of them together are
 * silent when they bring next to nothing of what even the quietest hour of the week does. Event time must go on meanwhile.
 */
export class SilenceWatcher implements Watcher {
  readonly #profiles: KeyedState<QuietProfile>
  readonly #silences: KeyedState<Silence>
  readonly #following: KeyedState<Following>
  readonly #emit: EmitDetection
  /** Entities by org; in the order of their ids when they are judged. */
  readonly #ids = new Map<string, Set<string>>()
  #indexed = false
  readonly #inForce: InForce
  readonly episodes = null

  constructor(inForce: InForce, emit: EmitDetection) {
    const prefix = sectionPrefix(inForce.detector)
    this.#inForce = inForce
    this.#emit = emit
    this.#profiles = new KeyedState(`${prefix}profiles`)
    this.#silences = new KeyedState(`${prefix}silences`)
    this.#following = new KeyedState(`${prefix}following`)
  }

  get states(): readonly DurableState[] {
    return [this.#profiles, this.#silences, this.#following]
  }

  process(activity: Activity, org: OrgTime): void {
    const entityId = this.#detector.idOf(activity)
    if (activity.backfill || entityId === null) return
    for (const id of [everything, entityId]) {
      const key = entityKey(org.ref, id)
      const profile = this.#profiles.get(key) ?? this.#begin(org, id, activity.time)
      countAt(profile, activity.time)
      this.#profiles.touch(key)
    }
  }

  tick(org: OrgTime, time: number): void {
    const unwatched = this.#follow(org, time)
    const ids = [...this.#idsOf(org.ref.id)].sort()
    for (const id of ids) this.#learn(org, id, unwatched)
    for (const id of ids) this.#judge(org, id, ids, { time, unwatched })
  }

  /** Silence teaches nothing while it lasts; there is nothing to take back. */
  verdict(_episode: string, _key: string, _verdict: VerdictWord, _org: OrgTime): void {}

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const forgotten = 4 * this.#detector.baseline.halfLife
    for (const [key, profile] of this.#profiles.entries()) {
      const org = orgOf(orgIdOf(key))
      if (!org || org.watermark - profile.newest <= forgotten) continue
      this.#profiles.delete(key)
      this.#silences.delete(key)
      this.#idsOf(org.ref.id).delete(key.slice(org.ref.id.length + 1))
    }
  }

  get #detector(): Detector {
    return this.#inForce.detector
  }

  #begin(org: OrgTime, id: string, time: number): QuietProfile {
    const longest = this.#detector.windows.at(-1) ?? hour
    const profile = createQuietProfile(time, longest + 5 * hour)
    this.#profiles.set(entityKey(org.ref, id), profile)
    this.#idsOf(org.ref.id).add(id)
    return profile
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
    const profile = this.#profiles.get(key) as QuietProfile
    const before = profile.learnedTo
    const silence = this.#silences.get(key)
    const shortest = this.#detector.windows[0] ?? 0
    learnHours(profile, org.watermark, this.#detector.baseline.halfLife, org.offset, (start, end) => {
      if (overlaps(unwatched, start, end)) return false
      return !silence || end <= silence.since - shortest || start > silence.since + toldFor
    })
    if (profile.learnedTo !== before) this.#profiles.touch(key)
  }

  #judge(org: OrgTime, id: string, ids: readonly string[], { time, unwatched }: Moment): void {
    const key = entityKey(org.ref, id)
    const profile = this.#profiles.get(key) as QuietProfile
    const to = Math.floor((time - grace) / paneLength) * paneLength
    let found: Silent | null = null
    for (const length of this.#detector.windows) {
      const from = to - length
      if (from < profile.since || overlaps(unwatched, from, to)) continue
      found = this.#judgeWindow(org, id, ids, from, to) ?? found
    }
    const silence = this.#silences.get(key)
    if (found) this.#tell(org, id, found, time)
    else if (silence && profile.newest > silence.told) this.#silences.delete(key)
  }

  #judgeWindow(org: OrgTime, id: string, ids: readonly string[], from: number, to: number): Silent | null {
    const profile = this.#profiles.get(entityKey(org.ref, id)) as QuietProfile
    const observed = countedIn(profile, from, to)
    const expected = this.#expected(org, id, ids, from, to)
    const silent = silentActivity(org.ref, to, id)
    const { budget, atLeast } = this.#detector.firesFor(silent)
    if (expected === null || expected < atLeast || observed > quietShare * expected) return null
    const length = to - from
    const lately = countedIn(profile, to + grace - latest, to + grace + paneLength)
    if (lately * length > resumedShare * expected * latest) return null
    const looks = (ids.length * independentLooks) / length
    const perWindow = budget / this.#detector.windows.length
    const threshold = thresholdFor(perWindow, looks)
    const { log10p, r } = tooLittle(profile, observed, expected)
    const excess = Math.log10(threshold) - log10p
    return excess < 0
      ? null
      : { from, to, observed, expected, r, log10p, looks, budget: perWindow, threshold, excess }
  }

  /** What the window usually holds, as busy as the org is. */
  #expected(org: OrgTime, id: string, ids: readonly string[], from: number, to: number): number | null {
    const profileOf = (other: string) => this.#profiles.get(entityKey(org.ref, other)) as QuietProfile
    const usual = expectedIn(profileOf(id), from, to, org.offset)
    if (usual === null) return null
    if (id === everything) {
      const least = quietestHour(profileOf(id))
      return least === null ? null : Math.min(usual, (least * (to - from)) / hour)
    }
    if (usual < (busyShare * meanHour(profileOf(id)) * (to - from)) / hour) return null
    const shares: number[] = []
    for (const other of ids) {
      if (other === id || other === everything) continue
      const expected = expectedIn(profileOf(other), from, to, org.offset)
      if (expected !== null && expected >= tellingFrom)
        shares.push(countedIn(profileOf(other), from, to) / expected)
    }
    shares.sort((a, b) => a - b)
    const busy = shares[Math.floor((shares.length - 1) / 4)]
    return busy === undefined ? null : usual * Math.min(1, busy)
  }

  #tell(org: OrgTime, id: string, found: Silent, time: number): void {
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
        ? this.#detector.riskOf(finding.level)
        : null,
    )
    this.#silences.set(key, { since: silence.since, sequence: silence.sequence + 1, told: time })
  }

  #toFinding(org: OrgTime, id: string, found: Silent, time: number): Finding {
    const { from, to, observed, expected, r, log10p, looks, budget, threshold, excess } = found
    const length = to - from
    const activity = silentActivity(org.ref, time, id)
    const ratio = observed / expected
    const facts = factsOf(createEvidence(), this.#detector.entityType)
    const level = this.#detector.levelFor({
      observed,
      expected,
      ratio,
      excess,
      window: length,
      activity,
      whole: null,
      ...facts,
    })
    const profile = this.#profiles.get(entityKey(org.ref, id)) as QuietProfile
    return {
      verdict: {
        k: this.#detector.windows.indexOf(length),
        length,
        start: from,
        end: to,
        pane: paneAt(to, length),
        observed,
        judgement: {
          model: 'counts',
          log10p,
          expected,
          parameters: { mu: expected, r, below: 1 },
          hourFactor: 1,
          peerWeight: 0,
        },
        log10p,
        tail: null,
        peak: 0,
        budget,
        threshold,
        looks,
        excess,
        reason: 'threshold',
        longest: length,
      },
      level,
      time,
      trigger: sampleOf(activity),
      backfill: false,
      known: { since: profile.since, peers: this.#detector.entityType },
    }
  }

  #idsOf(orgId: string): Set<string> {
    if (!this.#indexed) {
      this.#indexed = true
      for (const [key] of this.#profiles.entries())
        this.#idsOf(orgIdOf(key)).add(key.slice(key.indexOf('\0') + 1))
    }
    let ids = this.#ids.get(orgId)
    if (!ids) {
      ids = new Set()
      this.#ids.set(orgId, ids)
    }
    return ids
  }
}

const paneLength = 5 * minute
/** Stretches that were not followed are remembered for so long after they were learned, ms. */
const rememberedFor = 2 * day

type Moment = { readonly time: number; readonly unwatched: Following['unwatched'] }

function overlaps(stretches: Following['unwatched'], from: number, to: number): boolean {
  return stretches.some(([start, end]) => start < to && end > from)
}

/** A window that holds too little, with the numbers that say so. */
type Silent = {
  readonly from: number
  readonly to: number
  readonly observed: number
  readonly expected: number
  readonly r: number
  readonly log10p: number
  readonly looks: number
  readonly budget: number
  readonly threshold: number
  readonly excess: number
}
