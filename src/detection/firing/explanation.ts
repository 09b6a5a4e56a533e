import { day, week } from '../../duration.ts'
import { hasBudget } from '../definition/budget.ts'
import type { Detector, RuledBy, Ruling } from '../definition/detector.ts'
import type { Detection, Entity, EventSample, Statistics } from '../detection.ts'
import { formatEntities, formatUser, isAboutUser, namesOfFirsts } from './explain.ts'
import {
  formatAmount,
  formatFrequency,
  formatMeasured,
  formatProbability,
  formatQuantity,
  formatRatio,
} from './format.ts'

type Line = Detection['explanation'][number]

/** What a detection is explained by. */
export type Explained = {
  readonly detector: Detector
  readonly set: string
  readonly entity: Entity
  readonly observed: number
  readonly reason: Detection['reason']
  readonly statistics: Statistics | null
  readonly trigger: EventSample
  /** Names of others to whom the same happened. */
  readonly joined: readonly string[]
  /** Share of what was observed that the same query had brought before. */
  readonly repeated: number
  readonly ruledBy?: RuledBy | undefined
  /** What only the watcher knows. */
  readonly about?: readonly Line[] | undefined
}

/** Others are named up to so many. */
const maxNamed = 20
/** A budget that nobody would set: no budget keeps such a detection quiet. */
const leastBudget = 1e-4

/** The lines that say why, for people; the same wherever they are shown. Only what is known is said. */
export function toExplanation(explained: Explained): readonly Line[] {
  return [...linesOf(explained)]
}

function* linesOf(explained: Explained): Generator<Line> {
  const { detector, set, entity, statistics, trigger, joined, about = [] } = explained
  const news = newsOf(entity, trigger)
  if (news !== '') yield { label: 'New', value: news }
  const account = accountOf(entity, trigger)
  if (account !== '') yield { label: 'Account', value: account }
  if (joined.length > 0) yield { label: 'Shared', value: sharedWith(joined) }
  if (typeof trigger.fields.parts === 'string') yield { label: 'Parts', value: trigger.fields.parts }
  const repeats = repeatsOf(explained)
  if (repeats !== '') yield { label: 'Repeated', value: repeats }
  yield* about
  if (statistics) yield* statisticalLines(explained, statistics)
  yield { label: 'Tuning', value: tuningOf(explained) }
  yield { label: 'Detector', value: `${detector.id}, set ${set.slice(0, 12)}, entity ${entity.id}` }
}

function* statisticalLines(
  { detector: { measure }, entity, observed, reason }: Explained,
  statistics: Statistics,
): Generator<Line> {
  const { onceIn, log10p, largest, learnable, expected, entities } = statistics
  const where = formatEntities(entity.type, entities)
  if (reason !== 'ceiling') {
    yield {
      label: 'By chance',
      value: `about once in ${formatFrequency(onceIn)} across ${where} (p ${formatProbability(log10p)})`,
    }
  }
  const { otherGrowth } = statistics.parameters
  if (otherGrowth !== undefined)
    yield { label: 'Other work', value: `${formatRatio(otherGrowth)}× the expected in the same time` }
  yield { label: 'Baseline', value: baselineOf(statistics, entity.type) }
  if (largest !== undefined) yield { label: 'Own largest', value: largestOf(largest, measure) }
  if (learnable !== undefined && learnable < observed) {
    yield {
      label: 'Learned',
      value: `at most ${formatMeasured(measure, learnable)} of the ${formatMeasured(measure, observed)}, and while this goes on no more than the expected ${formatMeasured(measure, expected)}`,
    }
  }
}

/** What is remembered of the days before fades, hence about. */
function largestOf(amount: number, measure: Detector['measure']): string {
  if (amount <= 0) return 'nothing like it yet'
  return `about ${formatQuantity(measure, Math.max(1, Math.round(amount)))} on a day of the last weeks`
}

/** `21 days of its own (93 %), 7 % from its 57 peers (Sales User); this hour of the week has 1.7 times the average`. */
function baselineOf(
  { history, peerWeight, peerCount, peers, hourFactor }: Statistics,
  entityType: string,
): string {
  const shared = Math.round(peerWeight * 100)
  const known = history < day ? 'less than a day' : `${formatAmount(Math.floor(history / day))} days`
  const count = peerCount !== undefined && peerCount > 1 ? `${formatAmount(peerCount)} ` : ''
  const group = peers.startsWith(`${entityType}, `) ? ` (${peers.slice(entityType.length + 2)})` : ''
  const others = shared >= 1 ? `, ${shared} % from its ${count}peers${group}` : ''
  const factor =
    hourFactor >= 1.05 || hourFactor <= 0.95
      ? `; this hour of the week usually has ${formatAmount(hourFactor)} times the average`
      : ''
  return `${known} of its own (${100 - shared} %)${others}${factor}`
}

/** What is seen for the first time, of a detector of news all that it found, and whether the user had been away, is hardly ever there at this time, or is deactivated. */
function newsOf(entity: Entity, trigger: EventSample): string {
  const { away, active, off_hours, news } = trigger.fields
  const firsts = typeof news === 'string' ? news : namesOfFirsts(trigger).join(', ')
  const parts = firsts === '' ? [] : [`first seen for ${formatUser(entity, trigger)}: ${firsts}`]
  if (typeof away === 'number' && away >= 14) parts.push(`back after ${formatAmount(away)} days`)
  if (off_hours === true) parts.push('hardly ever at work at this time')
  if (active === false) parts.push('the user is deactivated')
  return parts.join('; ')
}

/** When a new account was made and first used, and who gave the user of late what everything can be read with. */
function accountOf(entity: Entity, trigger: EventSample): string {
  const { account_made, account_first_seen, rights_given, rights_given_by } = trigger.fields
  const parts: string[] = []
  if (account_made !== undefined) parts.push(`made ${account_made}`)
  if (account_first_seen !== undefined && account_first_seen !== account_made)
    parts.push(`first seen ${account_first_seen}`)
  if (rights_given !== undefined) {
    const from = rights_given_by === undefined ? '' : ` from ${rights_given_by}`
    parts.push(`received rights to read everything, or to give them, ${rights_given}${from}`)
  }
  if (parts.length > 0 && !isAboutUser(entity)) parts.push(formatUser(entity, trigger))
  return parts.join('; ')
}

/** `3 others brought up the same: ann@acme.example, bob@acme.example, cem@acme.example`. */
function sharedWith(joined: readonly string[]): string {
  const more = joined.length > maxNamed ? ` and ${joined.length - maxNamed} more` : ''
  const who = joined.length === 1 ? 'one other' : `${joined.length} others`
  return `${who} brought up the same: ${joined.slice(0, maxNamed).join(', ')}${more}`
}

/** Told where it is most of what was observed, as when a program asks again and again after a failure. */
function repeatsOf({ repeated, observed, detector: { measure } }: Explained): string {
  if (repeated < 0.5) return ''
  const once = formatQuantity(measure, Math.max(1, Math.round(observed * (1 - repeated))))
  return `about ${Math.floor(100 * repeated)} % by a query that had brought the same before; each counted once, ${once}`
}

/** What would have kept it quiet, and where that has to be said: an override wins over what the detector says. */
function tuningOf({ reason, observed, statistics, detector, ruledBy = {} }: Explained): string {
  const most = formatAmount(observed)
  const floor = `at_least above ${most}${placeOf(ruledBy.atLeast)}, or an exception`
  if (reason === 'event') return 'every such event is reported; an exception would keep it quiet'
  if (reason === 'ceiling' || !statistics) {
    if (!hasBudget(detector.baseline.model)) return `fired by its fixed limit; quiet with ${floor}`
    const { alwaysAbove, atLeast } = ruledBy
    const by = alwaysAbove ? ` of ${alwaysAbove.name}` : ''
    // With a floor of its own an override has a ceiling that may lie below the floor of others: one floor lifts both.
    const quiet =
      alwaysAbove && alwaysAbove.name === atLeast?.name
        ? floor
        : `it above ${most}${placeOf(alwaysAbove)}, or an exception`
    return `fired by always_above${by}, whatever the baseline says; quiet with ${quiet}`
  }
  const { quietBudget = 0, parameters } = statistics
  const own = ((parameters.budget ?? 0) * (parameters.shares ?? 1) * week) / day
  const { budget } = ruledBy
  // The budget to change is that of the detector where the override's goes with it.
  const ordinary = budget?.isShipped ? budget.budget * week : own
  const present = budget?.isShipped
    ? `${toBudget(ordinary)}, of which ${budget.name} makes ${toBudget(own)}`
    : toBudget(ordinary)
  if (quietBudget < leastBudget)
    return `no budget would have kept it quiet (it is ${present}); ${floor} would`
  const quiet = roundDown((quietBudget * ordinary) / own)
  const place = budget?.isShipped ? '' : placeOf(budget)
  return `quiet with a budget below ${quiet}/week${place} (it is ${present}), ${floor}`
}

/** Where a value has to be written to win over the override that has it now. */
function placeOf(ruling: Ruling | undefined): string {
  if (!ruling) return ''
  return ruling.isShipped ? ` in an override with the match of ${ruling.name}` : ` in ${ruling.name}`
}

/** `0.233/week` */
function toBudget(perWeek: number): string {
  return `${Number(perWeek.toPrecision(3))}/week`
}

/** In two digits, never above it: what is told keeps quiet. */
function roundDown(amount: number): number {
  const unit = 10 ** (Math.floor(Math.log10(amount)) - 1)
  return Number((Math.floor(amount / unit) * unit).toPrecision(2))
}
