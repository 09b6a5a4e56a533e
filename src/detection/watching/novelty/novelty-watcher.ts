import { day } from '../../../duration.ts'
import { type DurableState, KeyedState } from '../../../stream/keyed-state.ts'
import type { Activity } from '../../activity/activity.ts'
import type { VerdictWord } from '../../baseline/incidents.ts'
import type { Detector, InForce } from '../../definition/detector.ts'
import { compareLevels, type Entity } from '../../detection.ts'
import type { EntityTable } from '../../entities/entity-table.ts'
import { type EmitDetection, Episodes } from '../../firing/episodes.ts'
import { fires } from '../../firing/evaluate.ts'
import { toStatistics } from '../../firing/explain.ts'
import type { OrgTime } from '../../org-time.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from '../watcher.ts'
import { halfLifeOf, type News, NewValues, type Sighting } from './new-values.ts'
import { toNoveltyFinding } from './novelty-finding.ts'
import { evaluateNews } from './novelty-verdict.ts'
import { isForeign, type Thing, thingsAmong, thingsBeside } from './things.ts'
import { type Owner, ValueOwners } from './value-owners.ts'

/**
 * What is new of an entity within the window that began with `since`; saved as JSON. `episode`: that it led to. `fired`: when the
 * first windows of the last weeks that fired did so, ms.
 */
type Recent = {
  readonly since: number
  readonly news: News[]
  episode: string | null
  readonly fired: number[]
  /** Things that came along with it and are not measured. Absent in what was saved by earlier versions. */
  beside?: readonly Thing[]
}

/** An activity, and the entity that is judged by it. */
type Subject = Pick<Sighting, 'activity' | 'org' | 'memory'> & {
  readonly key: string
  readonly entity: Entity
  readonly recent: Recent
}

/** Those whom an entity joins, and the words that it shares with them. */
type Shares = { readonly owners: readonly Owner[]; readonly words: ReadonlySet<number> }

/** News of one window that are kept one by one. */
const maxNews = 64
/** An analyst may take back what an episode taught for so long, ms. */
const recallableFor = 30 * day
/**
 * What fires does not teach that the entity often brings up something new: a thief who comes back from elsewhere a week
 * later must fire again. But only so often in thirty days; what goes on after that is learned.
 */
const heldBack = 2

/** Watches what an entity has for the first time: model `novelty`. */
export class NoveltyWatcher implements Watcher {
  readonly #values: NewValues
  readonly #recent: KeyedState<Recent>
  readonly #owners: ValueOwners
  readonly episodes: Episodes
  readonly #inForce: InForce

  constructor(inForce: InForce, entities: EntityTable, emit: EmitDetection) {
    const prefix = sectionPrefix(inForce.detector)
    this.#inForce = inForce
    this.#values = new NewValues(prefix, inForce.detector, entities)
    this.#recent = new KeyedState(`${prefix}recent`)
    this.#owners = new ValueOwners(prefix)
    this.episodes = new Episodes({ prefix, inForce, explain: toStatistics, emit })
  }

  get states(): readonly DurableState[] {
    return [...this.#values.states, this.#recent, ...this.#owners.states, ...this.episodes.states]
  }

  replaced(): void {
    this.#values.replace(this.#detector)
  }

  process(activity: Activity, org: OrgTime): void {
    const detector = this.#detector
    const id = detector.idOf(activity)
    if (id === null) return
    const sighting = this.#values.sight(activity, id, org)
    if (!sighting) return
    const news = this.#values.look(sighting)
    if (news.length === 0 || detector.hits?.(activity) === false) return
    const held = sighting.known >= detector.baseline.learning && this.#judge(sighting, news)
    if (!held) this.#values.learn(sighting, news)
  }

  /** Who had joined somebody, and now does what would make that louder, is judged on their own. */
  witnessed(activity: Activity, org: OrgTime): void {
    const entity = this.#detector.entityOf(activity)
    if (!entity) return
    const key = entityKey(org.ref, entity.id)
    const recent = this.#recent.get(key)
    const memory = this.#values.memoryOf(org.ref.id, entity.id)
    if (!recent || !memory || !this.#isRecent(recent, activity.time)) return
    const subject = { activity, org, memory, key, entity, recent }
    const shares = this.#sharesOf(subject)
    if (shares.owners.length > 0 && this.#outranks(subject, shares)) this.#fire(subject, recent.news)
  }

  tick(org: OrgTime, time: number): void {
    this.episodes.tick(org, time)
  }

  /** What a true attack taught is forgotten: it is new again when it comes back. What was expected has been learned. */
  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    const recent = this.#recent.get(key)
    if (verdict === 'true_positive') this.#owners.release(episode)
    if (verdict !== 'true_positive' || recent?.episode !== episode) return
    this.#values.forget(org.ref.id, key.slice(key.indexOf('\0') + 1), recent.news)
    this.#recent.delete(key)
  }

  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const watermarkOf = (key: string) => orgOf(orgIdOf(key))?.watermark
    const window = this.#detector.windows.at(-1) ?? 0
    for (const [key, { since, fired, episode }] of this.#recent.entries()) {
      const kept = episode !== null || fired.length > 0 ? recallableFor : window
      if ((watermarkOf(key) ?? 0) - since > kept) this.#recent.delete(key)
    }
    this.#values.expire(orgOf)
    this.#owners.expire(watermarkOf)
    this.episodes.expire(watermarkOf)
  }

  get #detector(): Detector {
    return this.#inForce.detector
  }

  /** True when it fires and is held back from what is learned. */
  #judge(sighting: Sighting, news: readonly News[]): boolean {
    const { activity, org, memory } = sighting
    const entity = this.#detector.entityOf(activity)
    if (!entity) return false
    const key = entityKey(org.ref, entity.id)
    const recent = this.#recentOf(key, activity.time)
    recent.news.push(...news.slice(0, Math.max(0, maxNews - recent.news.length)))
    recent.beside = [...(recent.beside ?? []), ...thingsBeside(this.#detector.measure, activity)].slice(
      -maxNews,
    )
    const subject = { activity, org, memory, key, entity, recent }
    const shares = this.#sharesOf(subject)
    const others = this.#thingsOf(recent).filter(({ word }) => !shares.words.has(word))
    if (shares.owners.length === 0 || isForeign(activity, others) || this.#outranks(subject, shares))
      return this.#fire(subject, recent.news)
    if (news.some(({ word }) => shares.words.has(word)))
      for (const owner of shares.owners)
        this.episodes.join(owner.key, entity.name ?? entity.id, activity, org)
    const own = recent.news.filter(({ word }) => !shares.words.has(word))
    return news.some(({ word }) => !shares.words.has(word)) && this.#fire(subject, own)
  }

  /**
   * With whom the entity shares what is new of it, and which words. Whoever has an episode of their own goes on with that. What
   * is no reason to join, such as a kind of API, is shared all the same with those whom one joins for another.
   */
  #sharesOf({ key, recent, activity, org }: Subject): Shares {
    const found = [...recent.news, ...(recent.beside ?? [])].flatMap(({ word }) => {
      const owner = this.#openOwnerOf(org, word, activity.time)
      return owner && owner.key !== key ? [{ word, owner }] : []
    })
    const owners = new Map<string, Owner>()
    if (recent.episode === null)
      for (const { owner } of found) if (owner.shared) owners.set(owner.episode, owner)
    const words = found.filter(({ owner }) => owners.has(owner.episode)).map(({ word }) => word)
    return { owners: [...owners.values()], words: new Set(words) }
  }

  #thingsOf({ news, beside = [] }: Recent): readonly Thing[] {
    return [...thingsAmong(this.#detector.measure, news), ...beside]
  }

  #openOwnerOf({ ref }: OrgTime, word: number, time: number): Owner | null {
    const owner = this.#owners.ownerOf(ref, word)
    return owner && this.episodes.levelOf(owner.key, owner.episode, time) !== null ? owner : null
  }

  /** On its own it would be louder than those whom it would join. */
  #outranks(subject: Subject, { owners }: Shares): boolean {
    const { key, entity, org, activity, recent } = subject
    const verdict = this.#evaluate(subject, recent.news)
    if (!verdict || !fires(verdict)) return false
    const finding = toNoveltyFinding(this.#detector, verdict, subject, recent.news)
    const level = this.episodes.levelFor(key, { activity, entity, org, amount: 0, finding })
    return owners.every((owner) => {
      const theirs = this.episodes.levelOf(owner.key, owner.episode, activity.time)
      return theirs === null || compareLevels(level, theirs) > 0
    })
  }

  #evaluate({ activity, org, memory }: Subject, news: readonly News[]) {
    const detector = this.#detector
    return evaluateNews({
      detector,
      firing: detector.firesFor(activity),
      memory,
      group: this.#values.groupOf({ activity, org }),
      groups: this.#values.groupCount(org.ref.id),
      news,
      time: activity.time,
      halfLife: halfLifeOf(detector),
    })
  }

  /** True when it fires and is held back from what is learned. */
  #fire(subject: Subject, news: readonly News[]): boolean {
    const { key, recent, activity, entity, org } = subject
    const verdict = this.#evaluate(subject, news)
    if (!verdict) return false
    const finding = fires(verdict) ? toNoveltyFinding(this.#detector, verdict, subject, news) : null
    const episode = this.episodes.take(key, { activity, entity, org, amount: news.length, finding })
    if (!finding || episode === null) return false
    if (recent.episode === null && recent.fired.length < heldBack) recent.fired.push(recent.since)
    recent.episode = episode
    this.#own(subject, news, episode)
    return recent.fired.includes(recent.since)
  }

  /** What belongs to an episode that is open and no lower stays there. */
  #own({ key, recent, org, activity: { time } }: Subject, news: readonly News[], episode: string): void {
    const level = this.episodes.levelOf(key, episode, time) ?? 'informational'
    const { beside = [] } = recent
    const things = new Set(this.#thingsOf(recent).map(({ word }) => word))
    for (const each of [...news, ...beside]) {
      const owner = this.#openOwnerOf(org, each.word, time)
      const theirs = owner && this.episodes.levelOf(owner.key, owner.episode, time)
      if (owner?.key !== key && theirs && compareLevels(level, theirs) <= 0) continue
      this.#owners.own(org.ref, each, things.has(each.word), { key, episode, since: time })
    }
  }

  #recentOf(key: string, time: number): Recent {
    const before = this.#recent.get(key)
    if (before && this.#isRecent(before, time)) {
      this.#recent.touch(key)
      return before
    }
    const fired = before?.fired.filter((at) => time - at <= recallableFor) ?? []
    const recent = { since: time, news: [], episode: null, fired }
    this.#recent.set(key, recent)
    return recent
  }

  #isRecent({ since }: Recent, time: number): boolean {
    return time - since <= (this.#detector.windows.at(-1) ?? 0)
  }
}
