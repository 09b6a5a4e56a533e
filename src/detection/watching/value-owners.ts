import { day } from '../../duration.ts'
import { KeyedState } from '../../stream/keyed-state.ts'
import { compareLevels, type Entity, type Level, type OrgRef } from '../detection.ts'
import type { FiringVerdict } from '../firing/evaluate.ts'
import type { News } from './new-values.ts'

/** Who fired by bringing up a value first; saved as JSON. */
export type Owner = {
  readonly key: string
  readonly entity: Entity
  /** Event time of the event that fired, ms. */
  readonly since: number
  readonly verdict: FiringVerdict
  readonly known: { readonly since: number; readonly peers: string }
  /** What was new, in words. */
  readonly news: string
  /** How it was told. Absent in what was saved by earlier versions. */
  readonly level?: Level
  /** Keys of the entities that have brought up the same since, as far as they are counted one by one. */
  readonly joined: string[]
}

/** Who brings up a value, how bad it is of them, and when (event time, ms). */
type Claim = Pick<Owner, 'key' | 'level' | 'since'>

/** So long after it fired, a value belongs to the one who had it first: whoever has it then joins, ms. */
const ownedFor = 7 * day
/** More are not told apart. */
const maxJoined = 200

/**
 * Whose detection a new value belongs to. What nobody had and many bring up within a week, such as a new application that is
 * rolled out, is one detection of the first of them, or of the first with whom it was worse.
 */
export class ValueOwners {
  /** By org and word: the key of the owner's record. */
  readonly #words: KeyedState<{ readonly owner: string; readonly since: number }>
  readonly #owners: KeyedState<Owner>

  constructor(prefix: string) {
    this.#words = new KeyedState(`${prefix}owned`)
    this.#owners = new KeyedState(`${prefix}owners`)
  }

  get states() {
    return [this.#words, this.#owners]
  }

  /** Another entity that fired by this value within the last week, at this level or a higher one; null when there is none. */
  ownerOf(org: OrgRef, word: number, { key, level = 'informational', since }: Claim): Owner | null {
    const owner = this.#lastOwnerOf(org, word, since)
    if (!owner || owner.key === key) return null
    return compareLevels(owner.level ?? 'critical', level) >= 0 ? owner : null
  }

  /**
   * The entity has fired by these values. What somebody else owns at this level stays theirs, and what others had before
   * anybody fired by it belongs to nobody: it has no cause in common with what they did.
   */
  own(org: OrgRef, values: readonly Pick<News, 'word' | 'rarity'>[], owner: Omit<Owner, 'joined'>): void {
    const joined = this.#owners.get(owner.key)?.joined ?? []
    this.#owners.set(owner.key, { ...owner, joined })
    for (const { word, rarity } of values) {
      if (this.ownerOf(org, word, owner)) continue
      if (rarity > 0 && !this.#lastOwnerOf(org, word, owner.since)) continue
      this.#words.set(`${org.id}\0${word}`, { owner: owner.key, since: owner.since })
    }
  }

  #lastOwnerOf(org: OrgRef, word: number, time: number): Owner | null {
    const owned = this.#words.get(`${org.id}\0${word}`)
    if (!owned || Math.abs(time - owned.since) > ownedFor) return null
    return this.#owners.get(owned.owner) ?? null
  }

  /** Another entity has brought up what belongs to the owner. False when it had joined before. */
  join(owner: Owner, key: string): boolean {
    if (owner.joined.includes(key) || owner.joined.length >= maxJoined) return false
    owner.joined.push(key)
    this.#owners.touch(owner.key)
    return true
  }

  /** Forgets what nobody can join any more. `watermarkOf` tells by the key how far its org has come. */
  expire(watermarkOf: (key: string) => number | undefined): void {
    for (const state of [this.#words, this.#owners]) {
      for (const [key, { since }] of state.entries()) {
        if ((watermarkOf(key) ?? 0) - since > ownedFor) state.delete(key)
      }
    }
  }
}
