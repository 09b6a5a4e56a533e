import { day } from '../../duration.ts'
import { KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { Detector, Escalation, FoundByWatcher, InForce } from '../definition/detector.ts'
import {
  compareLevels,
  type Detection,
  type Entity,
  type EventSample,
  type Level,
  type Risk,
  type Statistics,
} from '../detection.ts'
import type { OrgTime } from '../org-time.ts'
import {
  admit,
  closeIfEnded,
  type Detected,
  type Episode,
  type Finding,
  growth,
  hasEnded,
  isOver,
  join,
  noteEmitted,
  type Raised,
  takePending,
} from './episode.ts'
import { higherLevel, noteWitnessed, raisedBefore, raisedBy, type Witnessed } from './escalations.ts'
import type { FiringVerdict } from './evaluate.ts'
import { collect, createEvidence, factsOf, sampleOf } from './evidence.ts'
import { forgetNamed, linesOfNamed, type Named, type NamedBy, namedIn, noteNamed } from './named.ts'
import { toDetection } from './to-detection.ts'

/**
 * Takes a detection. `risk`: what it adds to the risk of its entity when it opens an episode or its level rises; null when it
 * says nothing new in this respect, or must not come back as an activity.
 */
export type EmitDetection = (detection: Detection, risk: Risk | null) => void

export type EpisodesOptions = {
  /** Prefix of the sections of the store. */
  readonly prefix: string
  readonly inForce: Readonly<InForce>
  /** The numbers behind a finding, asked for when it is emitted. */
  readonly explain: (finding: Finding, org: OrgTime) => Statistics | null
  readonly emit: EmitDetection
}

/** A finding before its level is known, and what the level depends on. */
export type UnrankedFinding = Omit<Finding, 'level'> & {
  readonly found: FoundByWatcher
  /** What the other windows say that fire as well. */
  readonly others?: readonly { readonly verdict: FiringVerdict; readonly found: FoundByWatcher }[]
}

/** Something remarkable that an activity brought about. */
export type Remark = {
  readonly activity: Activity
  readonly entity: Entity
  readonly org: OrgTime
  /** What the activity contributed, in the measure's unit. */
  readonly amount: number
  /** Null when it is remarkable but does not fire. */
  readonly finding: UnrankedFinding | null
}

/** A finding that is due though nothing has happened just now. */
export type Conclusion = Omit<Remark, 'activity' | 'finding'> & { readonly finding: UnrankedFinding }

/** Whom escalations name is known for so long at least, ms: an episode may last. */
const keptNamed = day

/** The episodes of one detector: gathers what is remarkable, ranks it, and decides when a detection is emitted. */
export class Episodes {
  readonly #episodes: KeyedState<Episode>
  /** What the detector's escalations name, by entity. */
  readonly #witnessed: KeyedState<Witnessed>
  /** Whom the detector's escalations name, by entity. */
  readonly #named: KeyedState<Named>
  readonly #options: EpisodesOptions

  constructor(options: EpisodesOptions) {
    this.#episodes = new KeyedState(`${options.prefix}episodes`)
    this.#witnessed = new KeyedState(`${options.prefix}escalations`)
    this.#named = new KeyedState(`${options.prefix}named`)
    this.#options = options
  }

  get states() {
    return [this.#episodes, this.#witnessed, this.#named]
  }

  /** Shows it an activity that these escalations match: it may raise an open episode. `keyOf`: the key of an entity's episodes. */
  witness(
    activity: Activity,
    org: OrgTime,
    matching: readonly Escalation[],
    keyOf: (id: string) => string,
  ): void {
    const id = this.#options.inForce.detector.idOf(activity)
    if (id === null) return
    const key = keyOf(id)
    const witnessed = this.#witnessed.get(key) ?? {}
    noteWitnessed(witnessed, matching, activity.time)
    this.#witnessed.set(key, witnessed)
    if (matching.some(({ names }) => names !== null)) this.#name(key, activity, matching)
    this.#raise(key, activity, org, matching)
  }

  /**
   * Takes a remark about the entity with this key into its episode, which begins with it if there is none. Answers the id of
   * the episode, null before it has fired.
   */
  take(key: string, { activity, entity, org, amount, finding }: Remark): string | null {
    const episode = this.#episodeOf(key, entity, org, activity.time)
    collect(episode.evidence, activity, amount, entity.type)
    if (finding) this.#admit(key, episode, finding, amount, org)
    return episode.detected?.id ?? null
  }

  /** Takes a finding that time has brought and no activity of its own; like {@link take} otherwise. */
  conclude(key: string, { entity, org, amount, finding }: Conclusion): string | null {
    const episode = this.#episodeOf(key, entity, org, finding.time)
    this.#admit(key, episode, finding, amount, org)
    return episode.detected?.id ?? null
  }

  /** The level of the episode with this id, which is about the entity with this key; null when it is over at `time`. */
  levelOf(key: string, id: string, time: number): Level | null {
    const detected = this.#episodes.get(key)?.detected
    return detected?.id === id && detected.last && !hasEnded(detected, time) ? detected.level : null
  }

  /** The level that a finding would have if it were taken. */
  levelFor(key: string, { activity, entity, amount, finding }: Remark & Pick<Conclusion, 'finding'>): Level {
    const { detector } = this.#options.inForce
    const before = this.#episodes.get(key)
    const evidence = before ? structuredClone(before.evidence) : createEvidence()
    collect(evidence, activity, amount, entity.type)
    const level = detector.levelFor({ ...finding.found, ...factsOf(evidence, entity.type) })
    const raised = raisedBefore(this.#witnessed.get(key), detector.escalations, finding.time)
    return higherLevel(level, raised)
  }

  /** Somebody else, to whom the same happened, joins the open episode of the entity with this key. */
  join(key: string, name: string, { time, backfill }: Activity, org: OrgTime): void {
    const episode = this.#episodes.get(key)
    if (!episode?.detected) return
    this.#episodes.touch(key)
    if (!join(episode.detected, name, time, backfill)) return
    const { pending } = episode.detected
    if (pending) this.#report(key, episode, pending, org)
  }

  /** Event time of an org came to `time`: says what is still to be said of its episodes, and forgets those that are over. */
  tick(org: OrgTime, time: number): void {
    const shortestWindow = this.#options.inForce.detector.windows[0] ?? 0
    const due: { key: string; episode: Episode }[] = []
    for (const [key, episode] of this.#episodes.entries()) {
      if (episode.org.id === org.ref.id) due.push({ key, episode })
    }
    due.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const { key, episode } of due) {
      const finding = takePending(episode, time)
      if (finding) {
        this.#report(key, episode, finding, org)
        this.#episodes.touch(key)
      }
      if (isOver(episode, time, shortestWindow)) this.#episodes.delete(key)
    }
  }

  /** Forgets what was witnessed too long ago to raise anything. `watermarkOf` tells by the key how far its org has come. */
  expire(watermarkOf: (key: string) => number | undefined): void {
    const longest = Math.max(0, ...this.#options.inForce.detector.escalations.map(({ within }) => within))
    for (const [key, witnessed] of this.#witnessed.entries()) {
      const watermark = watermarkOf(key)
      if (watermark === undefined) continue
      if (Object.values(witnessed).every((time) => watermark - time > longest)) this.#witnessed.delete(key)
    }
    for (const [key, named] of this.#named.entries()) {
      const watermark = watermarkOf(key)
      if (watermark === undefined) continue
      this.#named.touch(key)
      if (forgetNamed(named, watermark, Math.max(longest, keptNamed))) this.#named.delete(key)
    }
  }

  #name(key: string, activity: Activity, matching: readonly Escalation[]): void {
    const named = this.#named.get(key) ?? {}
    noteNamed(named, matching, activity)
    this.#named.set(key, named)
  }

  #episodeOf(key: string, entity: Entity, org: OrgTime, time: number): Episode {
    let episode = this.#episodes.get(key)
    if (!episode) {
      episode = { org: org.ref, entity, evidence: createEvidence(), seen: time, detected: null }
      this.#episodes.set(key, episode)
    }
    this.#episodes.touch(key)
    if (entity.name !== undefined) episode.entity = entity
    episode.seen = Math.max(episode.seen, time)
    return episode
  }

  #admit(key: string, episode: Episode, finding: UnrankedFinding, amount: number, org: OrgTime): void {
    const ranked = this.#rank(key, episode, finding)
    if (admit(episode, ranked, amount, this.#options.inForce.detector.id))
      this.#report(key, episode, ranked, org)
  }

  /** By the window whose level is the highest; the most surprising one of those of the same level. */
  #rank(key: string, episode: Episode, { found, others = [], ...finding }: UnrankedFinding): Finding {
    const { detector } = this.#options.inForce
    const { time } = finding
    closeIfEnded(episode, time)
    const raised =
      episode.detected?.raised ?? raisedBefore(this.#witnessed.get(key), detector.escalations, time)
    const facts = factsOf(episode.evidence, episode.entity.type)
    const worst = [{ verdict: finding.verdict, found }, ...others]
      .map((one) => ({ verdict: one.verdict, level: detector.levelFor({ ...one.found, ...facts }) }))
      .reduce((worse, other) => (compareLevels(other.level, worse.level) > 0 ? other : worse))
    return withRaised({ ...finding, ...worst }, raised)
  }

  /** An activity that escalations name has come: an episode that is open says again what it found, at the higher level. */
  #raise(key: string, activity: Activity, org: OrgTime, matching: readonly Escalation[]): void {
    const episode = this.#episodes.get(key)
    if (!episode?.detected) return
    const { detected } = episode
    const raised = raisedBy(matching, detected, activity.time)
    if (!raised || !detected.last) return
    const rises = compareLevels(higherLevel(detected.level, raised), detected.level) > 0
    if (!rises && !this.#namesMany(key, detected)) return
    if (rises) detected.raised = raised
    const { time, backfill } = activity
    const finding = withRaised(
      { ...detected.last, time, trigger: laterTrigger(detected.last, activity), backfill },
      detected.raised ?? null,
    )
    detected.last = finding
    this.#episodes.touch(key)
    this.#report(key, episode, finding, org)
  }

  /** Whether there are so many more whom escalations name that it is worth saying. */
  #namesMany(key: string, detected: Detected): boolean {
    const count = this.#namedIn(key, detected).reduce((sum, { names }) => sum + names.length, 0)
    return count > 0 && count >= growth * (detected.namedTold ?? 0)
  }

  #namedIn(key: string, detected: Detected): readonly NamedBy[] {
    return namedIn(this.#named.get(key), this.#options.inForce.detector.escalations, detected)
  }

  #report(key: string, episode: Episode, finding: Finding, org: OrgTime): void {
    if (!episode.detected) return
    const { id, level } = episode.detected
    const namedBy = this.#namedIn(key, episode.detected)
    episode.detected.namedTold = namedBy.reduce((sum, { names }) => sum + names.length, 0)
    const sequence = noteEmitted(episode.detected, finding)
    const { inForce, explain, emit } = this.#options
    const { detector } = inForce
    const isNews = sequence === 0 || compareLevels(finding.level, level) > 0
    const comesBack = isNews && !detector.watchesDetections && detector.status === 'stable'
    const about = linesOfNamed(this.#named.get(key) ?? {}, namedBy)
    const told = { ...finding, namedBy, about: [...about, ...(finding.about ?? [])] }
    const detection = toDetection(inForce, episode, { id, sequence }, told, explain(finding, org))
    emit(detection, comesBack ? toRisk(detector, episode, finding) : null)
  }
}

function toRisk({ riskOf, measure }: Detector, { evidence }: Episode, { level, verdict }: Finding): Risk {
  const since = Math.max(evidence.since ?? 0, verdict.start)
  return { points: riskOf(level), fact: measure.kind === 'sum' ? { sum: measure.expression, since } : null }
}

function withRaised(finding: Finding, raised: Raised | null): Finding {
  const level = higherLevel(finding.level, raised)
  return level === finding.level ? finding : { ...finding, level, because: raised?.because ?? null }
}

/** What was new when the episode began is still what it is about. */
function laterTrigger({ trigger }: Finding, activity: Activity): EventSample {
  const sample = sampleOf(activity)
  const { news } = trigger.fields
  return news === undefined ? sample : { ...sample, fields: { ...sample.fields, news } }
}
