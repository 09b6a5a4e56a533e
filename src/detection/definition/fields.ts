import { nearestWord } from '../../yaml-source.ts'
import { type Activity, actions, outcomes } from '../activity/activity.ts'
import { affectsSelf, deletedOf, permissionsOf, scoreOf } from '../activity/derived-fields.ts'
import {
  awayDays,
  type Firsts,
  isAutomated,
  isFamiliar,
  isNew,
  isStrange,
  isSurprise,
} from '../activity/firsts.ts'
import { isOther } from '../activity/login-beginning.ts'
import { loginFailures, toLoginResult, usersOfSpray } from '../activity/login-outcome.ts'
import { nameOf } from '../activity/payload.ts'
import { salesforceFields } from '../activity/salesforce-fields.ts'
import { userTypeOf } from '../activity/user-type.ts'
import { levels } from '../detection.ts'
import type { Found } from './detector.ts'

/** How a selection, measure or entity reads one field of its subject. */
export type Field<T> = {
  readonly read: (subject: T) => unknown
  /** Values are milliseconds, and files write them as `5m`. */
  readonly duration?: true
  /** Values are Salesforce ids, which files may write in 15 characters. */
  readonly id?: true
  /** The only values that there are. */
  readonly values?: readonly string[]
}

/** Finds a field by name, or says what is wrong with the name. */
export type FieldLookup<T> = (name: string) => Field<T> | { readonly unknown: string }

/** Fields that follow from what is new about an activity. */
const followingFromFirsts = {
  new_network: (firsts) => isNew(firsts, 'network'),
  new_app: (firsts) => isNew(firsts, 'app'),
  new_client: (firsts) => isNew(firsts, 'client'),
  new_object: (firsts) => isNew(firsts, 'object'),
  new_query: (firsts) => isNew(firsts, 'query'),
  new_api: (firsts) => isNew(firsts, 'api'),
  new_country: (firsts) => isNew(firsts, 'country'),
  strange_network: (firsts) => isStrange(firsts, 'network'),
  strange_app: (firsts) => isStrange(firsts, 'app'),
  strange_client: (firsts) => isStrange(firsts, 'client'),
  strange_object: (firsts) => isStrange(firsts, 'object'),
  strange_query: (firsts) => isStrange(firsts, 'query'),
  strange_country: (firsts) => isStrange(firsts, 'country'),
  surprising: isSurprise,
  familiar: isFamiliar,
  away: awayDays,
  automated: isAutomated,
} as const satisfies Record<string, (firsts: Firsts) => unknown>

/** The fields that are the same for all activities about which so much is new, and their values. */
export function fieldsOfFirsts(firsts: Firsts): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(followingFromFirsts).map(([name, read]) => [name, read(firsts)]))
}

const canonical = {
  org: (activity) => activity.org.name,
  type: (activity) => activity.type,
  action: (activity) => activity.action,
  outcome: (activity) => activity.outcome,
  failure: (activity) => failureOf(activity),
  user: (activity) => activity.user,
  username: (activity) => activity.username,
  actor: (activity) => activity.actor,
  ip: (activity) => activity.ip,
  network: (activity) => activity.network,
  session: (activity) => activity.session,
  login: (activity) => activity.login,
  app: (activity) => activity.app,
  app_installed: (activity) => activity.appStandingOf?.(activity)?.installed ?? null,
  app_approved: (activity) => activity.appStandingOf?.(activity)?.approved ?? null,
  client: (activity) => activity.client,
  api: (activity) => activity.api,
  country: ({ raw }) => nameOf(raw, 'CountryIso'),
  rows: (activity) => activity.rows,
  bytes: (activity) => activity.bytes,
  objects: (activity) => activity.objects,
  query: (activity) => activity.query,
  probe: (activity) => activity.probe,
  ...readFromFirsts(),
  other_network: ({ begun, network }) => isOther(begun?.network, network),
  other_client: ({ begun, client }) => isOther(begun?.client, client),
  parallel: ({ parallel }) => parallel ?? false,
  moved: ({ moved }) => moved ?? false,
  elsewhere: ({ elsewhere }) => elsewhere ?? false,
  too_far: ({ journey }) => (journey ?? null) !== null,
  sprayed: ({ failingUsers = 0 }) => failingUsers >= usersOfSpray,
  failing_users: ({ failingUsers }) => failingUsers ?? 0,
  unanswered: ({ unanswered }) => unanswered ?? false,
  granted: ({ grant }) => (grant ?? null) !== null,
  impersonator: ({ impersonator }) => impersonator ?? null,
  new_user: ({ newUserSince }) => (newUserSince ?? null) !== null,
  off_hours: ({ offHours }) => offHours ?? null,
  export_days: ({ exportDays }) => exportDays?.recent ?? null,
  export_days_before: ({ exportDays }) => exportDays?.before ?? null,
  name: (activity) => activity.person?.name ?? null,
  profile: (activity) => activity.person?.profile ?? null,
  role: (activity) => activity.person?.role ?? null,
  user_type: (activity) => userTypeOf(activity),
  active: (activity) => activity.person?.active ?? null,
  department: (activity) => activity.person?.department ?? null,
  score: scoreOf,
  permissions: permissionsOf,
  self: affectsSelf,
  deleted: deletedOf,
  detector: (activity) => ofDetection(activity, 'detector'),
  level: (activity) => ofDetection(activity, 'level'),
  risk: (activity) => ofDetection(activity, 'risk'),
} as const satisfies Record<string, (activity: Activity) => unknown>

export const canonicalFields: readonly string[] = Object.keys(canonical)

const yesOrNo = ['true', 'false']

/** Fields that have few values, which do not come from Salesforce's own texts. */
const closedValues: Readonly<Record<string, readonly string[]>> = {
  action: actions,
  outcome: outcomes,
  failure: loginFailures,
  level: levels,
  ...Object.fromEntries(
    Object.keys(followingFromFirsts)
      .filter((name) => name !== 'away')
      .concat('app_installed', 'app_approved', 'probe', 'other_network', 'other_client', 'parallel')
      .concat('elsewhere', 'too_far', 'sprayed', 'unanswered', 'granted', 'new_user', 'off_hours')
      .concat('active', 'self', 'moved')
      .map((name) => [name, yesOrNo]),
  ),
}

function readFromFirsts(): Readonly<
  Record<keyof typeof followingFromFirsts, (activity: Activity) => unknown>
> {
  const readers = Object.entries(followingFromFirsts).map(([name, read]) => [
    name,
    ({ firsts }: Activity) => read(firsts),
  ])
  return Object.fromEntries(readers)
}

const everyName = [...canonicalFields, ...salesforceFields]

/**
 * A canonical field in lower case, a field that Salesforce documents, a custom field (`…__c`), or, with `raw.` before it,
 * any other field of the payload.
 */
export const activityField: FieldLookup<Activity> = (name) => {
  const read = (canonical as Readonly<Record<string, (activity: Activity) => unknown>>)[name]
  const values = closedValues[name]
  if (read) return { read, ...(values && { values }), ...(/^(user|actor)$/.test(name) && { id: true }) }
  const raw = name.startsWith('raw.') ? name.slice('raw.'.length) : name
  if (raw !== name || salesforceFields.has(raw) || raw.endsWith('__c')) {
    return { read: (activity) => activity.raw[raw], ...(raw.endsWith('Id') && { id: true }) }
  }
  const meant = nearestWord(name, everyName)
  return {
    unknown: `unknown field ${name} — ${meant ? `did you mean ${meant}?` : `write raw.${name} if Salesforce really sends it`}`,
  }
}

const found = {
  observed: { read: ({ observed }) => observed },
  expected: { read: ({ expected }) => expected },
  ratio: { read: ({ ratio }) => ratio },
  excess: { read: ({ excess }) => excess },
  window: { read: ({ window }) => window, duration: true },
  whole_expected: { read: ({ whole }) => whole?.expected },
  whole_ratio: { read: ({ whole }) => whole?.ratio },
  own_ratio: { read: ({ ownRatio }) => ownRatio },
  unexplained: { read: ({ unexplained }) => unexplained },
  growing: { read: ({ growing }) => growing },
  steady: { read: ({ steady }) => steady },
  every: { read: ({ every }) => every, duration: true },
  networks: { read: ({ networks }) => networks },
  apps: { read: ({ apps }) => apps },
  users: { read: ({ users }) => users },
  familiarity: { read: ({ familiarity }) => familiarity },
  once: { read: ({ observed, repeated }) => observed * (1 - repeated) },
} as const satisfies Record<string, Field<Found>>

/** What `levels:` may ask about: what was found, and every field of the activity that fired. */
export const foundField: FieldLookup<Found> = (name) => {
  const own = (found as Readonly<Record<string, Field<Found>>>)[name]
  if (own) return own
  const field = activityField(name)
  if (!('unknown' in field)) return { ...field, read: ({ activity }) => field.read(activity) }
  const meant = nearestWord(name, Object.keys(found))
  return meant ? { unknown: `unknown field ${name} — did you mean ${meant}?` } : field
}

/** What an activity that is a detection of another detector carries. */
function ofDetection({ action, raw }: Activity, name: string): unknown {
  return action === 'detection' ? raw[name] : null
}

/** Why a login failed, as a word of {@link toLoginResult}; null when it did not. */
function failureOf(activity: Activity): string | null {
  const status = activity.raw.Status
  return activity.action === 'login' && typeof status === 'string' ? toLoginResult(status).failure : null
}
