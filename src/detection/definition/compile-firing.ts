import { parseDuration } from '../../duration.ts'
import type { Action, Activity } from '../activity/activity.ts'
import { hasBudget } from './budget.ts'
import type { Definition } from './definition-schema.ts'
import type { Detector, Firing, RuledBy, Ruling } from './detector.ts'
import { ofKind } from './of-kind.ts'
import { never, type Predicate, type SelectionSource } from './selection.ts'

type Fires = Definition['fires']

export type FiringReader = Pick<Detector, 'firesFor'> & {
  /** The same for activities of a kind, which most overrides are not about. */
  readonly forKind: (
    action: Action,
    type: string,
    known: Readonly<Record<string, unknown>>,
  ) => Detector['firesFor']
}

/** `shipped`: how many of the overrides stand in the detector's own file. */
export function firingReader(definition: Definition, shipped: number): FiringReader {
  const { fires, overrides, baseline } = definition
  const ordinary = toFiring(fires, baseline.model)
  const combined = new Map<string, Firing>()
  const applying = (which: string): Firing => {
    if (which === '') return ordinary
    let firing = combined.get(which)
    if (!firing) {
      const applied = which.trim().split(' ').map(Number)
      const rules = applied.flatMap((index) => overrides[index]?.fires ?? [])
      firing = {
        ...toFiring(rules.reduce(applyOverride, fires), baseline.model),
        ruledBy: ruledBy(definition, shipped, applied),
      }
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

function ruledBy({ fires, overrides }: Definition, shipped: number, applied: readonly number[]): RuledBy {
  const rulingOf = (key: 'budget' | 'at_least' | 'always_above'): Ruling | undefined => {
    const index = applied.findLast((each) => overrides[each]?.fires[key] !== undefined)
    const override = index === undefined ? undefined : overrides[index]
    if (index === undefined || !override) return undefined
    const isShipped = index < shipped
    const name = isShipped
      ? `overrides[${index}] of the shipped file`
      : `your override for ${inWords(override.match.source)}`
    return { name, isShipped, budget: fires.budget }
  }
  const [budget, atLeast, alwaysAbove] = [rulingOf('budget'), rulingOf('at_least'), rulingOf('always_above')]
  return { ...(budget && { budget }), ...(atLeast && { atLeast }), ...(alwaysAbove && { alwaysAbove }) }
}

/** `{user: u1}`: a selection as it may stand in a file. */
function inWords(source: SelectionSource): string {
  const text = JSON.stringify(source)
    .replace(/"([^"\\]*)"/g, '$1')
    .replace(/([:,])(?=\S)/g, '$1 ')
  return text.length <= longestName ? text : `${text.slice(0, longestName)}…`
}

const longestName = 80

/** Without a model there is nothing but the floor to fire by. */
function toFiring(fires: Fires, model: Definition['baseline']['model']): Firing {
  const { budget, at_least: atLeast, always_above: above } = fires
  const alwaysAbove = hasBudget(model) ? Number.POSITIVE_INFINITY : atLeast
  if (typeof above !== 'object') return { budget, atLeast, alwaysAbove: above ?? alwaysAbove }
  const byLength = Object.entries(above).map(
    ([length, amount]) => [parseDuration(length) ?? 0, amount] as const,
  )
  return { budget, atLeast, alwaysAbove, alwaysAboveIn: new Map(byLength) }
}
