import { day, hour, minute } from '../../duration.ts'
import { dimensions } from '../activity/firsts.ts'
import type { Detector } from '../definition/detector.ts'
import type { Detection, Entity, EventSample, Statistics } from '../detection.ts'
import type { Finding } from './episode.ts'
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
  'ratio',
  'p',
  'once_in',
  'entities',
  'first_seen',
  'news',
  'detectors',
] as const

/** Nobody believes a smaller probability, and no model is that good. */
const leastShownP = 1e-12

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

/** The sentence that a person reads: the detector's own, or a general one. */
export function summarize(
  detector: Pick<Detector, 'alert' | 'measure'>,
  entity: Entity,
  { observed, window }: Pick<Detection, 'observed' | 'window'>,
  statistics: Statistics | null,
  trigger: EventSample,
): string {
  const values: Record<string, string> = {
    entity: entity.name ?? entity.id,
    username: String(trigger.fields.username ?? entity.name ?? entity.id),
    observed: formatAmount(observed),
    unit: detector.measure.unit,
    window: formatSpan(window.length),
    expected: statistics ? formatAmount(statistics.expected) : 'unknown',
    low: statistics ? formatAmount(statistics.low) : '?',
    high: statistics ? formatAmount(statistics.high) : '?',
    ratio: statistics ? `${formatRatio(statistics.ratio)}×` : '?',
    p: statistics ? formatProbability(statistics.log10p) : '?',
    once_in: statistics ? formatFrequency(statistics.onceIn) : '?',
    entities: formatEntities(entity.type, statistics?.entities),
    first_seen: formatFirsts(trigger),
    news: String(trigger.fields.news ?? formatFirsts(trigger)),
  }
  const template = detector.alert.summary ?? generalSentence(statistics, trigger)
  return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) =>
    String(values[name] ?? trigger.fields[name] ?? (name === 'type' ? trigger.type : 'unknown')),
  )
}

/** Below one even a number is no help: what is usual is nothing at all. */
function generalSentence(statistics: Statistics | null, trigger: EventSample): string {
  const observed = '{{entity}}: {{observed}} {{unit}} in {{window}}'
  if (statistics?.model === 'novelty')
    return '{{entity}}: never before {{news}}; p {{p}}, by chance about once in {{once_in}}'
  const seen = namesOfFirsts(trigger).length > 0 ? '; {{first_seen}}' : ''
  if (!statistics) return `${observed}${seen}`
  const usual =
    statistics.high < 1
      ? 'usually none'
      : 'expected {{expected}} (usual {{low}}–{{high}}), {{ratio}} the expected'
  return `${observed}; ${usual}; p {{p}}, by chance about once in {{once_in}} across {{entities}}${seen}`
}

/** `your 4,812 users`, `this org`. */
export function formatEntities(type: string, count: number | undefined): string {
  if (type === 'org') return 'this org'
  const plural = /^[a-z]+$/.test(type) ? `${type}s` : 'entities'
  if (count === undefined) return `all ${plural}`
  return count < 2 ? `all ${plural} so far` : `your ${formatAmount(count)} ${plural}`
}

/** `new network and client for this user`, or `nothing new for this user`. */
export function formatFirsts(trigger: EventSample): string {
  const names = namesOfFirsts(trigger)
  const last = names.at(-1)
  if (last === undefined) return 'nothing new for this user'
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
  return `new ${list} for this user`
}

export function namesOfFirsts({ fields }: EventSample): readonly string[] {
  return dimensions.filter((name) => fields[`new_${name}`] === true).map((name) => inWords[name] ?? name)
}

const inWords: Readonly<Record<string, string>> = { app: 'application', api: 'kind of API' }

/** Made once: they are slow to make. By number of digits after the point. */
const numberFormats = [0, 1, 2].map(
  (digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: digits }),
)

/** `412`, `850,000`, `0.43`. */
export function formatAmount(amount: number): string {
  const digits = Math.abs(amount) >= 10 || Number.isInteger(amount) ? 0 : Math.abs(amount) >= 1 ? 1 : 2
  return (numberFormats[digits] as Intl.NumberFormat).format(amount)
}

/** `= 2e-9`, never below 1e-12: `< 1e-12`. */
export function formatProbability(log10p: number): string {
  const p = 10 ** log10p
  return p < leastShownP ? `< ${leastShownP}` : `= ${Number(p.toPrecision(1))}`
}

/** `10 min`, `24 h`, `7 days`. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < hour) return `${formatAmount(milliseconds / minute)} min`
  if (milliseconds <= day) return `${formatAmount(milliseconds / hour)} h`
  return `${formatAmount(milliseconds / day)} days`
}

/** `3 days`, `2 years`, `more than 1,000 years`. */
export function formatFrequency(milliseconds: number): string {
  const year = 365 * day
  if (milliseconds >= 1000 * year) return 'more than 1,000 years'
  if (milliseconds >= 2 * year) return `${formatAmount(Math.round(milliseconds / year))} years`
  if (milliseconds >= 2 * day) return `${formatAmount(Math.round(milliseconds / day))} days`
  return formatSpan(milliseconds)
}

function formatRatio(ratio: number): string {
  return ratio >= 100 ? formatAmount(Math.round(ratio)) : ratio.toFixed(1)
}
