import { minute } from '../../duration.ts'
import { formatMinute } from '../../utc-time.ts'
import type { Activity } from '../activity/activity.ts'
import { permissionsOf } from '../activity/derived-fields.ts'
import { awayDays, dimensions, isFamiliar, isNew } from '../activity/firsts.ts'
import { textOf } from '../activity/payload.ts'
import { userTypeOf } from '../activity/user-type.ts'
import type { EpisodeFacts } from '../definition/detector.ts'
import type { Detection, EventSample } from '../detection.ts'
import { type QueriesSeen, repeatedShare } from './repeated-queries.ts'
import { beat, createRhythm, type Rhythm, rhythmOf } from './rhythm.ts'

/** What an episode consists of, gathered from the moment it becomes remarkable, in little space. */
export type Evidence = {
  /** Identifiers of events: the first few and the newest, oldest first. */
  readonly samples: string[]
  /** Amount by field and value. */
  readonly tally: Record<string, Record<string, number>>
  total: number
  /** Absent in what was saved by earlier versions, like what follows. */
  rhythm?: Rhythm
  /** Events so far that tell from where or with what they came, and those in which all of that is known for their users. */
  events?: number
  familiar?: number
  /** Event time of the first of them, ms. */
  since?: number
  queries?: QueriesSeen
  /** What of the total the same query had brought before. */
  repeated?: number
}

const maxSamples = 20
const keptFirst = 5
/** Values per field; what comes later only counts in the total. */
export const maxValues = 32
const shownPerField = 3
const leastShare = 0.01
const longestText = 300

export function createEvidence(): Evidence {
  return { samples: [], tally: {}, total: 0, rhythm: createRhythm(), events: 0, familiar: 0 }
}

export function collect(evidence: Evidence, activity: Activity, amount: number, entityType: string): void {
  const { samples } = evidence
  if (activity.id !== null) {
    if (samples.length === maxSamples) samples.splice(keptFirst, 1)
    samples.push(activity.id)
  }
  evidence.total += amount
  evidence.since = Math.min(evidence.since ?? activity.time, activity.time)
  evidence.rhythm ??= createRhythm()
  beat(evidence.rhythm, activity)
  if (tellsOrigin(activity)) evidence.events = (evidence.events ?? 0) + 1
  if (isFamiliar(activity.firsts)) evidence.familiar = (evidence.familiar ?? 0) + 1
  evidence.queries ??= {}
  evidence.repeated = (evidence.repeated ?? 0) + amount * repeatedShare(evidence.queries, activity)
  for (const object of activity.objects) count(evidence, 'object', object, amount)
  count(evidence, 'network', activity.network, amount)
  count(evidence, 'app', activity.app, amount)
  count(evidence, 'query', activity.query, amount)
  if (activity.action === 'detection') count(evidence, 'detector', textOf(activity.raw, 'detector'), amount)
  if (entityType === 'user') return
  count(evidence, 'user', activity.username ?? activity.user, amount)
  count(evidence, 'profile', activity.person?.profile ?? null, amount)
}

export function factsOf(evidence: Evidence, entityType: string): EpisodeFacts {
  const { tally, rhythm, total, events = 0, familiar = 0, repeated = 0 } = evidence
  const every = rhythm ? rhythmOf(rhythm) : null
  const distinct = (field: string) => Object.keys(tally[field] ?? {}).length
  const users = entityType === 'user' ? 1 : distinct('user')
  return {
    steady: every !== null,
    every,
    networks: distinct('network'),
    apps: distinct('app'),
    users,
    familiarity: events === 0 ? null : familiar / events,
    repeated: total > 0 ? repeated / total : 0,
  }
}

/** What Salesforce runs in somebody's name, such as an asynchronous export, tells nothing of where it was asked for. */
function tellsOrigin({ network, app, client }: Activity): boolean {
  return network !== null || app !== null || client !== null
}

/** The largest shares, at most three of each field. */
export function contributorsOf({ tally, total }: Evidence): Detection['contributors'] {
  const found = Object.entries(tally).flatMap(([field, values]) =>
    Object.entries(values)
      .map(([value, amount]) => ({ field, value, share: total > 0 ? Math.min(1, amount / total) : 0 }))
      .filter(({ share }) => share >= leastShare)
      .sort(byShare)
      .slice(0, shownPerField),
  )
  return found.sort(byShare)
}

const canonical = [
  'action',
  'outcome',
  'user',
  'username',
  'actor',
  'ip',
  'network',
  'app',
  'client',
] as const
const rawFields = [
  'ApiType',
  'LoginType',
  'CountryIso',
  'City',
  'Status',
  'Browser',
  'Platform',
  'Operation',
  'Scope',
  'NumberOfColumns',
  'ParentNameList',
  'PermissionList',
  'Score',
  'detector',
  'level',
] as const

/** The event reduced to what helps a person; what it does not tell is left out. */
export function sampleOf(activity: Activity): EventSample {
  const fields: Record<string, string | number | boolean> = {}
  for (const name of canonical) {
    const value = activity[name]
    if (value !== null) fields[name] = value
  }
  if (activity.rows > 0) fields.rows = activity.rows
  if (activity.bytes > 0) fields.bytes = activity.bytes
  if (activity.objects.length > 0) fields.objects = activity.objects.slice(0, 10).join(', ')
  if (activity.query !== null) fields.query = activity.query.slice(0, longestText)
  if (activity.probe) fields.probe = true
  if (activity.action === 'permission-change')
    fields.permissions = permissionsOf(activity).slice(0, 10).join(', ')
  for (const name of dimensions) if (isNew(activity.firsts, name)) fields[`new_${name}`] = true
  const away = awayDays(activity.firsts) ?? 0
  if (away > 0) fields.away = away
  if (activity.offHours === true) fields.off_hours = true
  if (activity.journey) {
    fields.km_since_login = Math.round(activity.journey.distance)
    fields.minutes_since_login = Math.max(1, Math.round(activity.journey.duration / minute))
  }
  const { exportDays = null } = activity
  if (exportDays !== null) {
    fields.export_days = exportDays.recent
    fields.export_days_before = exportDays.before
  }
  describePerson(activity, fields)
  describeAccount(activity, fields)
  for (const name of rawFields) {
    const value = activity.raw[name]
    if (typeof value === 'string' && value !== '') fields[name] = value.slice(0, longestText)
    else if (typeof value === 'number') fields[name] = value
  }
  return { id: activity.id ?? '', type: activity.type, time: activity.time, fields }
}

/** Who the user is; `active` only of one who is not, which is worth a second look. */
function describePerson(activity: Activity, fields: Record<string, string | number | boolean>): void {
  const { person } = activity
  const { name, profile, role, department } = person ?? {}
  for (const [key, value] of Object.entries({ name, profile, role, department }))
    if (value) fields[key] = value
  const userType = userTypeOf(activity)
  if (userType !== null) fields.user_type = userType
  if (person?.active === false) fields.active = false
}

/** Of an account that is new, when it was made and first used; of one that was given rights, by whom and when. */
function describeAccount(
  { person, newUserSince = null, grant = null }: Activity,
  fields: Record<string, string | number | boolean>,
): void {
  if (newUserSince !== null) {
    if (typeof person?.created === 'number') fields.account_made = formatMinute(person.created)
    fields.account_first_seen = formatMinute(newUserSince)
  }
  if (grant === null) return
  fields.rights_given = formatMinute(grant.time)
  if (grant.by !== null) fields.rights_given_by = grant.by
}

function count({ tally }: Evidence, field: string, value: string | null, amount: number): void {
  if (value === null) return
  const text = value.length > longestText ? value.slice(0, longestText) : value
  tally[field] ??= {}
  const values = tally[field]
  if (Object.hasOwn(values, text)) values[text] = (values[text] as number) + amount
  else if (Object.keys(values).length < maxValues) values[text] = amount
}

function byShare(a: { share: number; value: string }, b: { share: number; value: string }): number {
  return b.share - a.share || (a.value < b.value ? -1 : 1)
}
