import { parseDuration } from '../../duration.ts'
import type { Action, Activity } from '../activity/activity.ts'
import type { Definition } from './definition-schema.ts'
import type { Detector, Firing } from './detector.ts'
import { ofKind } from './of-kind.ts'
import { never, type Predicate } from './selection.ts'

type Fires = Definition['fires']

export type FiringReader = Pick<Detector, 'firesFor'> & {
  /** The same for activities of a kind, which most overrides are not about. */
  readonly forKind: (
    action: Action,
    type: string,
    known: Readonly<Record<string, unknown>>,
  ) => Detector['firesFor']
}

export function firingReader({ fires, overrides, baseline }: Definition): FiringReader {
  const ordinary = toFiring(fires, baseline.model)
  const combined = new Map<string, Firing>()
  const applying = (which: string): Firing => {
    if (which === '') return ordinary
    let firing = combined.get(which)
    if (!firing) {
      const applied = which
        .trim()
        .split(' ')
        .flatMap((i) => overrides[Number(i)]?.fires ?? [])
      firing = toFiring(applied.reduce(applyOverride, fires), baseline.model)
      combined.set(which, firing)
    }
    return firing
  }
  const reader = (matches: readonly Predicate<Activity>[]) => (activity: Activity) => {
    let which = ''
    for (let i = 0; i < matches.length; i++) if (matches[i]?.(activity)) which += ` ${i}`
    return applying(which)
  }
  const always = reader(overrides.map(({ match }) => match.matches))
  return {
    firesFor: always,
    forKind(action, type, known) {
      if (action === 'detection') return always
      const matches = overrides.map(({ match }) => ofKind(match.source, action, type, known))
      return matches.every((each) => each === never) ? () => ordinary : reader(matches)
    },
  }
}

/** Overrides apply in the order of the file, each on top of what came before: what lies below its floor rises to that. */
function applyOverride(fires: Fires, own: Definition['overrides'][number]['fires']): Fires {
  const { at_least: floor = 0 } = own
  const { always_above: above } = fires
  const raised =
    typeof above === 'object'
      ? Object.fromEntries(Object.entries(above).map(([length, amount]) => [length, Math.max(amount, floor)]))
      : above && Math.max(above, floor)
  return Object.assign({ ...fires, always_above: raised }, own)
}

/** Without a model there is nothing but the floor to fire by. */
function toFiring(fires: Fires, model: Definition['baseline']['model']): Firing {
  const { budget, at_least: atLeast, always_above: above } = fires
  const alwaysAbove = model === 'none' || model === 'decay' ? atLeast : Number.POSITIVE_INFINITY
  if (typeof above !== 'object') return { budget, atLeast, alwaysAbove: above ?? alwaysAbove }
  const byLength = Object.entries(above).map(
    ([length, amount]) => [parseDuration(length) ?? 0, amount] as const,
  )
  return { budget, atLeast, alwaysAbove, alwaysAboveIn: new Map(byLength) }
}
