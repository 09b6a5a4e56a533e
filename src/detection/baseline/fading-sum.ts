import type { Fact } from '../detection.ts'

/**
 * A sum whose parts fade: after the half-life a part weighs half. Each source counts once: it brings its own part up to what
 * it says, however often it says it, so that one detector that fires every day is one sign and not seven. Of parts that tell
 * of the same the heaviest counts. Saved as JSON.
 */
export type FadingSum = {
  /** When it began, ms. */
  readonly since: number
  /** By source. */
  readonly parts: Record<string, Part>
}

/** The points of a source when they were last brought up, when that was, ms, and what was added up until then. */
type Part = { points: number; time: number; fact?: Fact } & Words

/** What the source is about, and what it said then. Absent in what was saved by earlier versions. */
type Words = { readonly title?: string; readonly told?: string }

export function createFadingSum(time: number): FadingSum {
  return { since: time, parts: {} }
}

export type Addition = Words & {
  readonly source: string
  readonly points: number
  readonly time: number
  /** Absent: the points count by themselves. */
  readonly fact?: Fact | undefined
}

/** A source says so many points at `time`, ms. */
export function addPoints(
  { parts }: FadingSum,
  { source, points, time, fact, ...words }: Addition,
  halfLife: number,
): void {
  const before = parts[source]
  const now = Math.max(time, before?.time ?? time)
  const part: Part = {
    points: Math.max(before ? faded(before, now, halfLife) : 0, points * 2 ** ((time - now) / halfLife)),
    time: now,
    ...words,
  }
  if (fact) part.fact = fact
  parts[source] = part
}

/** What all parts together weigh at `time`, ms. */
export function totalAt(sum: FadingSum, time: number, halfLife: number): number {
  return countingAt(sum, time, halfLife).reduce((total, { weight }) => total + weight, 0)
}

/** What counts and weighs at least a point at `time`, the heaviest first. */
export function partsAt(sum: FadingSum, time: number, halfLife: number): readonly Weighed[] {
  return countingAt(sum, time, halfLife).filter(({ weight }) => weight >= 1)
}

/** What a source said, and what it weighs now. */
export type Weighed = { readonly source: string; readonly part: Readonly<Part>; readonly weight: number }

/** The heaviest first; what tells of the same as a heavier one is left out. */
function countingAt({ parts }: FadingSum, time: number, halfLife: number): readonly Weighed[] {
  const weighed = Object.entries(parts)
    .map(([source, part]) => ({ source, part, weight: faded(part, time, halfLife) }))
    .sort((a, b) => b.weight - a.weight || (a.source < b.source ? -1 : 1))
  const counting: Weighed[] = []
  for (const each of weighed)
    if (!counting.some((heavier) => tellTheSame(heavier.part, each.part))) counting.push(each)
  return counting
}

function tellTheSame(one: Part, other: Part): boolean {
  if (!one.fact || !other.fact || one.fact.sum !== other.fact.sum) return false
  return one.fact.since <= other.time && other.fact.since <= one.time
}

function faded(part: Part, time: number, halfLife: number): number {
  return part.points * 2 ** (Math.min(0, part.time - time) / halfLife)
}
