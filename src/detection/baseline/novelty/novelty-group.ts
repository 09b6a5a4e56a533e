import { day } from '../../../duration.ts'
import {
  type NewField,
  type NoveltyPrior,
  noveltyPrior,
  rarityClasses,
  rarityShare,
  togetherShare,
} from '../../algorithms/novelty.ts'

/** What a peer group of an org brings up, decayed to `at` (ms); saved as JSON. */
export type NoveltyGroup = {
  /** First activity, ms. */
  since: number
  at: number
  /** Days on which an entity was active, over all entities: how often the detector looks. */
  active: number
  readonly fields: FieldOfGroup[]
}

type FieldOfGroup = {
  /** Entity-days with a value, and the moments of the entities' rates on them. */
  days: number
  sum: number
  squares: number
  /** New values by {@link rarityClass}. */
  readonly seen: number[]
  /** Entity-days on which this field and field number i were new; its own place counts those on which it was. */
  readonly together: number[]
}

export function createNoveltyGroup(fields: number, time: number): NoveltyGroup {
  return {
    since: time,
    at: time,
    active: 0,
    fields: Array.from({ length: fields }, () => ({
      days: 0,
      sum: 0,
      squares: 0,
      seen: new Array(rarityClasses).fill(0),
      together: new Array(fields).fill(0),
    })),
  }
}

/** Lets the past weigh less, in whole days. `halfLife` in ms. */
export function ageGroup(group: NoveltyGroup, time: number, halfLife: number): void {
  const days = Math.floor(time / day) - Math.floor(group.at / day)
  if (days <= 0) return
  const kept = 2 ** ((-days * day) / halfLife)
  group.at = time
  group.active *= kept
  for (const field of group.fields) {
    field.days *= kept
    field.sum *= kept
    field.squares *= kept
    for (const list of [field.seen, field.together])
      for (let i = 0; i < list.length; i++) list[i] = (list[i] as number) * kept
  }
}

/** An entity has a value of the field on another day, having brought up something new on `newDays` of `days`. */
export function noteEntityDay(group: NoveltyGroup, field: number, days: number, newDays: number): void {
  const sums = group.fields[field] as FieldOfGroup
  const rate = days > 0 ? newDays / days : 0
  sums.days += 1
  sums.sum += rate
  sums.squares += days > 0 ? rate * rate - rate / days : 0
}

/** The field is new for an entity today, with a value of that rarity; `others` were new today before. */
export function noteNew(group: NoveltyGroup, field: number, rarity: number, others: readonly number[]): void {
  const sums = group.fields[field] as FieldOfGroup
  add(sums.seen, rarity)
  add(sums.together, field)
  for (const other of others) {
    add(sums.together, other)
    add((group.fields[other] as FieldOfGroup).together, field)
  }
}

export function priorOf(group: NoveltyGroup, field: number): NoveltyPrior {
  const { days, sum, squares, together } = group.fields[field] as FieldOfGroup
  return noveltyPrior({ days, newDays: together[field] as number, sum, squares })
}

/** How usual it is that a new value of the field is so rare. */
export function rarityOf(group: NoveltyGroup, field: number, rarity: number): number {
  return rarityShare((group.fields[field] as FieldOfGroup).seen, rarity)
}

/** P(the field is new | one of the others is): of the one with which it comes most often; 0 without others. */
export function givenOthers(
  group: NoveltyGroup,
  field: number,
  others: readonly number[],
): NewField['given'] {
  let given = 0
  for (const other of others) {
    const { together } = group.fields[other] as FieldOfGroup
    given = Math.max(given, togetherShare(together[field] as number, together[other] as number))
  }
  return given
}

/** Active entity-days per ms of event time. */
export function looksOf({ since, at, active }: NoveltyGroup, halfLife: number): number {
  const watched = Math.max(at - since, day)
  const effective = (halfLife / Math.LN2) * (1 - 2 ** (-watched / halfLife))
  return Math.max(active, 1) / effective
}

function add(list: number[], place: number): void {
  list[place] = (list[place] as number) + 1
}
