import type { Activity } from '../detection/activity/activity.ts'
import type { Definition } from '../detection/definition/definition-schema.ts'
import type { Detector } from '../detection/definition/detector.ts'

/** How much an exception kept out, or an override applied to. */
export type Use = { activities: number; readonly entities: Set<string> }

/** More entities are not told apart. */
const maxEntities = 1000

/** What the exceptions and the overrides of a detector did, in the order of its file. */
export type Allowances = { readonly exceptions: readonly Use[]; readonly overrides: readonly Use[] }

/** The same detector, and what its exceptions and overrides do from now on. */
export function observeAllowances(
  detector: Detector,
  { where, exceptions, overrides }: Definition,
): { readonly detector: Detector; readonly allowances: Allowances } {
  const allowances = { exceptions: exceptions.map(createUse), overrides: overrides.map(createUse) }
  const note = (use: Use | undefined, activity: Activity) => {
    if (!use) return
    use.activities++
    const entity = detector.entityOf(activity)
    if (entity && use.entities.size < maxEntities) use.entities.add(entity.id)
  }
  const observed: Detector = { ...detector }
  if (exceptions.length > 0) {
    const wants = (activity: Activity) => {
      if (detector.wants(activity)) return true
      if (!where.matches(activity)) return false
      const index = exceptions.findIndex(
        ({ match, expires }) => activity.time < expires && match.matches(activity),
      )
      note(allowances.exceptions[index], activity)
      return false
    }
    const interestIn: Detector['interestIn'] = (action, type, known) => {
      const interest = detector.interestIn(action, type, known)
      return interest && { ...interest, wants }
    }
    Object.assign(observed, { wants, interestIn })
  }
  if (overrides.length > 0) {
    const { interestIn } = observed
    const firesFor = (activity: Activity) => {
      for (const [index, { match }] of overrides.entries())
        if (match.matches(activity)) note(allowances.overrides[index], activity)
      return detector.firesFor(activity)
    }
    Object.assign(observed, {
      firesFor,
      interestIn(...kind: Parameters<Detector['interestIn']>) {
        const interest = interestIn(...kind)
        return interest && { ...interest, firesFor }
      },
    })
  }
  return { detector: observed, allowances }
}

function createUse(): Use {
  return { activities: 0, entities: new Set() }
}
