import { messageOf } from '../../errors.ts'
import type { DurableState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import type { Detector, DetectorSet, InForce, Interest } from '../definition/detector.ts'
import type { Verdict } from '../detection.ts'
import type { EntityTable } from '../entities/entity-table.ts'
import type { EmitDetection } from '../firing/episodes.ts'
import type { OrgTime } from '../org-time.ts'
import { DriftWatcher } from './drift/drift-watcher.ts'
import { FadingWatcher } from './fading-watcher.ts'
import { ByKind, type Kind } from './kinds.ts'
import { NoveltyWatcher } from './novelty/novelty-watcher.ts'
import { SilenceWatcher } from './silence/silence-watcher.ts'
import { entityKey, sectionPrefix, type Watcher } from './watcher.ts'
import { WindowWatcher } from './windows/window-watcher.ts'

/** A watcher, and the detector for which it is at work. */
type Post = { readonly inForce: InForce; readonly watcher: Watcher }
type Interested = { readonly post: Post; readonly interest: Interest }

/** The detectors at work on one partition. One that throws must not blind the others: what it threw is kept for {@link Watch.takeFailure}. */
export class Watch {
  readonly #entities: EntityTable
  readonly #emit: EmitDetection
  /** Everything that was ever at work, by the prefix of its sections; what is in force is in `#posts`. */
  readonly #known = new Map<string, Post>()
  #posts: ReadonlySet<Post> = new Set()
  /** Those in force that are interested in activities of a kind. */
  #interested = new ByKind((kind) => this.#interestedIn(kind))
  #failure: Error | undefined

  constructor(entities: EntityTable, emit: EmitDetection) {
    this.#entities = entities
    this.#emit = emit
  }

  /** Of everything that was ever at work. */
  get states(): readonly DurableState[] {
    return [...this.#known.values()].flatMap(({ watcher }) => [...watcher.states])
  }

  /**
   * Puts these detectors in force: what measures the same goes on with its state. What nobody measures any more is set aside, and
   * goes on if it comes back, as when a file was missing during one reload.
   */
  use({ detectors, hash }: DetectorSet): void {
    this.#posts = new Set(detectors.map((detector) => this.#postFor(detector, hash)))
    this.#interested = new ByKind((kind) => this.#interestedIn(kind))
  }

  show(activity: Activity, org: OrgTime): void {
    for (const { post, interest } of this.#interested.of(activity)) {
      try {
        const { wants, escalations } = interest
        if (escalations.length > 0) witness(post, activity, org, escalations)
        if (wants(activity)) post.watcher.process(activity, org, interest)
      } catch (error) {
        this.#noteFailure(post, error)
      }
    }
  }

  tick(org: OrgTime, time: number): void {
    this.#each(this.#posts, (watcher) => watcher.tick(org, time))
  }

  /** Tells the verdict's detector what its episodes were. */
  judge({ detector, entity, episodes }: Verdict, teaching: VerdictWord, org: OrgTime): void {
    const judged = [...this.#posts].filter(({ inForce }) => inForce.detector.id === detector)
    const key = entityKey(org.ref, entity.id)
    this.#each(judged, (watcher) => {
      for (const episode of episodes) watcher.verdict(episode, key, teaching, org)
    })
  }

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    this.#each(this.#posts, (watcher) => watcher.expire(orgOf))
  }

  /** What a detector threw first since this was called last. */
  takeFailure(): Error | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  #interestedIn({ action, type, known }: Kind): readonly Interested[] {
    return [...this.#posts].flatMap((post) => {
      const interest = post.inForce.detector.interestIn(action, type, known)
      return interest ? [{ post, interest }] : []
    })
  }

  #each(posts: Iterable<Post>, work: (watcher: Watcher) => void): void {
    for (const post of posts) {
      try {
        work(post.watcher)
      } catch (error) {
        this.#noteFailure(post, error)
      }
    }
  }

  #noteFailure({ inForce: { detector } }: Post, error: unknown): void {
    this.#failure ??= new Error(`detector ${detector.id}: ${messageOf(error)}`, { cause: error })
  }

  #postFor(detector: Detector, set: string): Post {
    const prefix = sectionPrefix(detector)
    const known = this.#known.get(prefix)
    if (known) {
      const before = known.inForce.detector
      Object.assign(known.inForce, { detector, set })
      known.watcher.replaced?.(before)
      return known
    }
    const inForce = { detector, set }
    const post = { inForce, watcher: createWatcher(inForce, this.#entities, this.#emit) }
    this.#known.set(prefix, post)
    return post
  }
}

function witness(
  { watcher }: Post,
  activity: Activity,
  org: OrgTime,
  escalations: Interest['escalations'],
): void {
  const matching = escalations.filter(({ matches }) => matches(activity))
  if (matching.length === 0) return
  watcher.episodes?.witness(activity, org, matching, (id) => entityKey(org.ref, id))
  watcher.witnessed?.(activity, org)
}

/** The watcher that the detector's model asks for. */
function createWatcher(inForce: InForce, entities: EntityTable, emit: EmitDetection): Watcher {
  const { baseline, when } = inForce.detector
  if (baseline.model === 'novelty') return new NoveltyWatcher(inForce, entities, emit)
  if (baseline.model === 'drift') return new DriftWatcher(inForce, entities, emit)
  if (when === 'below') return new SilenceWatcher(inForce, emit)
  if (baseline.model === 'decay') return new FadingWatcher(inForce, emit)
  return new WindowWatcher(inForce, entities, emit)
}
