import type { Escalation } from '../definition/detector.ts'
import { compareLevels, type Level } from '../detection.ts'
import type { Detected, Raised } from './episode.ts'

/** When an entity last did what each escalation names, by its id, ms. Saved as JSON. */
export type Witnessed = Record<string, number>

/** Notes that something happened at `time` that these escalations name. */
export function noteWitnessed(witnessed: Witnessed, matching: readonly Escalation[], time: number): void {
  for (const { id } of matching) witnessed[id] = Math.max(witnessed[id] ?? time, time)
}

/** The highest level to which what the entity did shortly before `time` raises what fires then; null when nothing does. */
export function raisedBefore(
  witnessed: Witnessed | undefined,
  escalations: readonly Escalation[],
  time: number,
): Raised | null {
  if (!witnessed) return null
  const reaching = escalations.filter(
    ({ id, within, after }) =>
      !after && Math.abs(time - (witnessed[id] ?? Number.NEGATIVE_INFINITY)) <= within,
  )
  return highestOf(reaching)
}

/** The highest level to which an activity that matches these escalations raises an episode that has fired. */
export function raisedBy(matching: readonly Escalation[], detected: Detected, time: number): Raised | null {
  const reaching = matching.filter(
    ({ within, after }) => time <= detected.over + within && time >= detected.since - (after ? 0 : within),
  )
  return highestOf(reaching)
}

/** The higher of what was found and what it was raised to. */
export function higherLevel(level: Level, raised: Raised | null | undefined): Level {
  return raised && compareLevels(raised.level, level) > 0 ? raised.level : level
}

function highestOf(escalations: readonly Escalation[]): Raised | null {
  let highest: Raised | null = null
  for (const { level, because, names } of escalations) {
    // Whom it names stands in the sentence with the reason, whatever raised the level.
    if (!highest || compareLevels(level, highest.level) > 0)
      highest = { level, because: names === null ? because : null }
  }
  return highest
}
