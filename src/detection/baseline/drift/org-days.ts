/** What the model `drift` keeps of one org; saved as JSON. Days are numbers of local days since the epoch. */
export type OrgDays = {
  /** Entities of which something is kept. */
  members: number
  /** The day that is open: everything before it has been closed. */
  open: number
  /** False alerts that the analyst accepts, per ms, as the last activity had it. */
  budget: number
  /** Per day of the week (0 is a Thursday), decayed: entities seen, and what they did, each in shares of its own mean. */
  readonly entities: number[]
  readonly shares: number[]
}

export function createOrgDays(open: number, budget: number): OrgDays {
  return { members: 0, open, budget, entities: new Array(7).fill(0), shares: new Array(7).fill(0) }
}

/** What is known of a day of the week is halved with every fourth of its kind. */
const keptPerDay = 2 ** (-1 / 4)

/** Notes what the entities did on a day: how many there were, and the sum of their shares. */
export function noteDay(org: OrgDays, day: number, entities: number, shares: number): void {
  const weekday = weekdayOf(day)
  org.entities[weekday] = (org.entities[weekday] as number) * keptPerDay + entities
  org.shares[weekday] = (org.shares[weekday] as number) * keptPerDay + shares
}

/** Tells of a day whether the org rests: on the two quietest days of its week; Saturday and Sunday until it is known. */
export function restDaysOf({ entities, shares }: OrgDays): (day: number) => boolean {
  const known = entities.every((count) => count > 0)
  const mean = (weekday: number) => (shares[weekday] as number) / (entities[weekday] as number)
  const quietest = known
    ? entities.map((_, weekday) => weekday).sort((a, b) => mean(a) - mean(b) || a - b)
    : weekend
  const rest = new Set(quietest.slice(0, 2))
  return (day) => rest.has(weekdayOf(day))
}

const weekend: readonly number[] = [2, 3]

function weekdayOf(day: number): number {
  return ((day % 7) + 7) % 7
}

/** By how much peers have grown: the median of what each did in multiples of its usual, at least 1; 1 for a handful of peers. */
export function peerGrowthOf(multiples: number[]): number {
  if (multiples.length < enoughPeers) return 1
  return Math.min(mostGrowth, Math.max(1, medianOf(multiples)))
}

/** Puts `values`, at least one, in order. */
export function medianOf(values: number[]): number {
  values.sort((a, b) => a - b)
  const middle = values.length >> 1
  const upper = values[middle] as number
  return values.length % 2 === 1 ? upper : ((values[middle - 1] as number) + upper) / 2
}

const enoughPeers = 8
const mostGrowth = 10
