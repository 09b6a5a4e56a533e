import { createRandom } from '../../random.ts'
import { founded } from '../calendar.ts'
import type { Occasion, Span } from './rates.ts'

/** One of things that follow each other: the computers of a person, say. It lasts from `since` to `until`. */
export type Turn = { readonly number: number; readonly since: number; readonly until: number }

/** Things that follow each other without end. What is under way at a time follows from the seed and that time alone. */
export type Turns = (time: number) => Turn

/** Turns of one length, drawn from the span; turn 0 was under way when the org was founded. */
export function createTurns(seed: string, [shortest, longest]: Span): Turns {
  const random = createRandom(seed)
  const length = random.between(shortest, longest)
  const begun = founded - random.next() * length
  return (time) => {
    const number = Math.max(0, Math.floor((time - begun) / length))
    return { number, since: begun + number * length, until: begun + (number + 1) * length }
  }
}

/** A time at which something occasional goes on. Its `seed` is its own. */
export type Spell = { readonly seed: string; readonly since: number; readonly until: number }

/** The spell of an occasional thing that is on at a time, if one is: it follows from the seed and that time alone. */
export type Spells = (time: number) => Spell | undefined

/** Spells at random times, at most one in each stretch. Those of the last two stretches that were asked for are kept. */
export function createSpells(seed: string, { every, chance, lasts }: Occasion): Spells {
  let latest = Number.NaN
  let kept: readonly (Spell | undefined)[] = []

  function draw(stretch: number): Spell | undefined {
    const own = `${seed}/${stretch}`
    const random = createRandom(own)
    if (!random.chance(chance)) return undefined
    const since = (stretch + random.next()) * every
    return { seed: own, since, until: since + random.between(...lasts) }
  }

  return (time) => {
    const stretch = Math.floor(time / every)
    if (stretch !== latest) {
      latest = stretch
      kept = [draw(stretch - 1), draw(stretch)]
    }
    return kept.findLast((spell) => spell !== undefined && spell.since <= time && time < spell.until)
  }
}
