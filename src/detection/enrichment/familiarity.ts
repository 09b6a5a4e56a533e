import { day, hour } from '../../duration.ts'
import type { DurableState } from '../../stream/keyed-state.ts'
import type { Activity } from '../activity/activity.ts'
import { isBackground } from '../activity/background.ts'
import {
  asSurprise,
  createFirsts,
  dimensions,
  type Firsts,
  hasOwnTools,
  isNew,
  type Newness,
  type Traits,
  tell,
  tellStrange,
  unknownFirsts,
} from '../activity/firsts.ts'
import { mix, traitsOf } from '../activity/traits.ts'
import { MemoryTable } from '../baseline/novelty/memory-table.ts'
import { Repeats } from '../baseline/novelty/repeats.ts'
import {
  addValue,
  awayAt,
  daysOf,
  findValue,
  firstSight,
  forgetBefore,
  knownSince,
  lastDay,
  lastSight,
  type MemoryKind,
  noteActive,
  noteReturn,
  noteSight,
  noteToday,
  toWord,
  type ValueMemory,
} from '../baseline/novelty/value-memory.ts'
import { EntityTable } from '../entities/entity-table.ts'
import { Actors } from './actors.ts'
import { isAutomated, isByHand } from './by-hand.ts'
import { rangeIndex, rangeWords } from './network-ranges.ts'
import { OrgSights } from './org-sights.ts'
import { isRestless, isSurprising } from './surprise.ts'

/** A value counts as new for so long after its first sight, ms: the whole of an attack carries the flag. */
export const newFor = 72 * hour
/** A user is known after so long, ms; what they bring up until then is what they always do. */
export const knownAfter = 3 * day
/** From so long on whoever was not seen in an org really was not there, ms. */
export const watchedAfter = 7 * day
/** From so long on what a newcomer brings along can be said to be nobody's, ms: until then most homes have not been seen. */
const settledAfter = 14 * day
/** A value is forgotten after so many days on which the user was there and did not show it; a user after so many away. */
const rememberedDays = 90
export const rememberedUserDays = 400

/** Beside the dimensions: ranges of networks, and on which days the user worked by hand. */
const memoryKind: MemoryKind = { rateHalfLife: 30, capacities: [64, 32, 32, 96, 160, 8, 16, 48] }

/**
 * What each user is known to use: networks, applications, clients, objects, queries, kinds of API, countries. One memory for
 * all detectors. A login that failed teaches nothing: whoever guesses passwords must not become familiar by it.
 */
export class Familiarity {
  readonly state: MemoryTable
  readonly #org = new OrgSights({ newFor, knownAfter, rememberedDays })
  readonly #actors = new Actors()
  readonly #repeats = new Repeats()
  readonly #capacity: number
  /** Whether the event at hand changed anything that must be saved. */
  #changed = false
  /** Whether the event at hand is the first that brings somebody who works by hand to a network. */
  #arrived = false
  /** Bit i: what the event at hand has in dimension i is still new, but came first on a day before. */
  #carried = 0

  /** @param options.capacity how many users are remembered at most, two million when absent: about 200 bytes each */
  constructor({ entities = new EntityTable(), capacity = 2_000_000 }: FamiliarityOptions = {}) {
    this.state = new MemoryTable('familiarity', entities.of('user'))
    this.#capacity = capacity
  }

  get states(): readonly DurableState[] {
    return [this.state, this.#org.state, this.#actors.state]
  }

  /** Tells what is new about the activity for its user, of a login as somebody else for who does it, and learns from it. */
  note(activity: Activity): Firsts {
    const { time } = activity
    const user = this.#actors.userOf(activity)
    if (user === null) return unknownFirsts
    const learns = teaches(activity)
    const memory = this.state.find(activity.org.id, user) ?? (learns ? this.#add(activity, user) : null)
    if (!memory) return unknownFirsts
    const traits = activity.traits ?? traitsOf(activity)
    const usesHands = isByHand(activity)
    const print = mix(traits.print, usesHands ? 1 : 0)
    const usual = learns ? this.#repeats.answer(this.state, time, print, traits.check) : undefined
    if (usual !== undefined) return usual
    const age = time - knownSince(memory)
    const known = age >= knownAfter
    const away = awayAt(memory, time, newFor)
    const automated = known && isAutomated(daysOf(memory, handIndex), age)
    const returns = !known && away > 0
    let firsts = known || returns ? createFirsts(away, automated) : unknownFirsts
    this.#changed = learns && noteActive(memory, time, memoryKind)
    if (this.#changed) this.#actors.note(activity)
    this.#arrived = false
    this.#carried = 0
    if (learns && noteToday(memory, handIndex, usesHands)) this.#changed = true
    const sight = {
      org: activity.org.id,
      time,
      learns,
      known,
      returns,
      comes: !known && !returns && time - (this.state.firstOf(activity.org.id) ?? time) >= settledAfter,
      byHand: known && !automated,
      arrives: known && !automated && usesHands,
      oldest: Math.floor(time / day) - away - rememberedDays,
    }
    let isUsual = learns
    for (let index = 0; index < dimensions.length; index++) {
      const newness = this.#seeDimension(memory, activity, traits, index, sight)
      if (newness === 'new' || newness === 'strange') isUsual = false
      if (newness !== null && (returns || (known && !isRestless(memory, index))))
        firsts = tell(firsts, index, newness)
      else if (newness === 'strange' && sight.comes) firsts = tellStrange(firsts, index)
    }
    if (this.#arrived && activity.action === 'login' && activity.elsewhere !== true && hasOwnTools(firsts)) {
      const where = isNew(firsts, 'country') ? 'abroad' : 'atHome'
      this.#org.noteArrival(activity.org.id, activity.network ?? '', where, time)
    }
    if (this.#changed) this.state.touch()
    else if (isUsual) this.#repeats.note(this.state, time, print, traits.check, firsts)
    if (isUsual) return firsts
    const past = { memory, carried: this.#carried, watchedDays: this.#watchedDays(activity) }
    return isSurprising(firsts, past) ? asSurprise(firsts) : firsts
  }

  /** Called once a day: forgets what has not been seen for long. `time`: how far event time has come, ms. */
  expire(time: number): void {
    const today = Math.floor(time / day)
    this.#actors.expire((org, user) => this.state.find(org, user) !== undefined)
    for (const [, , memory] of this.state.entries()) {
      const oldest = lastDay(memory) - awayAt(memory, time, newFor) - rememberedDays
      if (today - lastDay(memory) > rememberedUserDays) this.state.delete()
      else if (forgetBefore(memory, oldest)) this.state.touch()
    }
  }

  /** For how long whatever is used in the org would have been seen, in days. */
  #watchedDays({ org, time }: Activity): number {
    const since = this.state.firstOf(org.id) ?? time
    return Math.min(Math.max(time - since - knownAfter, 0) / day, rememberedDays)
  }

  /** How new what the activity has in a dimension is; null when it has nothing. */
  #seeDimension(
    memory: ValueMemory,
    { network }: Activity,
    { hashes, objects }: Traits,
    index: number,
    sight: Sight,
  ): Newness | null {
    if (index === objectIndex) {
      if (objects.length === 0) return null
      let newest: Newness = 'old'
      for (const object of objects)
        newest = newerOf(newest, this.#see(memory, index, toWord(object, index), sight))
      return newest
    }
    const hash = hashes[index] ?? null
    const text = index === networkIndex && network !== null ? network : ''
    return hash === null ? null : this.#see(memory, index, toWord(hash, index), sight, text)
  }

  #see(memory: ValueMemory, index: number, word: number, sight: Sight, text = ''): Newness {
    const { org, time, learns, known, returns, comes, oldest } = sight
    const place = findValue(memory, word)
    const isFirst = place < 0 || lastSight(memory, place) < oldest
    const expected = place < 0 && index === networkIndex && this.#isExpected(memory, text, sight)
    if (known && learns && noteToday(memory, index, isFirst && !expected)) this.#changed = true
    if (place < 0) {
      if (learns) {
        this.#arrived ||= index === networkIndex && sight.arrives
        addValue(memory, word, expected ? knownSince(memory) : time, time, memoryKind)
        this.#changed = true
      }
      const isStrange = this.#org.isNew(org, word, time, learns)
      return expected ? 'old' : isStrange ? 'strange' : returns ? 'old' : 'new'
    }
    const isChanged = learns && noteSight(memory, place, time, isFirst)
    const first = firstSight(memory, place)
    const isRecent = isFirst || (time - first < newFor && first - knownSince(memory) >= knownAfter)
    if (isChanged) this.#changed = true
    if (isRecent && first < startOfDay(time)) this.#carried |= 1 << index
    const isNew = returns || (isRecent && !(index === networkIndex && this.#isPlaceOfOrg(text, sight)))
    // Once a day for each user and value is enough to know what is still in use.
    const isStrange = (isChanged || isNew || comes) && this.#org.isNew(org, word, time, learns)
    if (isStrange && (isNew || comes)) return 'strange'
    return isNew && !returns ? 'new' : 'old'
  }

  #isExpected(memory: ValueMemory, network: string, sight: Sight): boolean {
    const isOfKnownRange = this.#isOfKnownRange(memory, network, sight)
    return isOfKnownRange || this.#isPlaceOfOrg(network, sight)
  }

  /** Whether colleagues have come to a network that is new for somebody who works by hand: an office, a VPN, a conference. */
  #isPlaceOfOrg(network: string, { org, time, byHand }: Sight): boolean {
    return byHand && this.#org.isPlace(org, network, time)
  }

  /**
   * Whether a network that was never seen lies in a range (/16, /32) where the user has come from so many networks on
   * different days that another one is to be expected: a provider that hands out addresses anew.
   */
  #isOfKnownRange(memory: ValueMemory, network: string, { time, learns }: Sight): boolean {
    const steps = rangeWords(network)
    for (const [number, step] of steps.entries()) {
      const place = findValue(memory, step)
      if (place >= 0) {
        if (learns) noteSight(memory, place, time, false)
        continue
      }
      const before = number === 0 ? -1 : findValue(memory, steps[number - 1] as number)
      if (learns && (before < 0 || time - firstSight(memory, before) >= day / 2))
        addValue(memory, step, time, time, memoryKind)
      return false
    }
    return true
  }

  /** Begins to know a user. Who has not been seen since the org is watched may have been away by what the directory says. */
  #add({ org, time, person }: Activity, user: string): ValueMemory {
    if (this.state.size >= this.#capacity) this.#makeRoom()
    const orgSince = this.state.firstOf(org.id) ?? time
    const memory = this.state.add(org.id, user, time)
    const last = person?.lastLogin ?? person?.created ?? time
    if (time - orgSince >= watchedAfter) noteReturn(memory, time, Math.floor((time - last) / day))
    return memory
  }

  /** Forgets many at once, for it sorts them all. The order comes from what is stored, so that a restart changes nothing. */
  #makeRoom(): void {
    const users = [...this.state.entries()].map(([org, id, memory]) => ({ org, id, day: lastDay(memory) }))
    users.sort((a, b) => a.day - b.day || ((a.org === b.org ? a.id < b.id : a.org < b.org) ? -1 : 1))
    for (const { org, id } of users.slice(0, Math.ceil(this.#capacity / 10)))
      if (this.state.find(org, id)) this.state.delete()
  }
}

export type FamiliarityOptions = { readonly entities?: EntityTable; readonly capacity?: number }

type Sight = {
  readonly org: string
  readonly time: number
  readonly learns: boolean
  readonly known: boolean
  /** Back from long before the org was watched: all that can be told is what is new for the whole org. */
  readonly returns: boolean
  /** Not known yet, in an org that is: what is new for the org can be told all the same. */
  readonly comes: boolean
  readonly byHand: boolean
  /** Whether they work by hand now, which a token that is used in their name does not. */
  readonly arrives: boolean
  /** Day before which what was last seen is forgotten: who comes back from a long leave finds what was usual before. */
  readonly oldest: number
}

const networkIndex = dimensions.indexOf('network')
const objectIndex = dimensions.indexOf('object')
/** In the place of the ranges, which have no days of their own, stand the days of work by hand. */
const handIndex = rangeIndex

function startOfDay(time: number): number {
  return Math.floor(time / day) * day
}

function newerOf(one: Newness, other: Newness): Newness {
  if (one === 'strange' || other === 'strange') return 'strange'
  return one === 'new' || other === 'new' ? 'new' : 'old'
}

/** What an attacker can bring about without being let in must not become familiar, nor what is done in another's name. */
export function teaches(activity: Activity): boolean {
  if (activity.action === 'login') return activity.outcome === 'success'
  return activity.action !== 'anomaly' && activity.action !== 'login-as' && !isBackground(activity)
}
