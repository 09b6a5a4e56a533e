import { parseDuration } from '../../duration.ts'
import type { Action, Activity } from '../activity/activity.ts'
import { hasBudget } from './budget.ts'
import type { Definition } from './definition-schema.ts'
import type { Detector, Firing, RuledBy, Ruling } from './detector.ts'
import { ofKind } from './of-kind.ts'
import { never, type Predicate, type SelectionSource } from './selection.ts'

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
  const { overrides } = definition
  const named = overrides.map((override, index) => toRule(override, index, definition.fires.budget, shipped))
  const ordinary = combine(definition, [])
  const combined = new Map<string, Firing>()
  const applying = (which: string): Firing => {
    if (which === '') return ordinary
    let firing = combined.get(which)
    if (!firing) {
      const applied = which.trim().split(' ').map(Number)
      firing = combine(
        definition,
        named.filter((_, index) => applied.includes(index)),
      )
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

type Override = Definition['overrides'][number]
type Rule = Override['fires'] & { readonly ruling: Ruling }
/** From how much on it always fires, and the override that says so. */
type Ceiling = { readonly amount: number; readonly ruling?: Ruling }

function toRule({ match, fires, because }: Override, index: number, budget: number, shipped: number): Rule {
  const isShipped = index < shipped
  const name = isShipped
    ? `overrides[${index}] of the shipped file`
    : `your override for ${inWords(match.source)}`
  return { ...fires, ruling: { name, isShipped, budget, ...(because !== undefined && { because }) } }
}

/** Overrides apply in the order of the file, each on top of what came before. */
function combine({ fires, windows, baseline }: Definition, rules: readonly Rule[]): Firing {
  const ofBudget = rules.findLast(({ budget }) => budget !== undefined)
  const ofFloor = rules.findLast(({ at_least }) => at_least !== undefined)
  const atLeast = ofFloor?.at_least ?? fires.at_least
  // Without a model there is nothing but the floor to fire by.
  const otherwise = hasBudget(baseline.model) ? Number.POSITIVE_INFINITY : atLeast
  const inAll = ceilingIn(null, fires, rules, otherwise)
  const byLength = windows.map((length) => [length, ceilingIn(length, fires, rules, otherwise)] as const)
  const ruledBy = ({ ruling }: Ceiling): RuledBy => ({
    ...(ofBudget && { budget: ofBudget.ruling }),
    ...(ofFloor && { atLeast: ofFloor.ruling }),
    ...(ruling && { alwaysAbove: ruling }),
  })
  return {
    budget: ofBudget?.budget ?? fires.budget,
    atLeast,
    alwaysAbove: inAll.amount,
    ...(byLength.some(([, { amount }]) => amount !== inAll.amount) && {
      alwaysAboveIn: new Map(byLength.map(([length, { amount }]) => [length, amount])),
    }),
    ...(rules.length > 0 && {
      ruledBy: ruledBy(inAll),
      ruledByIn: new Map(byLength.map(([length, ceiling]) => [length, ruledBy(ceiling)])),
    }),
  }
}

/**
 * The ceiling of windows of this length; null: of what has no window. What lies below the floor of a later override rises to that.
 * Of the overrides of the shipped file the lowest ceiling counts: one more circumstance never makes a detector more patient.
 */
function ceilingIn(
  length: number | null,
  fires: Definition['fires'],
  rules: readonly Rule[],
  otherwise: number,
): Ceiling {
  const amountIn = (above: Definition['fires']['always_above']) =>
    typeof above !== 'object'
      ? above
      : Object.entries(above).find(([key]) => parseDuration(key) === length)?.[1]
  let ceiling: Ceiling = { amount: amountIn(fires.always_above) ?? otherwise }
  for (const { always_above: above, at_least: floor = 0, ruling } of rules) {
    if (ceiling.amount < floor) ceiling = { ...ceiling, amount: floor }
    const amount = amountIn(above)
    if (amount === undefined) continue
    const isRuled = ruling.isShipped && ceiling.ruling !== undefined && ceiling.amount <= amount
    if (!isRuled) ceiling = { amount, ruling }
  }
  return ceiling
}

/** `{user: u1}`: a selection as it may stand in a file. */
function inWords(source: SelectionSource): string {
  const text = JSON.stringify(source)
    .replace(/"([^"\\]*)"/g, '$1')
    .replace(/([:,])(?=\S)/g, '$1 ')
  return text.length <= longestName ? text : `${text.slice(0, longestName)}…`
}

const longestName = 80
