import { day } from '../../../duration.ts'
import { type DurableState, KeyedState } from '../../../stream/keyed-state.ts'
import type { Activity } from '../../activity/activity.ts'
import type { Traits } from '../../activity/firsts.ts'
import { toText } from '../../activity/payload.ts'
import { hashOf } from '../../activity/text-hash.ts'
import { mix, traitFields, traitsOf } from '../../activity/traits.ts'
import { rarityClass } from '../../algorithms/novelty.ts'
import { MemoryTable } from '../../baseline/novelty/memory-table.ts'
import {
  ageGroup,
  createNoveltyGroup,
  type NoveltyGroup,
  noteEntityDay,
  noteNew,
} from '../../baseline/novelty/novelty-group.ts'
import { Repeats } from '../../baseline/novelty/repeats.ts'
import { ValueHolders } from '../../baseline/novelty/value-holders.ts'
import {
  addValue,
  daysOf,
  findValue,
  forgetBefore,
  forgetValues,
  hadNewsToday,
  hadValueToday,
  knownSince,
  lastDay,
  lastSight,
  type MemoryKind,
  noteActive,
  noteSight,
  noteToday,
  toWord,
  type ValueMemory,
} from '../../baseline/novelty/value-memory.ts'
import type { Detector } from '../../definition/detector.ts'
import type { EntityTable } from '../../entities/entity-table.ts'
import type { OrgTime } from '../../org-time.ts'
import { entityKey, orgIdOf } from '../watcher.ts'

/** A value that an entity has for the first time. */
export type News = {
  /** Number of the measure's field. */
  readonly field: number
  readonly word: number
  readonly text: string
  /** Class by how many others had it. */
  readonly rarity: number
}

/** An activity of an entity, with what is remembered of it. */
export type Sighting = {
  readonly activity: Activity
  readonly id: string
  readonly org: OrgTime
  readonly memory: ValueMemory
  /** How long entity and org have been watched, ms. */
  readonly known: number
  /** Its days enter what is usual; the first days of an entity or org say nothing about it. */
  readonly counts: boolean
  /** Identifies the values that the activity has. */
  readonly print: Pick<Traits, 'print' | 'check'>
}

/** Values of each field that are remembered of an entity. */
const capacity = 128
const longestText = 120
/** Days after which a rate may at most be halved; more would not fit into what is saved. */
const longestHalfLife = 170

/** What the entities of a detector have had, and how often something is new: everything that is learned by model `novelty`. */
export class NewValues {
  readonly #memories: MemoryTable
  readonly #groups: KeyedState<NoveltyGroup>
  readonly #orgs: KeyedState<{ readonly since: number }>
  readonly #holders: ValueHolders
  readonly #repeats = new Repeats()
  readonly #fieldsBesideTraits: readonly MeasuredField[]
  #detector: Detector
  #kind: MemoryKind

  constructor(prefix: string, detector: Detector, entities: EntityTable) {
    this.#memories = new MemoryTable(`${prefix}entities`, entities.of(detector.entityType))
    this.#groups = new KeyedState(`${prefix}groups`)
    this.#orgs = new KeyedState(`${prefix}orgs`)
    this.#holders = new ValueHolders(`${prefix}values`)
    this.#detector = detector
    this.#kind = kindOf(detector)
    this.#fieldsBesideTraits = detector.measure.fields.filter(({ name }) => !traitFields.has(name))
  }

  get states(): readonly DurableState[] {
    return [this.#memories, this.#groups, this.#orgs, this.#holders.state]
  }

  replace(detector: Detector): void {
    this.#detector = detector
    this.#kind = kindOf(detector)
  }

  /** Takes note that the entity is active. Null when it brings just what it brought within the hour, and nothing has changed. */
  sight(activity: Activity, id: string, org: OrgTime): Sighting | null {
    const { time } = activity
    const orgSince = this.#orgSince(org, time)
    const memory = this.#memories.find(org.ref.id, id) ?? this.#memories.add(org.ref.id, id, time)
    const knownFor = () => time - Math.max(knownSince(memory), orgSince)
    const print = this.#printOf(activity, this.#countsAfter(knownFor()))
    if (this.#repeats.answer(this.#memories, time, print.print, print.check) !== undefined) return null
    const startsDay = noteActive(memory, time, this.#kind)
    if (startsDay) this.#memories.touch()
    const known = knownFor()
    const counts = this.#countsAfter(known)
    const sighting = { activity, id, org, memory, known, counts, print }
    if (startsDay && counts) this.groupOf(sighting).active++
    return sighting
  }

  /** What is remembered of an entity; null when nothing is. */
  memoryOf(orgId: string, id: string): ValueMemory | null {
    return this.#memories.find(orgId, id) ?? null
  }

  /** The values that the entity has for the first time. All of them are remembered. */
  look(sighting: Sighting): readonly News[] {
    const { activity, memory, counts, print } = sighting
    const { fields } = this.#detector.measure
    const { version } = this.#memories
    let news = nothing
    for (let field = 0; field < fields.length; field++) {
      const value = (fields[field] as MeasuredField).read(activity)
      if (value === null || value === undefined || value === '') continue
      if (counts && !hadValueToday(memory, field)) this.#startFieldDay(sighting, field)
      if (!Array.isArray(value)) news = this.#see(sighting, field, value, news)
      else for (const each of value) news = this.#see(sighting, field, each, news)
    }
    if (this.#memories.version === version)
      this.#repeats.note(this.#memories, activity.time, print.print, print.check, 0)
    return news
  }

  /** What is new enters what is usual for the entity and its group. */
  learn(sighting: Sighting, news: readonly News[]): void {
    const { memory, counts } = sighting
    if (!counts) return
    const group = this.groupOf(sighting)
    for (const { field, rarity } of news) {
      if (hadNewsToday(memory, field)) continue
      const others = [...this.#detector.measure.fields.keys()].filter((other) => hadNewsToday(memory, other))
      noteNew(group, field, rarity, others)
      noteToday(memory, field, true)
    }
  }

  /** The entity's peer group, as it is now. */
  groupOf({ activity, org }: Pick<Sighting, 'activity' | 'org'>): NoveltyGroup {
    const { baseline, measure, entityType } = this.#detector
    const key = entityKey(org.ref, baseline.peersOf(activity, { type: entityType }))
    let group = this.#groups.get(key)
    if (!group) {
      group = createNoveltyGroup(measure.fields.length, activity.time)
      this.#groups.set(key, group)
    } else this.#groups.touch(key)
    ageGroup(group, activity.time, halfLifeOf(this.#detector))
    return group
  }

  /** Peer groups of an org in which somebody has been active lately. */
  groupCount(orgId: string): number {
    let count = 0
    for (const [key, { active }] of this.#groups.entries()) if (active >= 1 && orgIdOf(key) === orgId) count++
    return count
  }

  /** The entity never had these values. */
  forget(orgId: string, id: string, news: readonly News[]): void {
    const memory = this.#memories.find(orgId, id)
    if (!memory) return
    forgetValues(memory, new Set(news.map(({ word }) => word)))
    this.#memories.touch()
  }

  /** Forgets what has not been seen for the detector's memory. */
  expire(orgOf: (id: string) => OrgTime | undefined): void {
    const { memory: kept } = this.#detector.baseline
    for (const [orgId, , memory] of this.#memories.entries()) {
      const org = orgOf(orgId)
      if (!org) continue
      const oldest = Math.floor((org.watermark - kept) / day)
      if (lastDay(memory) < oldest) this.#memories.delete()
      else if (forgetBefore(memory, oldest)) this.#memories.touch()
    }
    for (const [orgId] of this.#orgs.entries()) {
      const org = orgOf(orgId)
      if (org) this.#holders.expire(orgId, org.watermark - kept)
    }
  }

  /** What identifies the values of the activity's fields; more than that does no harm. */
  #printOf(activity: Activity, counts: boolean): Sighting['print'] {
    const others = this.#fieldsBesideTraits
    let print = counts ? 1 : 0
    let check = 0
    if (others.length < this.#detector.measure.fields.length) {
      const traits = activity.traits ?? traitsOf(activity)
      print = mix(traits.print, print)
      check = traits.check
    }
    for (const field of others) {
      const hash = hashOf(toText(field.read(activity)) ?? '')
      print = mix(print, hash)
      check = mix(check, hash)
    }
    return { print, check }
  }

  /** Whether the days of an entity that has been known for so long (ms) enter what is usual. */
  #countsAfter(known: number): boolean {
    return 2 * known >= this.#detector.baseline.learning
  }

  #orgSince({ ref }: OrgTime, time: number): number {
    const known = this.#orgs.get(ref.id)
    if (known && known.since <= time) return known.since
    this.#orgs.set(ref.id, { since: time })
    return time
  }

  #startFieldDay(sighting: Sighting, field: number): void {
    const { days, newDays } = daysOf(sighting.memory, field)
    noteEntityDay(this.groupOf(sighting), field, days, newDays)
    noteToday(sighting.memory, field, false)
    this.#memories.touch()
  }

  #see({ activity, memory, org }: Sighting, field: number, value: unknown, news: News[]): News[] {
    const text = toText(value)
    if (text === null) return news
    const { time } = activity
    const word = toWord(hashOf(text), field)
    const place = findValue(memory, word)
    const forgotten = Math.floor(time / day) - this.#detector.baseline.memory / day
    if (place >= 0 && lastSight(memory, place) >= forgotten) {
      if (noteSight(memory, place, time, false)) {
        this.#memories.touch()
        this.#holders.see(org.ref.id, word, time)
      }
      return news
    }
    const rarity = rarityClass(this.#holders.count(org.ref.id, word))
    if (place >= 0) noteSight(memory, place, time, true)
    else addValue(memory, word, time, time, this.#kind)
    this.#holders.add(org.ref.id, word, time)
    this.#memories.touch()
    return [...news, { field, word, text: text.slice(0, longestText), rarity }]
  }
}

type MeasuredField = Detector['measure']['fields'][number]

const nothing: News[] = []

function kindOf(detector: Detector): MemoryKind {
  return {
    rateHalfLife: Math.min(halfLifeOf(detector) / day, longestHalfLife),
    capacities: detector.measure.fields.map(() => capacity),
  }
}

/** How fast it is forgotten how often something new is brought up, ms. */
export function halfLifeOf({ baseline }: Detector): number {
  return baseline.memory / 2
}
