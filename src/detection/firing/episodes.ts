import { KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { Detector } from '../definition/detector.ts'
import type { Detection, Entity, Statistics } from '../detection.ts'
import type { OrgTime } from '../org-time.ts'
import { admit, type Episode, type Finding, isOver, noteEmitted, takePending } from './episode.ts'
import { collect, createEvidence } from './evidence.ts'
import { toDetection } from './to-detection.ts'

export type EmitDetection = (detection: Detection) => void

export type EpisodesOptions = {
  /** Section of the store. */
  readonly section: string
  /** The detector in force and the hash of its set. */
  readonly source: () => { readonly detector: Detector; readonly set: string }
  /** The numbers behind a finding, asked for when it is emitted. */
  readonly explain: (finding: Finding, org: OrgTime) => Statistics | null
  readonly emit: EmitDetection
}

/** Something remarkable that an activity brought about. */
export type Remark = {
  readonly activity: Activity
  readonly entity: Entity
  readonly org: OrgTime
  /** What the activity contributed, in the measure's unit. */
  readonly amount: number
  /** Null when it is remarkable but does not fire. */
  readonly finding: Finding | null
}

/** The episodes of one detector: gathers what is remarkable, and decides when a detection is emitted. */
export class Episodes {
  readonly state: KeyedState<Episode>
  readonly #options: EpisodesOptions

  constructor(options: EpisodesOptions) {
    this.state = new KeyedState(options.section)
    this.#options = options
  }

  /** Takes a remark about the entity with this key into its episode, which begins with it if there is none. Answers the id of the episode, null before it has fired. */
  take(key: string, { activity, entity, org, amount, finding }: Remark): string | null {
    let episode = this.state.get(key)
    if (!episode) {
      episode = { org: org.ref, entity, evidence: createEvidence(), seen: activity.time, detected: null }
      this.state.set(key, episode)
    }
    this.state.touch(key)
    if (entity.name !== undefined) episode.entity = entity
    episode.seen = Math.max(episode.seen, activity.time)
    collect(episode.evidence, activity, amount, entity.type)
    if (finding && admit(episode, finding, amount, this.#options.source().detector.id))
      this.#report(episode, finding, org)
    return episode.detected?.id ?? null
  }

  /** Event time of an org came to `time`: says what is still to be said of its episodes, and forgets those that are over. */
  tick(org: OrgTime, time: number): void {
    const shortestWindow = this.#options.source().detector.windows[0] ?? 0
    const due: { key: string; episode: Episode }[] = []
    for (const [key, episode] of this.state.entries()) {
      if (episode.org.id === org.ref.id) due.push({ key, episode })
    }
    due.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const { key, episode } of due) {
      const finding = takePending(episode, time)
      if (finding) {
        this.#report(episode, finding, org)
        this.state.touch(key)
      }
      if (isOver(episode, time, shortestWindow)) this.state.delete(key)
    }
  }

  #report(episode: Episode, finding: Finding, org: OrgTime): void {
    if (!episode.detected) return
    const { id } = episode.detected
    const sequence = noteEmitted(episode.detected, finding)
    const { source, explain, emit } = this.#options
    emit(toDetection(source(), episode, { id, sequence }, finding, explain(finding, org)))
  }
}
