/**
 * How improbable it is that an entity brings up something new. On an active day it brings up a new value of a field with
 * rate λ, whose gamma prior are its peers. That the value is as rare as it is among all entities is a question of how rare
 * new values usually are. Several fields that are new together count by how often they come together.
 */

/** Gamma prior of the rates of a group: shape `a0`, rate `b0` in active days. */
export type NoveltyPrior = { readonly a0: number; readonly b0: number }

/** What is known of a group's rates, over entity-days: how many, how many of them with something new, and the moments. */
export type RateMoments = {
  readonly days: number
  readonly newDays: number
  /** Σ r and Σ (r² − r/D) over entity-days: r is the entity's rate so far, from D days; the second without Poisson noise. */
  readonly sum: number
  readonly squares: number
}

/** Half a new value in twenty-five active days is what an unknown group starts with. */
const vague = { newDays: 0.5, days: 25 }
/**
 * The shape stays below 1: some bring up nothing for years and others something every week. It is 1/2 (Jeffreys) where nobody
 * has brought up anything.
 */
const shapes = { least: 0.05, most: 1, unknown: 0.5 }

/** The prior whose moments are those of the group's rates (method of moments for gamma-Poisson). */
export function noveltyPrior({ days, newDays, sum, squares }: RateMoments): NoveltyPrior {
  const mean = (newDays + vague.newDays) / (days + vague.days)
  const average = sum / Math.max(days, 1)
  const variance = squares / Math.max(days, 1) - average * average
  const shape = average > 0 ? (average * average) / Math.max(variance, 1e-12) : shapes.unknown
  const a0 = Math.min(shapes.most, Math.max(shapes.least, shape))
  return { a0, b0: a0 / mean }
}

/** P(at least one new value on an active day), λ ~ Gamma(a, b): 1 − (b/(b+1))^a. */
export function noveltyProbability(a: number, b: number): number {
  return -Math.expm1(a * Math.log(b / (b + 1)))
}

/** Class of a value by the number of other entities that have it: 0, 1, 2–3, 4–7, … */
export function rarityClass(holders: number): number {
  return Math.min(rarityClasses - 1, holders <= 0 ? 0 : Math.floor(Math.log2(holders)) + 1)
}
export const rarityClasses = 10

/** Observations that the vague shares weigh. */
const rarityWeight = 4

/** Share of new values that are as rare as class `rarity` or rarer. `seen`: new values by class, decayed. */
export function rarityShare(seen: ArrayLike<number>, rarity: number): number {
  let total = 0
  let rarer = 0
  for (let i = 0; i < rarityClasses; i++) {
    total += seen[i] ?? 0
    if (i <= rarity) rarer += seen[i] ?? 0
  }
  const vagueShare = (rarity + rarityClasses) / (2 * rarityClasses - 1)
  return (rarer + rarityWeight * vagueShare) / (total + rarityWeight)
}

/** Observations that the vague share of days on which a second field is new as well weighs, and that share. */
const together = { weight: 5, share: 0.3 }

/** P(field j is new as well | field i is new), from days on which `both` or the `first` were. */
export function togetherShare(both: number, first: number): number {
  return (both + together.weight * together.share) / (first + together.weight)
}

/** How much rarer than usual the value of a further field may make it, at most. */
const leastFurtherRarity = 0.2

/** One new field: its posterior, the share of new values as rare, and P(new | the fields before it); 0 for the first. */
export type NewField = {
  readonly a: number
  readonly b: number
  readonly rarity: number
  readonly given: number
}

/** P(the field is new, and its value as rare) on an active day, whatever else is new. */
export function aloneProbability({ a, b, rarity }: Pick<NewField, 'a' | 'b' | 'rarity'>): number {
  return noveltyProbability(a, b) * rarity
}

/**
 * log10 p of fields that are new together. Each further one multiplies by the probability that it comes along, but never
 * makes it less probable than if it were independent. `fields`: how many the detector looks at, each of which could have
 * been new instead (Bonferroni).
 */
export function log10Novelty(news: readonly NewField[], fields: number): number {
  let log10p = Math.log10(Math.max(fields, 1))
  for (const field of news) {
    const further = field.given * Math.max(field.rarity, leastFurtherRarity)
    log10p += Math.log10(Math.max(Math.min(1, Math.max(aloneProbability(field), further)), 1e-300))
  }
  return Math.min(0, log10p)
}
