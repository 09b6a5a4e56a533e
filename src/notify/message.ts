import type { Alert } from '../alerting/alert.ts'
import type { Related } from '../alerting/related.ts'
import { formatBytes } from '../bytes.ts'
import type { Detection, Entity, Statistics } from '../detection/detection.ts'
import { day, formatDuration, hour } from '../duration.ts'
import { formatWithin } from '../span.ts'
import type { Notification } from './notifier.ts'
import { toPlainText } from './plain-text.ts'
import { type OrgUrls, userLink } from './user-link.ts'

/**
 * What a person reads, in parts, the same for every receiver: who, what, how much against what is usual, since when, from
 * where, what to do, and one link. Every text went through {@link toPlainText}; a receiver only escapes its own markup.
 */
export type Message = {
  /** `CRITICAL`, …, or `RESOLVED`. */
  readonly label: string
  readonly who: string
  readonly what: string
  readonly sentence: string
  readonly facts: readonly Fact[]
  /** Why it fired, for whoever has time to read on. */
  readonly explanation: readonly Fact[]
  /** The first steps of the runbook; empty once resolved. */
  readonly steps: readonly string[]
  /** Where it comes from: org, detector, alert, event ids. */
  readonly source: string
  readonly link: string | null
  /** Where Salesforce shows the user whom it is about, to be frozen. */
  readonly userLink: string | null
}

/** A labelled line, such as `Usual`: `120–400, expected 210`. */
export type Fact = { readonly label: string; readonly value: string }

export type MessageOptions = {
  /** Where the analysts' page can be reached (`web.public_url`); without it there is no link. */
  readonly publicUrl?: string
  readonly orgUrls?: OrgUrls
}

/** No model is exact enough to tell smaller probabilities apart. */
export const smallestLog10p = -12

/** With less than half of its own history, what is usual is that of others. */
const ownFrom = 0.5

/** So many steps of a runbook are shown, and so many characters of each. */
export const stepsShown = 4
export const stepLength = 300

const samplesShown = 3
const relatedShown = 4
const contributorsShown = 5
const linesShown = 8

/** Fields of an event that say where it came from, in the order in which they are shown; a network only without an address. */
const whereFields = ['ip', 'network', 'CountryIso', 'Country', 'City', 'app', 'client']
const fieldWords: Readonly<Record<string, string>> = {
  CountryIso: 'country',
  Country: 'country',
  City: 'city',
}
/** Lines of the explanation that say what happened; the others say why it fired. */
const factLines: readonly string[] = [
  'New',
  'Account',
  'Logged in',
  'Users',
  'Shared',
  'Parts',
  'Usually from',
  'Last event',
]
/** So many characters of such a line are shown. */
const factLength = 500

/** The message of a notification, cut to what a person reads. */
export function toMessage(notification: Notification, { publicUrl, orgUrls }: MessageOptions): Message {
  const { alert, cause } = notification
  const resolved = cause === 'resolved'
  const { detector } = alert.latest
  return {
    label: resolved ? 'RESOLVED' : alert.level.toUpperCase(),
    who: describeWho(alert.latest),
    what: toPlainText(detector.title, 300),
    sentence: toSentence(notification),
    facts: toFacts(notification),
    explanation: toExplanation(alert.peak),
    steps: resolved ? [] : toSteps(detector.runbook),
    source: toSource(alert),
    link: publicUrl ? alertLink(publicUrl, alert.id) : null,
    userLink: userLink(alert.latest, orgUrls),
  }
}

/** Where the analysts' page shows an alert. */
function alertLink(publicUrl: string, alertId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/#alert-${encodeURIComponent(alertId)}`
}

/** `2026-11-24 13:05:12 UTC` */
function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `12,345`; small numbers with two significant digits. */
export function formatAmount(amount: number): string {
  const digits = Math.abs(amount) >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 }
  return amount.toLocaleString('en-US', digits)
}

/** The same, and `503 MB` of what is counted in bytes. */
function formatMeasured({ measure }: Pick<Detection, 'measure'>, amount: number): string {
  return measure.expression === 'sum(bytes)' ? formatBytes(amount) : formatAmount(amount)
}

/** `Jane Doe (jane@acme.example, Sales User)` where the directory knows the user, else what the entity is called. */
function describeWho({ entity, trigger }: Detection): string {
  const shown = describeEntity(entity)
  const { user, name, profile } = trigger.fields
  if (entity.type !== 'user' || user !== entity.id || typeof name !== 'string') return shown
  const details = [shown, ...(typeof profile === 'string' ? [toPlainText(profile, 60)] : [])]
  return `${toPlainText(name, 100)} (${details.join(', ')})`
}

/** Types of entities whose names say what they are. */
const people: readonly string[] = ['user', 'actor', 'impersonator']

function describeEntity({ type, id, name }: Entity): string {
  const shown = toPlainText(name ?? id, 200) || toPlainText(id, 200) || '(empty)'
  return people.includes(type) ? shown : `${toPlainText(type, 40)} ${shown}`
}

function toSentence({ alert, cause }: Notification): string {
  const { summary: text, detector } = cause === 'repeat' ? alert.latest : alert.peak
  const summary = toPlainText(text) || toPlainText(detector.title) || detector.id
  if (cause === 'resolved') return `Quiet for ${formatDuration(detector.keepOpen)}. It was: ${summary}`
  if (cause === 'repeat') return `Again or still: ${summary}`
  return cause === 'level-rose' ? `Now ${alert.level}: ${summary}` : summary
}

function toFacts({ alert, related = [] }: Notification): readonly Fact[] {
  const { peak, latest } = alert
  const { measure, window, span } = peak
  const within = formatWithin(span ? span.until - span.since : window.length)
  const facts: Fact[] = [
    {
      label: 'Observed',
      value: `${formatMeasured(peak, peak.observed)} ${toPlainText(measure.unit, 60)} ${within}`,
    },
    { label: 'Usual', value: describeUsual(peak) },
    { label: 'When', value: describeTime(alert) },
  ]
  const where = whereFields.filter((field) => field !== 'network' || !latest.trigger.fields.ip)
  const place = where.flatMap((field) => describeField(latest, field))
  const label = people.includes(latest.entity.type) ? 'Where' : 'Last from'
  if (place.length > 0) facts.push({ label, value: place.join(', ') })
  facts.push(...linesOf(peak, (label) => factLines.includes(label), factLength))
  const listsUsers = peak.explanation.some(({ label }) => label === 'Users')
  const what = peak.contributors
    .filter((one) => !isSaidByPlace(one, latest) && !(listsUsers && one.field === 'user'))
    .slice(0, contributorsShown)
  if (what.length > 0) facts.push({ label: 'What', value: what.map(describeContributor).join(', ') })
  if (related.length > 0) facts.push({ label: 'Also', value: describeRelated(related, alert.lastSeenAt) })
  if (alert.verdict) facts.push({ label: 'Verdict', value: describeVerdict(alert.verdict) })
  return facts
}

/** All of it came from the network or application that stands under `Where`. */
function isSaidByPlace({ field, value, share }: Detection['contributors'][number], { trigger }: Detection) {
  return (field === 'network' || field === 'app') && share === 1 && trigger.fields[field] === value
}

/** `New way into the org (low, 5 h before); Unusual number of record pages opened (high, 12 alerts, at that time)`. */
function describeRelated(related: readonly Related[], time: number): string {
  const shown = related.slice(0, relatedShown).map(({ title, level, count, time: seen }) => {
    const age = time - seen
    const when = age < hour ? 'at that time' : `${formatAge(age)} before`
    return `${toPlainText(title, 80)} (${level}, ${count > 1 ? `${count} alerts, ` : ''}${when})`
  })
  const more = related.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and of ${more} more detectors` : ''}`
}

function formatAge(age: number): string {
  return age < 2 * day ? `${Math.round(age / hour)} h` : `${Math.round(age / day)} days`
}

function describeVerdict({ word, by, note }: NonNullable<Alert['verdict']>): string {
  const who = by ? ` by ${toPlainText(by, 100)}` : ''
  return `${word.replace('_', ' ')}${who}${note ? `: ${toPlainText(note, 300)}` : ''}`
}

/** The lines that are not among the facts already. */
function toExplanation(detection: Detection): readonly Fact[] {
  return linesOf(detection, (label) => !factLines.includes(label), 400).slice(0, linesShown)
}

function linesOf(
  { explanation }: Detection,
  shows: (label: string) => boolean,
  length: number,
): readonly Fact[] {
  return explanation
    .filter(({ label }) => shows(label))
    .map(({ label, value }) => ({ label: toPlainText(label, 40), value: toPlainText(value, length) }))
}

function describeUsual(detection: Detection): string {
  const { statistics, reason, entity, observed, window } = detection
  if (reason === 'event') return 'every such event is reported'
  if (statistics === null) return describeLimit(detection)
  const { low, high, expected, ratio, peerWeight } = statistics
  if (reason === 'ceiling' && (peerWeight >= ownFrom || observed <= high))
    return 'so much is always reported, whatever is usual'
  const chance = reason === 'ceiling' ? '' : `; ${describeChance(statistics, entity)}`
  const within = formatWithin(window.length)
  if (high < 1) return `none ${within}${chance}`
  const [least, most, mean] = (high < 10 ? [low, high, expected] : [low, high, expected].map(Math.round)).map(
    (amount) => formatMeasured(detection, amount),
  )
  const times = Number.isFinite(ratio) && ratio >= 2 ? `, now ${formatAmount(ratio)} times that` : ''
  return `${least}–${most} ${within}, expected ${mean}${times}${chance}`
}

/** Where nothing is learned. */
function describeLimit({ limit, measure, window }: Detection): string {
  if (limit === undefined) return 'always reported, whatever is usual'
  if (limit <= 1) return 'every one is reported'
  const unit = toPlainText(measure.unit, 60)
  return `always reported from ${formatMeasured({ measure }, limit)} ${unit} ${formatWithin(window.length)} on`
}

/** How rarely chance alone would do this, over everybody who is watched. */
function describeChance({ onceIn, entities }: Statistics, { type }: Entity): string {
  const among =
    entities === undefined || entities < 2 || !/^[a-z]+$/.test(type)
      ? ''
      : ` across ${formatAmount(entities)} ${type}s`.replace(/ys$/, 'ies')
  const days = onceIn / day
  const years = days / 365.25
  if (years >= 1000) return 'by chance practically never'
  if (years >= 2) return `by chance once in ${formatAmount(years)} years${among}`
  return `by chance once in ${formatAmount(Math.max(days, 0.01))} days${among}`
}

function describeTime({ openedAt, lastSeenAt, resolvedAt, count }: Alert): string {
  const over = resolvedAt === undefined ? '' : `, over ${formatTime(resolvedAt)}`
  if (lastSeenAt === openedAt) return `${formatTime(openedAt)}${over}`
  const last = `last ${formatTime(lastSeenAt)}${count > 1 ? `, ${count} detections` : ''}`
  return `since ${formatTime(openedAt)}, ${last}${over}`
}

function describeField({ trigger }: Detection, field: string): string[] {
  const value = Object.hasOwn(trigger.fields, field) ? trigger.fields[field] : undefined
  if (value === undefined || value === '') return []
  return [`${fieldWords[field] ?? field} ${toPlainText(String(value), 120)}`]
}

function describeContributor({ field, value, share }: Detection['contributors'][number]): string {
  return `${toPlainText(field, 40)} ${toPlainText(value, 80)} ${Math.round(share * 100)} %`
}

/** A numbered or marked line begins a step, and the lines below it belong to it; without any mark every line is one. */
function toSteps(runbook: string): readonly string[] {
  const mark = /^\s*(\d+[.)]|[-*•])\s+/
  const lines = runbook.split('\n').filter((line) => line.trim() !== '')
  const marked = lines.some((line) => mark.test(line))
  const steps: string[] = []
  for (const line of lines) {
    if (marked && steps.length > 0 && !mark.test(line)) steps.push(`${steps.pop()} ${line.trim()}`)
    else steps.push(line.replace(mark, ''))
  }
  return steps.slice(0, stepsShown).map((step) => toPlainText(step, stepLength))
}

function toSource({ id, latest }: Alert): string {
  const { org, detector, samples } = latest
  const events = samples.slice(-samplesShown).map((sample) => toPlainText(sample, 60))
  return [
    `org ${toPlainText(org.name || org.id, 60)}`,
    `detector ${toPlainText(detector.id, 60)}`,
    `alert ${id}`,
    ...(events.length > 0 ? [`events ${events.join(', ')}`] : []),
  ].join(' · ')
}
