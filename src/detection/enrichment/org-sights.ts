import { day } from '../../duration.ts'
import { memoizeByText } from '../activity/bounded-cache.ts'
import { MemoryTable } from '../baseline/novelty/memory-table.ts'
import {
  addValue,
  findValue,
  firstSight,
  lastSight,
  type MemoryKind,
  noteSight,
  toWord,
  type ValueMemory,
} from '../baseline/novelty/value-memory.ts'
import { EntityTable } from '../entities/entity-table.ts'
import { hashText } from '../window/recent-values.ts'

/** An org's values lie in so many memories, so that a change rewrites a small part of them. */
const shards = 16
/** By dimension, in each of them. */
const memoryKind: MemoryKind = { rateHalfLife: 30, capacities: [256, 64, 64, 128, 512, 8, 16, 128] }
/** In the last place stand arrivals at networks, a value for each. */
const arrivalIndex = 7
/** So many people with their usual tools make a network a place of the org: in a country where they are at work, or abroad. */
const arrivalsOfPlace = { atHome: 5, abroad: 15 } as const
export type Whereabouts = keyof typeof arrivalsOfPlace

export type OrgSightsOptions = {
  /** A value counts as new for so long after its first sight, ms. */
  readonly newFor: number
  /** What is seen within so long of an org's first sight is what it always has, ms. */
  readonly knownAfter: number
  /** A value is forgotten after so many days. */
  readonly rememberedDays: number
}

const arrivalWords: Readonly<Record<Whereabouts, (network: string) => readonly number[]>> = {
  atHome: memoizeByText((network) => wordsOf(network, arrivalsOfPlace.atHome)),
  abroad: memoizeByText((network) => wordsOf(`${network} abroad`, arrivalsOfPlace.abroad)),
}

function wordsOf(text: string, arrivals: number): readonly number[] {
  return Array.from({ length: arrivals }, (_, number) => toWord(hashText(`${text} ${number}`), arrivalIndex))
}

/** What anybody of an org has been seen to use: a value that is new for a user may be what everybody else always had. */
export class OrgSights {
  readonly state = new MemoryTable('org-sights', new EntityTable().of('shard'))
  readonly #options: OrgSightsOptions

  constructor(options: OrgSightsOptions) {
    this.#options = options
  }

  /** Whether a value (see {@link toWord}) is new for the whole org. `learns`: it is remembered from now on. */
  isNew(orgId: string, word: number, time: number, learns: boolean): boolean {
    const { newFor, knownAfter, rememberedDays } = this.#options
    const memory = this.#shardOf(orgId, word, time)
    const since = this.state.firstOf(orgId) ?? time
    const place = findValue(memory, word)
    const oldest = Math.floor(time / day) - rememberedDays
    if (place < 0 || lastSight(memory, place) < oldest) {
      if (learns && place < 0) addValue(memory, word, time, time, memoryKind)
      else if (learns) noteSight(memory, place, time, true)
      if (learns) this.state.touch()
      return time - since >= knownAfter
    }
    if (learns && noteSight(memory, place, time, false)) this.state.touch()
    const first = firstSight(memory, place)
    return time - first < newFor && first - since >= knownAfter
  }

  /** One more person came to a network, by a login and with nothing else that is new. */
  noteArrival(orgId: string, network: string, where: Whereabouts, time: number): void {
    for (const word of arrivalWords[where](network)) {
      const memory = this.#shardOf(orgId, word, time)
      if (findValue(memory, word) >= 0) continue
      addValue(memory, word, time, time, memoryKind)
      this.state.touch()
      return
    }
  }

  /** Whether so many people have come to a network that it is a place of the org, such as an office or its VPN. */
  isPlace(orgId: string, network: string, time: number): boolean {
    return (
      this.#isComplete(orgId, network, 'atHome', time) || this.#isComplete(orgId, network, 'abroad', time)
    )
  }

  #isComplete(orgId: string, network: string, where: Whereabouts, time: number): boolean {
    const word = arrivalWords[where](network).at(-1) ?? 0
    const memory = this.#shardOf(orgId, word, time)
    const place = findValue(memory, word)
    if (place < 0) return false
    if (noteSight(memory, place, time, false)) this.state.touch()
    return true
  }

  #shardOf(orgId: string, word: number, time: number): ValueMemory {
    const id = String((word >>> 3) % shards)
    return this.state.find(orgId, id) ?? this.state.add(orgId, id, time)
  }
}
