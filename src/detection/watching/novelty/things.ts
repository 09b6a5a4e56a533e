import type { Activity } from '../../activity/activity.ts'
import { isNew, isStrange } from '../../activity/firsts.ts'
import { toText } from '../../activity/payload.ts'
import { hashOf } from '../../activity/text-hash.ts'
import { rarityClasses } from '../../algorithms/novelty.ts'
import { toWord } from '../../baseline/novelty/value-memory.ts'
import type { Measure } from '../../definition/detector.ts'
import type { News } from './new-values.ts'

/** One thing that is new for an entity, such as an application, whether the detector measures it or not; saved as JSON. */
export type Thing = Pick<News, 'word' | 'text' | 'rarity'> & { readonly name: string }

const carried = ['network', 'app', 'client', 'query'] as const
/** Beyond the fields of all measures but the longest. */
const dimension = 7
/** A network, application or client is foreign to the org while no more others have it than this class says: three. */
const foreign = 2
/** From where and with what one is at work. */
const origins: ReadonlySet<string> = new Set(['network', 'app', 'client'])

/** The things among what is measured to be new. */
export function thingsAmong({ fields }: Measure, news: readonly News[]): readonly Thing[] {
  return news.flatMap(({ field, word, text, rarity }) => {
    const { name = '', shareable = false } = fields[field] ?? {}
    return shareable ? [{ name, word, text, rarity }] : []
  })
}

/** The things that are new for the user of an activity and that the measure does not look at. */
export function thingsBeside({ fields }: Measure, activity: Activity): readonly Thing[] {
  const { firsts } = activity
  return carried.flatMap((name) => {
    const text = activity[name]
    if (text === null || isNew(firsts, name) !== true || fields.some((field) => field.name === name))
      return []
    const rarity = isStrange(firsts, name) ? 0 : rarityClasses - 1
    return [{ name, word: toWord(hashOf(`${name}\0${text}`), dimension), text, rarity }]
  })
}

/** Whether the activity comes from where, or with what, hardly anybody of the org does. */
export function isForeign(activity: Activity, things: readonly Thing[]): boolean {
  return things.some(
    ({ name, text, rarity }) =>
      rarity <= foreign &&
      origins.has(name) &&
      toText(activity[name as 'network' | 'app' | 'client']) === text,
  )
}
