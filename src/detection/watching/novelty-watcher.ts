import { day } from '../../duration.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import type { VerdictWord } from '../baseline/incidents.ts'
import { knownSince } from '../baseline/value-memory.ts'
import type { Detector, InForce } from '../definition/detector.ts'
import type { Level } from '../detection.ts'
import type { EntityTable } from '../entities/entity-table.ts'
import { type EmitDetection, Episodes, type UnrankedFinding } from '../firing/episodes.ts'
import { type FiringVerdict, fires } from '../firing/evaluate.ts'
import { createEvidence, factsOf, sampleOf } from '../firing/evidence.ts'
import { formatNews, toStatistics } from '../firing/explain.ts'
import type { OrgTime } from '../org-time.ts'
import { paneAt } from '../window/window.ts'
import { halfLifeOf, type News, NewValues, type Sighting } from './new-values.ts'
import { evaluateNews, fieldNames } from './novelty-verdict.ts'
import { type Owner, ValueOwners } from './value-owners.ts'
import { entityKey, orgIdOf, sectionPrefix, type Watcher } from './watcher.ts'

/**
 * What is new of an entity within the window that began with `since`; saved as JSON. `episode`: that it led to. `fired`: when the
 * first windows of the last weeks that fired did so, ms.
 */
type Recent = {
  readonly since: number
  readonly news: News[]
  episode: string | null
  readonly fired: number[]
}

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

  tick(org: OrgTime, time: number): void {
    this.episodes.tick(org, time)
  }

  /** What a true attack taught is forgotten: it is new again when it comes back. What was expected has been learned. */
  verdict(episode: string, key: string, verdict: VerdictWord, org: OrgTime): void {
    const recent = this.#recent.get(key)
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
    const { activity, id, org } = sighting
    const key = entityKey(org.ref, id)
    const claim = { key, level: this.#levelOf(activity, news), since: activity.time }
    const own: News[] = []
    for (const each of news) {
      const owner = this.#owners.ownerOf(org.ref, each.word, claim)
      if (owner) this.#join(owner, key, sighting)
      else own.push(each)
    }
    return own.length > 0 && this.#judgeOwn(key, sighting, own)
  }

  /** How it would be told of the entity by itself. */
  #levelOf(activity: Activity, { length: observed }: readonly News[]): Level {
    const { windows, entityType, levelFor } = this.#detector
    const found = {
      observed,
      expected: 0,
      ratio: 0,
      excess: 0,
      window: windows.at(-1) ?? 0,
      activity,
      whole: null,
    }
    return levelFor({ ...found, ...factsOf(createEvidence(), entityType) })
  }

  /** The owner's episode has one more in it. */
  #join(owner: Owner, key: string, { activity, org }: Sighting): void {
    if (!this.#owners.join(owner, key)) return
    const { time } = activity
    const { length, observed } = owner.verdict
    const moved = { start: time - length, end: time, pane: paneAt(time, length) }
    const verdict = { ...owner.verdict, ...moved, observed: observed + owner.joined.length }
    const finding = this.#toFinding(verdict, activity, owner.known, owner.news)
    this.episodes.take(owner.key, { activity, entity: owner.entity, org, amount: 1, finding })
  }

  #judgeOwn(key: string, sighting: Sighting, own: readonly News[]): boolean {
    const { activity, org, memory } = sighting
    const detector = this.#detector
    const entity = detector.entityOf(activity)
    if (!entity) return false
    const { time } = activity
    const recent = this.#recentOf(key, time)
    recent.news.push(...own.slice(0, Math.max(0, maxNews - recent.news.length)))
    const verdict = evaluateNews({
      detector,
      firing: detector.firesFor(activity),
      memory,
      group: this.#values.groupOf(sighting),
      groups: this.#values.groupCount(org.ref.id),
      news: recent.news,
      time,
      halfLife: halfLifeOf(detector),
    })
    if (!verdict) return false
    const known = { since: knownSince(memory), peers: detector.baseline.peersOf(activity, entity) }
    const finding = fires(verdict) ? this.#toFinding(verdict, activity, known, recent.news) : null
    const remark = { activity, entity, org, amount: own.length, finding }
    const episode = this.episodes.take(key, remark)
    if (!fires(verdict)) return false
    if (recent.episode === null && recent.fired.length < heldBack) recent.fired.push(recent.since)
    recent.episode = episode
    const owner = {
      key,
      entity,
      since: time,
      verdict,
      known,
      news: describeNews(fieldNames(detector), recent.news),
      level: this.episodes.levelOf(key) ?? detector.level,
    }
    this.#owners.own(org.ref, recent.news, owner)
    return recent.fired.includes(recent.since)
  }

  #recentOf(key: string, time: number): Recent {
    const before = this.#recent.get(key)
    if (before && time - before.since <= (this.#detector.windows.at(-1) ?? 0)) {
      this.#recent.touch(key)
      return before
    }
    const fired = before?.fired.filter((at) => time - at <= recallableFor) ?? []
    const recent = { since: time, news: [], episode: null, fired }
    this.#recent.set(key, recent)
    return recent
  }

  #toFinding(
    verdict: FiringVerdict,
    activity: Activity,
    known: Owner['known'],
    news: string | readonly News[],
  ): UnrankedFinding {
    const { observed, judgement, excess, length } = verdict
    const expected = judgement?.expected ?? 0
    const ratio = observed / Math.max(expected, 1e-9)
    const sample = sampleOf(activity)
    const words = typeof news === 'string' ? news : describeNews(fieldNames(this.#detector), news)
    return {
      verdict,
      found: { observed, expected, ratio, excess, window: length, activity, whole: null },
      time: activity.time,
      trigger: { ...sample, fields: { ...sample.fields, news: words } },
      backfill: activity.backfill,
      known,
    }
  }
}

function describeNews(names: readonly string[], news: readonly News[]): string {
  const named = names.map((name, field) => ({
    name,
    values: [...new Set(news.filter((each) => each.field === field).map(({ text }) => text))],
  }))
  return formatNews(named.filter(({ values }) => values.length > 0))
}
