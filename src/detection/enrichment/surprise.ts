import { type Dimension, dimensions, type Firsts, isNew } from '../activity/firsts.ts'
import { daysOf, hadNewsToday, type ValueMemory } from '../baseline/novelty/value-memory.ts'

/** From here on a user brings up something new so often that it says nothing: days of days, and days at least. */
const restless = { share: 0.3, days: 4 }

export function isRestless(memory: ValueMemory, index: number): boolean {
  const { days, newDays } = daysOf(memory, index)
  return newDays >= restless.days && newDays >= restless.share * days
}

/** Another place comes with another country, and another tool asks for other things in another way: each is one surprise. */
const places: readonly Dimension[] = ['network', 'country']
const tools: readonly Dimension[] = ['app', 'client', 'object', 'query', 'api']

/** A place comes round within a fortnight, a tool within the working days of a month: what may be such is no surprise. */
const ordinary = { place: 1 / 14, tool: 1 / 20 }

/** What is known of a user and of the org. */
export type Past = {
  readonly memory: ValueMemory
  /** Bit i: what is new in dimension i came first on a day before, which counts as one with something new. */
  readonly carried: number
  /** For how long whatever is used in the org would have been seen, in days. */
  readonly watchedDays: number
}

/**
 * Whether it is improbable that so much is new of the user on one day. What comes once a month is seen for the first time some
 * day, and in an org's second week mostly has not been yet: all that is known is that the user brings up no more than one such
 * thing in their days and in those for which the org, with their peers, has been watched. Tools that were new before count as
 * well, for who begins with one begins with others; who often changes places is {@link isRestless}. An export names no
 * browser: what it does not tell was told by the login of the day.
 */
export function isSurprising(firsts: Firsts, past: Past): boolean {
  const place = rarestOf(firsts, past, places, (dimension) => 1 / daysBehind(past, dimension))
  const tool = rarestOf(firsts, past, tools, (dimension) => {
    return (1 + newDaysBefore(past, dimension)) / daysBehind(past, dimension)
  })
  return place * tool <= (place < 1 ? ordinary.place : ordinary.tool)
}

/** The lowest rate of what is new among `group`; 1 when nothing is. */
function rarestOf(
  firsts: Firsts,
  { memory }: Past,
  group: readonly Dimension[],
  rateOf: (dimension: Dimension) => number,
): number {
  const news = group.filter((dimension) => isNew(firsts, dimension) ?? isNewsOfToday(memory, dimension))
  return Math.min(1, ...news.map(rateOf))
}

function isNewsOfToday(memory: ValueMemory, dimension: Dimension): boolean {
  const index = dimensions.indexOf(dimension)
  return hadNewsToday(memory, index) && !isRestless(memory, index)
}

function daysBehind({ memory, watchedDays }: Past, dimension: Dimension): number {
  return daysOf(memory, dimensions.indexOf(dimension)).days + watchedDays
}

function newDaysBefore({ memory, carried }: Past, dimension: Dimension): number {
  const index = dimensions.indexOf(dimension)
  return Math.max(0, daysOf(memory, index).newDays - ((carried >>> index) & 1))
}
