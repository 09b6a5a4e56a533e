/**
 * A sum whose parts fade: after the half-life a part weighs half. Each source counts once: it brings its own part up to what
 * it says, however often it says it, so that one detector that fires every day is one sign and not seven. Saved as JSON.
 */
export type FadingSum = {
  /** When it began, ms. */
  readonly since: number
  /** By source: its points when they were last brought up, and when that was, ms. */
  readonly parts: Record<string, { points: number; time: number }>
}

export function createFadingSum(time: number): FadingSum {
  return { since: time, parts: {} }
}

/** A source says so many points at `time`, ms. */
export function addPoints(
  { parts }: FadingSum,
  { source, points, time }: { readonly source: string; readonly points: number; readonly time: number },
  halfLife: number,
): void {
  const before = parts[source]
  if (!before) parts[source] = { points, time }
  else {
    const now = Math.max(time, before.time)
    before.points = Math.max(faded(before, now, halfLife), points * 2 ** ((time - now) / halfLife))
    before.time = now
  }
}

/** What all parts together weigh at `time`, ms. */
export function totalAt({ parts }: FadingSum, time: number, halfLife: number): number {
  let total = 0
  for (const part of Object.values(parts)) total += faded(part, time, halfLife)
  return total
}

/** The sources that weigh at least a point at `time`, the heaviest first. */
export function sourcesOf({ parts }: FadingSum, time: number, halfLife: number): readonly string[] {
  return Object.entries(parts)
    .map(([source, part]) => ({ source, weight: faded(part, time, halfLife) }))
    .filter(({ weight }) => weight >= 1)
    .sort((a, b) => b.weight - a.weight || (a.source < b.source ? -1 : 1))
    .map(({ source }) => source)
}

function faded(
  part: { readonly points: number; readonly time: number },
  time: number,
  halfLife: number,
): number {
  return part.points * 2 ** (Math.min(0, part.time - time) / halfLife)
}
