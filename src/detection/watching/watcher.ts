import type { DurableState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import type { Detector, Interest } from '../definition/detector.ts'
import type { OrgRef } from '../detection.ts'
import type { Episodes } from '../firing/episodes.ts'
import type { OrgTime } from '../org-time.ts'

/** One detector at work on one partition: its keyed state, and the road from an activity to a detection. */
export interface Watcher {
  readonly states: readonly DurableState[]
  /** Shown whatever escalations of the detector match; null where none can. */
  readonly episodes: Episodes | null
  /** The detector in force is another one now, which measures the same but may fire, rank or tell otherwise. */
  replaced?(before: Detector): void
  /**
   * Takes one activity into account, which the detector wants, and emits what it leads to. `interest`: the detector's in activities
   * of this kind, where somebody has it at hand.
   */
  process(activity: Activity, org: OrgTime, interest?: Interest): void
  /** The entity has done what the detector's escalations name, which {@link episodes} were shown. */
  witnessed?(activity: Activity, org: OrgTime): void
  /** Event time of an org has come to `time` (called about once a minute): says what is still to be said. */
  tick(org: OrgTime, time: number): void
  /**
   * An analyst has said what an episode was. `expected`: what was held back of it is learned in full and at once;
   * `true_positive`: nothing of it is learned, and the entity's baseline is again what it was before. `key` is the one of
   * {@link entityKey}. An episode that is unknown or was forgotten is passed over.
   */
  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void
  /** Called once a day: forgets entities whose history weighs nothing any more. `orgOf` finds an org by its id. */
  expire(orgOf: (id: string) => OrgTime | undefined): void
}

/** The part of a section's name that says whose state it is: it changes when what is measured changes. */
export function sectionPrefix({ id, measureHash }: Detector): string {
  return `${id}/${measureHash}/`
}

/** The key of an entity's state. */
export function entityKey(org: OrgRef, entity: string): string {
  return `${org.id}\0${entity}`
}

/** The id of the org to which a key of {@link entityKey} belongs. */
export function orgIdOf(key: string): string {
  return key.slice(0, key.indexOf('\0'))
}
