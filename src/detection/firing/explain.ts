import { day } from '../../duration.ts'
import { dimensions } from '../activity/firsts.ts'
import type { Detector, Measure, Ruling } from '../definition/detector.ts'
import type { Detection, Entity, EventSample, Statistics } from '../detection.ts'
import type { Finding } from './episode.ts'
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

/** What may stand in `alert.summary` as {{name}}, beside any field of the event that fired it. */
export const summaryPlaceholders = [
  'entity',
  'username',
  'observed',
  'unit',
  'window',
  'expected',
  'low',
  'high',
  'usual',
  'ratio',
  'p',
  'once_in',
  'chance',
  'entities',
  'first_seen',
  'news',
  'detectors',
] as const

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
  readonly detector: Pick<Detector, 'alert' | 'measure'>
  /** From where on it always fires, where it did so, and the override that says so. */
  readonly limit?: number | undefined
  readonly limitOf?: Ruling | undefined
}

/** The sentence that a person reads: the detector's own, or a general one. */
export function summarize(told: Told): string {
  const { detector, entity, observed, window, statistics, trigger } = told
  const { measure } = detector
  const values: Record<string, string> = {
    entity: entity.name ?? entity.id,
    username: String(trigger.fields.username ?? entity.name ?? entity.id),
    observed: formatMeasured(measure, observed),
    unit: unitOf(measure, observed),
    window: formatSpan(window.length),
    expected: statistics ? formatMeasured(measure, statistics.expected) : 'unknown',
    low: statistics ? formatMeasured(measure, statistics.low) : '?',
    high: statistics ? formatMeasured(measure, statistics.high) : '?',
    usual: statistics ? describeUsual(measure, statistics) : 'unknown',
    ratio: statistics ? `${formatRatio(statistics.ratio)}×` : '?',
    p: statistics ? formatProbability(statistics.log10p) : '?',
    once_in: statistics ? formatFrequency(statistics.onceIn) : '?',
    chance: statistics ? describeChance(statistics) : 'unknown',
    entities: formatEntities(entity.type, statistics?.entities),
    first_seen: formatFirsts(entity, trigger),
    news: String(trigger.fields.news ?? formatFirsts(entity, trigger)),
  }
  const template = detector.alert.summary ?? generalSentence(told)
  return template.replace(
    /\{\{\s*([\w.]+)\s*\}\}/g,
    (_, name: string) => values[name] ?? toWords(trigger, name),
  )
}

/** A field of the event; `an unknown client` where it names none. */
function toWords({ type, fields }: EventSample, name: string): string {
  const value = fields[name] ?? (name === 'type' ? type : 'unknown')
  const isDimension = dimensions.some((dimension) => dimension === name)
  return value === 'unknown' && isDimension ? `an unknown ${inWords[name] ?? name}` : String(value)
}

function generalSentence({ detector, reason, observed, statistics, trigger, limit, limitOf }: Told): string {
  if (statistics?.model === 'novelty') return '{{entity}}: first time with {{news}}; {{chance}}'
  const parts = ['{{entity}}: {{observed}} {{unit}} in {{window}}']
  if (reason === 'ceiling') {
    if (statistics && saysWhatIsUsual(statistics, observed)) parts.push(rangeOf(statistics))
    const inWhichCase = limitOf ? ` ${limitOf.because ?? 'in such a case'}` : ''
    if (limit !== undefined)
      parts.push(`${formatQuantity(detector.measure, limit)} or more are always reported${inWhichCase}`)
  } else if (statistics) {
    parts.push(rangeOf(statistics))
    parts.push(isPracticallyNever(statistics) ? '{{chance}}' : '{{chance}} across {{entities}}')
  }
  if (namesOfFirsts(trigger).length > 0) parts.push('{{first_seen}}')
  return parts.join('; ')
}

/** Below one even a number is no help: what is usual is nothing at all. */
function rangeOf({ high }: Statistics): string {
  return high < 1 ? 'usually none' : 'expected {{expected}} (usual {{low}}–{{high}}), {{ratio}} the expected'
}

function describeUsual(measure: Measure, { low, high }: Statistics): string {
  return high < 1 ? 'usually none' : `usual ${formatMeasured(measure, low)}–${formatMeasured(measure, high)}`
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

function enumerate(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
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
