import type { Activity } from './activity.ts'
import { dimensions, type Traits } from './firsts.ts'
import { textOf } from './payload.ts'
import { hashOf } from './text-hash.ts'

/** Fields that are the same where {@link Traits.print} is. */
export const traitFields: ReadonlySet<string> = new Set([...dimensions, 'objects'])

/** What identifies the values that an activity has in the dimensions; in their order, and without a hash for objects, which are many. */
export function traitsOf({ network, app, client, query, api, objects, raw }: Activity): Traits {
  const hashes = [
    hashOrNull(network),
    hashOrNull(app),
    hashOrNull(client),
    null,
    hashOrNull(query),
    hashOrNull(api),
    hashOrNull(textOf(raw, 'CountryIso')),
  ]
  const ofObjects: number[] = []
  let print = 0
  let check = 0
  for (const hash of hashes) {
    const word = hash ?? nothing
    print = mix(print, word)
    check = mix(check ^ word, otherSeed)
  }
  for (const object of objects) {
    const hash = hashOf(object)
    ofObjects.push(hash)
    print = mix(print, hash)
    check = mix(check ^ hash, otherSeed)
  }
  return { hashes, objects: ofObjects, print, check }
}

/** A print with one more hash in it, both of 32 bits. */
export function mix(print: number, hash: number): number {
  const mixed = Math.imul(print ^ hash, 0x9e3779b1)
  return mixed ^ (mixed >>> 15)
}

/** Makes the second word another one than the first. */
const otherSeed = 0x5f356495
/** Stands for a value that is not there. */
const nothing = 0x2f0b4c47

function hashOrNull(text: string | null): number | null {
  return text === null ? null : hashOf(text)
}
