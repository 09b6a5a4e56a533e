import type { OrgRef, Verdict } from '../detection.ts'
import type { Firsts, Traits } from './firsts.ts'
import type { LoginBeginning } from './login-beginning.ts'
import type { Person, PersonLookup } from './person.ts'

export const actions = [
  'login',
  'logout',
  'login-as',
  'api-query',
  'bulk-download',
  'report-run',
  'report-export',
  'list-view',
  'file-download',
  'file-upload',
  'record-view',
  'record-change',
  'permission-change',
  'anomaly',
  'detection',
  'custom',
] as const
export type Action = (typeof actions)[number]

export const outcomes = ['success', 'failure', 'challenge'] as const

export function isAction(name: string): name is Action {
  return (actions as readonly string[]).includes(name)
}

/**
 * One Salesforce event as detectors see it: canonical lower-case fields, the same for every kind of event, beside the raw
 * payload under Salesforce's own names. Null means that the event does not tell.
 */
export type Activity = Enriched & {
  readonly org: OrgRef
  /** Event type, such as `ApiEventStream`. */
  readonly type: string
  /** Unique per event: EventUuid, else `type/EventIdentifier` (as of what was read from storage); null when it has neither. */
  readonly identity: string | null
  /** EventIdentifier (equal in stream and storage object), else `identity`. What a person can search for. */
  readonly id: string | null
  /** EventDate, ms since the epoch. */
  readonly time: number
  readonly action: Action
  readonly outcome: (typeof outcomes)[number] | null
  /** 18-character user id of the person the event is about; `actor` is who did it (the administrator for LoginAs). */
  readonly user: string | null
  readonly username: string | null
  readonly actor: string | null
  /** A syntactically valid address, or null (`Salesforce.com IP` is no address). */
  readonly ip: string | null
  /** The /24 (IPv4) or /48 (IPv6) of `ip`, such as `203.0.113.0/24`. */
  readonly network: string | null
  readonly session: string | null
  /** LoginKey. */
  readonly login: string | null
  /** Connected app or client as far as this one event tells; enrichment takes that of the login that owns `login`. */
  app: string | null
  /** The program at the other end without its versions, such as `chrome on windows` or `python-requests`. */
  readonly client: string | null
  /** `bulk`, `rest`, `soap`, or another word of ApiType in lower case. */
  readonly api: string | null
  /** Records that left the org by this event, counted once over chunks and QueryMore. */
  readonly rows: number
  /** Bytes that left or came in (files). */
  readonly bytes: number
  readonly objects: readonly string[]
  /** SOQL with literals, ids and limits replaced; null when there is no query. */
  readonly query: string | null
  /** A COUNT(), or a small LIMIT on whatever comes. */
  readonly probe: boolean
  /** Stored before the org was watched: teaches, never notifies. */
  readonly backfill: boolean
  /** The payload as Salesforce sent it. */
  readonly raw: Readonly<Record<string, unknown>>
  /** What the org's directory says about `user`; null while it says nothing. */
  readonly person: Person | null
}

/** What enrichment adds to an activity; what is absent has not been added. */
export type Enriched = {
  /** What values are remembered by, once its app is known. */
  traits?: Traits | undefined
  /** What is new about it for its user. */
  firsts: Firsts
  /** Where and with what the login began that it belongs to. */
  begun?: LoginBeginning | undefined
  /** A program is at work from a network that is new for it, and from a known one as well. */
  parallel?: boolean | undefined
  /** The same, and for a day from no known one. */
  moved?: boolean | undefined
  /** A login, or something read by hand, from another network than the one in which the user is at work on pages. */
  elsewhere?: boolean | undefined
  /** Of a login too far from the user's last one for the time between them; null for others. */
  journey?: Journey | null | undefined
  /** Of a login: how many users' logins failed from its network within the last hour, at most as many as make a spray. */
  failingUsers?: number | undefined
  /** A demand for a second factor before which another one has led to no login. */
  unanswered?: boolean | undefined
  /** What the user was given within three days, with which everything can be read; null for others. */
  grant?: Grant | null | undefined
  /** The username of whoever is logged in as the user and does it; null when it is the user. */
  impersonator?: string | null | undefined
  /** Of a new account since when its user has been seen, ms, within the last week; null for others. */
  newUserSince?: number | null | undefined
  /** The user is hardly ever at work at this time; null while that is not known. */
  offHours?: boolean | null | undefined
  /** Of exports and long lists: on how many days the user had such; null while that is not known, and for others. */
  exportDays?: ExportDays | null | undefined
  /** Where `person` is found. */
  personOf: PersonLookup | null
  /** Where the standing of its app is found, once the org has told which apps it has. */
  appStandingOf?: AppLookup | undefined
}

/** From one login to the next, km and ms. */
export type Journey = { readonly distance: number; readonly duration: number }

/** Days with an export or a long list: of the last fourteen, and of the six weeks before them. */
export type ExportDays = { readonly recent: number; readonly before: number }

/** When permissions were given, ms, and by whom (username, else id); null where nobody tells. */
export type Grant = { readonly time: number; readonly by: string | null }

/** How the org stands to the app of an activity; null where nobody knows. */
export type AppLookup = (activity: Activity) => AppStanding | null

/** `approved`: only whom an administrator has approved can let it in; null where nobody tells. */
export type AppStanding = { readonly installed: boolean; readonly approved: boolean | null }

/** Event time of an org goes on although nothing happened: the session is alive and nothing was delivered. */
export type Heartbeat = { readonly kind: 'heartbeat'; readonly org: OrgRef; readonly time: number }

/** What the directory of an org says about one of its users (18-character id). It moves no event time. */
export type DirectoryRecord = {
  readonly kind: 'directory'
  readonly org: OrgRef
  readonly user: string
  readonly person: Person
}

/** What an org says about itself. It moves no event time. */
export type OrgRecord = {
  readonly kind: 'org'
  readonly org: OrgRef
  /** IANA name; null where the org does not tell, or tells one that nobody knows. */
  readonly timeZone: string | null
  /** Whether its apps can be seen, and the tokens that users other than ours gave them. */
  readonly appsVisible: boolean
  readonly tokensVisible: boolean
}

/** What the directory of an org says about an app. It moves no event time. */
export type AppRecord = {
  readonly kind: 'app'
  readonly org: OrgRef
  readonly name: string
  /** Null when the app is no more. */
  readonly app: AppEntry | null
}

/** An app as the directory describes it. Times in ms since the epoch; null where nobody tells. */
export type AppEntry = {
  /** Id of its registration; null when it is not installed in the org. */
  readonly id: string | null
  readonly approvedUsersOnly: boolean | null
  readonly created: number | null
  readonly tokens: number
  readonly userCount: number
  readonly uses: number
  readonly lastUsed: number | null
  /** User ids (18 characters) of those who used it last. */
  readonly users: readonly string[]
}

/** What a record of topic `events` can be. */
export type Decoded = Activity | Heartbeat | DirectoryRecord | OrgRecord | AppRecord | Verdict
