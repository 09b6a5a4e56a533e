import { appKeyOf } from '../../app-name.ts'
import { day } from '../../duration.ts'
import type { KnownApp, OrgUsage } from './app-usage.ts'
import type { Scopes } from './read-scopes.ts'

/** What is wrong with an app. `unknown`: no policy of the org holds for it. */
export type FindingKind = 'unknown' | 'over-privileged' | 'dormant' | 'never-seen'

export type AppFinding = { readonly kind: FindingKind; readonly why: string; readonly remedy: string }

/** What a report says about an app. Times in ms since the epoch; null where nobody tells. */
export type JudgedApp = {
  readonly name: string
  readonly state: 'in use' | 'dormant' | 'unused'
  readonly registration: 'approved users' | 'any user' | 'not installed' | 'not listed'
  /** OAuth scopes that it may ask for. */
  readonly scopes: readonly string[] | null
  /** Who holds a token or was seen using it. */
  readonly users: number
  readonly tokens: number | null
  /** Latest use of a token, and latest event. */
  readonly lastUsed: number | null
  readonly lastSeen: number | null
  readonly logins: number
  readonly calls: number
  readonly rows: number
  readonly findings: readonly AppFinding[]
}

export type JudgeOptions = {
  /** ms since the epoch */
  readonly now: number
  /** After how long without use an app is dormant, ms. */
  readonly dormantAfter: number
  readonly scopes?: Scopes
}

/** Scopes that give an app everything that its user may do. */
const wideScopes: ReadonlySet<string> = new Set(['full', 'web'])

const usagePage = 'Setup → Connected Apps OAuth Usage'
const listed = 3

/** The apps of an org, those with the most to say first. */
export function judgeApps(usage: OrgUsage, options: JudgeOptions): readonly JudgedApp[] {
  return usage.apps
    .map((app) => judge(app, usage, options))
    .sort((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1))
}

function rank({ findings }: JudgedApp): number {
  const weights: Readonly<Record<FindingKind, number>> = {
    'over-privileged': 8,
    unknown: 4,
    dormant: 2,
    'never-seen': 1,
  }
  return findings.reduce((sum, { kind }) => sum + weights[kind], 0)
}

function judge(app: KnownApp, usage: OrgUsage, options: JudgeOptions): JudgedApp {
  const { name, entry, seen } = app
  const lastUsed = usage.tokensVisible ? (entry?.lastUsed ?? null) : null
  const latest = Math.max(lastUsed ?? 0, seen?.last ?? 0)
  const state = latest === 0 ? 'unused' : options.now - latest > options.dormantAfter ? 'dormant' : 'in use'
  const holders = usage.tokensVisible ? (entry?.users ?? []) : []
  const dormant = [...findDormant(app, usage, options, latest)]
  const scopes = options.scopes?.get(appKeyOf(name)) ?? null
  return {
    name,
    state,
    registration: registrationOf(app),
    scopes,
    users: Math.max(
      usage.tokensVisible ? (entry?.userCount ?? 0) : 0,
      new Set([...holders, ...(seen?.users ?? [])]).size,
    ),
    tokens: usage.tokensVisible ? (entry?.tokens ?? 0) : null,
    lastUsed,
    lastSeen: seen?.last ?? null,
    logins: seen?.logins ?? 0,
    calls: seen?.calls ?? 0,
    rows: seen?.rows ?? 0,
    findings: [
      ...(scopes ? [] : findUnknown(app, usage)),
      ...findOverPrivileged(app, usage, [...holders, ...(seen?.users ?? [])], scopes ?? []),
      ...dormant,
      ...(dormant.length === 0 ? findNeverSeen(app, usage, lastUsed) : []),
    ],
  }
}

function registrationOf({ entry }: KnownApp): JudgedApp['registration'] {
  if (!entry) return 'not listed'
  if (entry.id === null) return 'not installed'
  return entry.approvedUsersOnly === false ? 'any user' : 'approved users'
}

function* findUnknown({ name, entry }: KnownApp, { appsVisible }: OrgUsage): Generator<AppFinding> {
  if (entry?.id != null || !appsVisible) return
  yield {
    kind: 'unknown',
    why: entry
      ? 'it is not installed: no policy of the org holds for it'
      : 'it is not among the connected apps',
    remedy: `${usagePage} → ${name} → Block; or Install, and restrict it to approved users. Fine if it is one of Setup → External Client App Manager, which Salesforce does not list here.`,
  }
}

function* findOverPrivileged(
  { name, entry, seen }: KnownApp,
  { people }: OrgUsage,
  users: readonly string[],
  scopes: readonly string[],
): Generator<AppFinding> {
  const administrators = [...new Set(users)].filter((id) =>
    /administrator/i.test(people.get(id)?.profile ?? ''),
  )
  const names = administrators.slice(0, listed).map((id) => people.get(id)?.username ?? id)
  const more = administrators.length > listed ? ` and ${administrators.length - listed} more` : ''
  const isOpen = entry?.approvedUsersOnly === false && (seen?.calls ?? 0) > 0
  const wide = scopes.filter((scope) => wideScopes.has(scope.toLowerCase()))
  if (administrators.length === 0 && !isOpen && wide.length === 0) return
  yield {
    kind: 'over-privileged',
    why: [
      ...(isOpen ? ['any user may let it in, and it reads by the API'] : []),
      ...(administrators.length > 0
        ? [`it acts with an administrator's rights: ${names.join(', ')}${more}`]
        : []),
      ...(wide.length > 0 ? [`its scopes let it do all that its users may: ${wide.join(', ')}`] : []),
    ].join('; '),
    remedy: [
      ...(entry?.approvedUsersOnly === true || (administrators.length === 0 && !isOpen)
        ? []
        : [
            `Setup → Manage Connected Apps → ${name} → Edit Policies → Permitted Users: Admin approved users are pre-authorized`,
          ]),
      ...(administrators.length > 0 ? ['give it a user of its own with the least permissions'] : []),
      ...(wide.length > 0
        ? [
            `Setup → App Manager or External Client App Manager → ${name} → OAuth Settings: scope api instead of ${wide.join(', ')}`,
          ]
        : []),
    ].join('; '),
  }
}

function* findDormant(
  { name, entry }: KnownApp,
  { tokensVisible }: OrgUsage,
  { now, dormantAfter }: JudgeOptions,
  latest: number,
): Generator<AppFinding> {
  const isOld = latest === 0 && tokensVisible && entry?.created != null && now - entry.created > dormantAfter
  if (!isOld && (latest === 0 || now - latest <= dormantAfter)) return
  const remedy =
    (entry?.tokens ?? 0) > 0
      ? `${usagePage} → ${name} → Revoke All; Block it if nobody misses it within a month.`
      : `${usagePage} → ${name} → Block, or remove it where it was made or installed.`
  yield {
    kind: 'dormant',
    why: latest === 0 ? 'it was never used' : `not used for ${formatDays(now - latest)}`,
    remedy,
  }
}

/** Whoever was used before the first event cannot be among them. */
function* findNeverSeen(
  { name, seen }: KnownApp,
  { span }: OrgUsage,
  lastUsed: number | null,
): Generator<AppFinding> {
  if (seen || !span || (lastUsed !== null && lastUsed < span.first)) return
  yield {
    kind: 'never-seen',
    why: `no event of ${formatDays(span.last - span.first)} names it`,
    remedy: `Ask its owner what it is for; if there is none: ${usagePage} → ${name} → Revoke All, then Block.`,
  }
}

function formatDays(milliseconds: number): string {
  const days = Math.round(milliseconds / day)
  return days === 1 ? '1 day' : `${days} days`
}
