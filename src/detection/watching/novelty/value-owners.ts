import { day } from '../../../duration.ts'
import { KeyedState } from '../../../stream/keyed-state.ts'
import type { OrgRef } from '../../detection.ts'
import type { News } from './new-values.ts'

/** Who fired by bringing up a value, and in which episode; saved as JSON. */
export type Owner = {
  readonly key: string
  readonly episode: string
  /** Event time of the event that fired, ms. */
  readonly since: number
  /** Whoever brings up this value joins the episode; otherwise only who joins by another one. */
  readonly shared: boolean
}

/** So long after somebody last fired by it a value still counts as one with which many begin, ms. */
const newFor = 30 * day
/** A value is new to the org while no more others have it than this class says ({@link News.rarity}: seven). */
const rarest = 3

/**
 * Whose episode a new value belongs to. What many bring up at about the same time, such as an application that is rolled out,
 * is one detection of the first of them. Only what names one thing can be shared, and only what is new to the org.
 */
export class ValueOwners {
  /** By org and word. */
  readonly #owners: KeyedState<Owner>

  constructor(prefix: string) {
    this.#owners = new KeyedState(`${prefix}sharing`)
  }

  get states() {
    return [this.#owners]
  }

  ownerOf(org: OrgRef, word: number): Owner | null {
    return this.#owners.get(`${org.id}\0${word}`) ?? null
  }

  /** The entity has fired by this value, or with it; `isThing`: it names one thing. */
  own(
    org: OrgRef,
    { word, rarity }: Pick<News, 'word' | 'rarity'>,
    isThing: boolean,
    owner: Pick<Owner, 'key' | 'episode' | 'since'>,
  ): void {
    const shared = isThing && (rarity <= rarest || this.ownerOf(org, word)?.shared === true)
    this.#owners.set(`${org.id}\0${word}`, { ...owner, shared })
  }

  /** Nobody joins the episode any more. */
  release(episode: string): void {
    for (const [word, owner] of this.#owners.entries())
      if (owner.episode === episode) this.#owners.delete(word)
  }

  /** Forgets what is not new any more. `watermarkOf` tells by the key how far its org has come. */
  expire(watermarkOf: (key: string) => number | undefined): void {
    for (const [word, { key, since }] of this.#owners.entries())
      if ((watermarkOf(key) ?? 0) - since > newFor) this.#owners.delete(word)
  }
}
