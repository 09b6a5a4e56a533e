import { day, minute } from '../../duration.ts'
import { formatWithin } from '../../span.ts'
import { dimensions } from '../activity/firsts.ts'
import type { Detector, Measure, Ruling } from '../definition/detector.ts'
import type { SummaryPlaceholder } from '../definition/summary-placeholders.ts'
import type { Detection, Entity, EventSample, Statistics } from '../detection.ts'
import type { Finding } from './episode.ts'
import type { Evidence } from './evidence.ts'
import { describeEvidence, type EvidenceWords, enumerate } from './evidence-words.ts'
import {
  formatAmount,
  formatFrequency,
  formatMeasured,
  formatProbability,
  formatQuantity,
  formatRatio,
  formatSpan,
  unitOf,
} from './format.ts'
import { recompute } from './recompute.ts'

/** The numbers behind a verdict, for people and for computing them again. Null when nothing was judged. */
export function toStatistics({
  verdict,
  known,
  time,
}: Pick<Finding, 'verdict' | 'known' | 'time'>): Statistics | null {
  const { judgement, observed, length, tail, peak, looks, budget, shares = 1 } = verdict
  const { entities, peerCount, largest } = verdict
  if (!judgement) return null
  const { model, hourFactor, peerWeight } = judgement
  const perDay = { looks: looks * day, budget: budget * day, shares }
  const parameters = { ...judgement.parameters, ...tail, ...(peak > 0 ? { peak } : {}), ...perDay }
  return {
    model,
    ...recompute({ model, parameters }, { observed, window: { length } }),
    history: time - known.since,
    peerWeight,
    peers: known.peers,
    ...(entities !== undefined && { entities }),
    ...(peerCount !== undefined && { peerCount }),
    ...(largest !== undefined && { largest }),
    hourFactor,
    parameters,
  }
}

const millennium = 1000 * 365 * day

/** What a sentence is made of. */
export type Told = Pick<Detection, 'entity' | 'observed' | 'window' | 'reason' | 'statistics' | 'trigger'> & {
  readonly span?: Detection['span'] | undefined
  readonly evidence: Pick<Evidence, 'tally' | 'total'>
  readonly detector: Pick<Detector, 'alert' | 'measure'>
  /** From where on it always fires, where it did so, and the override that says so. */
  readonly limit?: number | undefined
  readonly limitOf?: Ruling | undefined
}

/** Of those that do not stand in the event sample. */
type PlaceholderValues = Record<Exclude<SummaryPlaceholder, 'detectors' | 'signs'>, string>

function wordsFor(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return values[name]
}

/** The sentence that a person reads: the detector's own, or a general one. */
export function summarize(told: Told): string {
  const { detector, entity, observed, window, span, statistics, trigger } = told
  const { measure } = detector
  const words = describeEvidence({ evidence: told.evidence, measure, observed })
  const values: PlaceholderValues = {
    entity: entity.name ?? entity.id,
    username: String(trigger.fields.username ?? entity.name ?? entity.id),
    observed: formatMeasured(measure, observed),
    unit: unitOf(measure, observed),
    window: formatSpan(window.length),
    within: formatWithin(span ? span.until - span.since : window.length),
    ...words,
    trials: formatAmount(statistics?.parameters.trials ?? 0),
    expected: statistics ? formatMeasured(measure, statistics.expected) : 'unknown',
    low: statistics ? formatMeasured(measure, statistics.low) : '?',
    high: statistics ? formatMeasured(measure, statistics.high) : '?',
    usual: statistics ? describeUsual(measure, statistics, window) : 'unknown',
    ratio: statistics ? `${formatRatio(statistics.ratio)}×` : '?',
    p: statistics ? formatProbability(statistics.log10p) : '?',
    once_in: statistics ? formatFrequency(statistics.onceIn) : '?',
    chance: statistics ? describeChance(statistics) : 'unknown',
    entities: formatEntities(entity.type, statistics?.entities),
    journey: formatJourney(trigger),
    first_seen: formatFirsts(entity, trigger),
    news: String(trigger.fields.news ?? formatFirsts(entity, trigger)),
  }
  const sentence = detector.alert.summary ?? generalSentence(told, words)
  // One event takes no time.
  if (observed === 1 && values.within === 'at once') values.within = ''
  return withoutEmpty(sentence, values).replace(
    /\{\{\s*([\w.]+)\s*\}\}/g,
    (_, name: string) => wordsFor(values, name) ?? toWords(trigger, name),
  )
}

/** Leaves out what nobody tells: the part between semicolons that is about it, or only the word where the part tells more. */
function withoutEmpty(sentence: string, values: PlaceholderValues): string {
  const isEmpty = (name: string) => wordsFor(values, name) === ''
  const parts = sentence.split('; ').filter((part, index) => {
    const names = [...part.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map(([, name = '']) => name)
    return index === 0 || names.length === 0 || !names.every(isEmpty)
  })
  return parts
    .join('; ')
    .replace(/[:,]? (\(\{\{\s*([\w.]+)\s*\}\}\)|\{\{\s*([\w.]+)\s*\}\})/g, (text, _, inBrackets, bare) =>
      isEmpty(inBrackets ?? bare) ? '' : text,
    )
}

/** `9,900 km from the login 40 min before` */
function formatJourney({ fields }: EventSample): string {
  const { km_since_login, minutes_since_login } = fields
  if (typeof km_since_login !== 'number' || typeof minutes_since_login !== 'number')
    return 'far from the login before'
  const distance = formatAmount(Math.round(km_since_login / 100) * 100)
  return `${distance} km from the login ${formatSpan(minutes_since_login * minute)} before`
}

/** A field of the event; `an unknown client` where it names none. */
function toWords({ type, fields }: EventSample, name: string): string {
  const value = fields[name] ?? (name === 'type' ? type : 'unknown')
  const isDimension = dimensions.some((dimension) => dimension === name)
  return value === 'unknown' && isDimension ? `an unknown ${inWords[name] ?? name}` : String(value)
}

function generalSentence(told: Told, { objects, origin }: EvidenceWords): string {
  const { detector, reason, observed, statistics, trigger, limit, limitOf, entity } = told
  if (statistics?.model === 'novelty') return '{{entity}}: first time with {{news}}; {{chance}}'
  const what = objects === '' ? '{{unit}}' : '{{unit}} ({{objects}})'
  const where = isAboutUser(entity) && origin !== '' ? ' {{origin}}' : ''
  const parts = [`{{entity}}: {{observed}} ${what} {{within}}${where}`]
  if (reason === 'ceiling') {
    if (statistics && saysWhatIsUsual(statistics, observed)) parts.push(rangeOf(statistics))
    const inWhichCase = limitOf ? ` ${limitOf.because ?? 'in such a case'}` : ''
    if (limit !== undefined)
      parts.push(`${formatQuantity(detector.measure, limit)} or more are always reported${inWhichCase}`)
  } else if (statistics) {
    parts.push(rangeOf(statistics))
  }
  if (namesOfFirsts(trigger).length > 0) parts.push('{{first_seen}}')
  return parts.join('; ')
}

/** Below one even a number is no help: what is usual is nothing at all. */
function rangeOf({ high }: Statistics): string {
  return high < 1 ? '{{usual}}' : '{{usual}}, {{ratio}} the expected {{expected}}'
}

function describeUsual(measure: Measure, { low, high }: Statistics, { length }: Told['window']): string {
  if (high < 1) return 'usually none'
  const [least, most] = high < 10 ? [low, high] : [Math.round(low), Math.round(high)]
  return `usual ${formatMeasured(measure, least)}–${formatMeasured(measure, most)} ${formatWithin(length)}`
}

/** `by chance about once in 9 days`; what happens once in a thousand years practically never does. */
function describeChance(statistics: Statistics): string {
  if (isPracticallyNever(statistics)) return 'by chance practically never'
  return `by chance about once in ${formatFrequency(statistics.onceIn)}`
}

function isPracticallyNever({ onceIn }: Statistics): boolean {
  return onceIn >= millennium
}

/**
 * Whether the usual range tells something about what fired whatever is usual: only where it lies below that, and is known from
 * the entity's own past.
 */
export function saysWhatIsUsual({ peerWeight, high }: Statistics, observed: number): boolean {
  return peerWeight < 0.5 && observed > high
}

/** `the 4,812 users watched for it`, `the one user seen so far`, `this org`: a detector watches those only who ever did what it counts. */
export function formatEntities(type: string, count: number | undefined): string {
  if (type === 'org') return 'this org'
  const plural = /^[a-z]+$/.test(type) ? `${type}s`.replace(/ys$/, 'ies') : 'entities'
  if (count === undefined) return `all ${plural}`
  if (count < 2) return `the one ${plural === 'entities' ? 'entity' : type} seen so far`
  return `the ${formatAmount(count)} ${plural} watched for it`
}

/** `new network and client for this user`, or that there is none. */
function formatFirsts(entity: Entity, trigger: EventSample): string {
  const names = namesOfFirsts(trigger)
  return names.length === 0
    ? 'no new network, application or client'
    : `new ${enumerate(names)} for ${formatUser(entity, trigger)}`
}

/** `this user`; the name of the last event's user where the entity is something that many have to do with. */
export function formatUser(entity: Entity, { fields }: EventSample): string {
  if (isAboutUser(entity)) return 'this user'
  return `${fields.username ?? fields.user ?? 'the user'} of the last event`
}

export function isAboutUser({ type }: Entity): boolean {
  return type.split(' + ').some((part) => aboutUsers.includes(part))
}

const aboutUsers: readonly string[] = ['user', 'username', 'actor', 'UserId', 'impersonator']

/** `network 198.51.100.0/24, an unknown client and 5 objects (Case, Lead, …)`. */
export function formatNews(
  news: readonly { readonly name: string; readonly values: readonly string[] }[],
): string {
  return enumerate(news.map(({ name, values }) => formatValues(inWords[name] ?? name, values)))
}

function formatValues(name: string, values: readonly string[]): string {
  const [only] = values
  if (values.length === 1) return only === 'unknown' ? `an unknown ${name}` : `${name} ${only}`
  const shown = values.slice(0, 2).join(', ')
  return `${formatAmount(values.length)} ${plurals[name] ?? `${name}s`} (${shown}${values.length > 2 ? ', …' : ''})`
}

export function namesOfFirsts({ fields }: EventSample): readonly string[] {
  return dimensions.filter((name) => fields[`new_${name}`] === true).map((name) => inWords[name] ?? name)
}

const inWords: Readonly<Record<string, string>> = {
  app: 'application',
  api: 'kind of API',
  objects: 'object',
}
const plurals: Readonly<Record<string, string>> = {
  country: 'countries',
  query: 'queries',
  'kind of API': 'kinds of API',
}
