import { day } from '../../duration.ts'
import type { NewRecord } from '../../log/log.ts'
import type { App, Apps } from './read-apps.ts'
import type { OrgFacts } from './read-org.ts'

/** Something about an org that the log is told when it changes. */
export type Fact = {
  /** Unique in its org. */
  readonly name: string
  /** What makes it a different one when it changes. */
  readonly content: unknown
  readonly channel: string
  readonly payload: Readonly<Record<string, unknown>>
}

const orgChannel = '/forcewatch/org'
const appChannel = '/forcewatch/app'
const appPrefix = 'app '
/** Those who used an app last stand for the others. */
const usersTold = 200

/** What an org says about itself. How much of its limits is left changes with every call and makes no new fact. */
export function orgFact(org: OrgFacts, apps: Apps | undefined): Fact {
  const { limits, ...lasting } = org
  const visible = { apps: apps !== undefined, tokens: apps?.seesTokensOfOthers ?? false }
  return {
    name: 'org',
    content: [lasting, Object.entries(limits).map(([name, { Max }]) => [name, Max]), visible],
    channel: orgChannel,
    payload: {
      Name: org.name,
      OrganizationType: org.edition,
      IsSandbox: org.isSandbox,
      InstanceName: org.instance,
      TimeZone: org.timeZone,
      TrialExpirationDate: org.trialEnds,
      Limits: limits,
      AppsVisible: visible.apps,
      TokensVisible: visible.tokens,
    },
  }
}

/** An app. Of its use only the day counts: it would be a new fact every hour. */
export function appFact(app: App): Fact {
  const { name, connectedAppId, approvedUsersOnly, registered, users } = app
  const sum = (of: (user: App['users'][number]) => number) =>
    users.reduce((total, user) => total + of(user), 0)
  const lastUsed = users[0]?.lastUsed ?? null
  return {
    name: `${appPrefix}${name}`,
    content: [
      connectedAppId,
      approvedUsersOnly,
      lastUsed === null ? null : Math.floor(Date.parse(lastUsed) / day),
      users.map(({ id }) => id).sort(),
    ],
    channel: appChannel,
    payload: {
      Name: name,
      ConnectedAppId: connectedAppId,
      ApprovedUsersOnly: approvedUsersOnly,
      CreatedDate: registered,
      TokenCount: sum(({ tokens }) => tokens),
      UserCount: users.length,
      UseCount: sum(({ uses }) => uses),
      LastUsedDate: lastUsed,
      Users: users.slice(0, usersTold).map((user) => ({
        UserId: user.id,
        TokenCount: user.tokens,
        UseCount: user.uses,
        CreatedDate: user.firstGranted,
        LastUsedDate: user.lastUsed,
      })),
      IsGone: false,
    },
  }
}

/** Apps that the log was told of and that are no more. */
export function goneApps(told: Iterable<string>, { apps }: Apps): readonly Fact[] {
  const present = new Set(apps.map(({ name }) => `${appPrefix}${name}`))
  const gone = [...told].filter((name) => name.startsWith(appPrefix) && !present.has(name))
  return gone.map((name) => ({
    name,
    content: 'gone',
    channel: appChannel,
    payload: { Name: name.slice(appPrefix.length), IsGone: true },
  }))
}

/** A fact as a record of topic `events`. */
export function toFactRecord({ channel, payload }: Fact, orgId: string, org: string, now: number): NewRecord {
  const dated = { EventDate: new Date(now).toISOString(), ...payload }
  return {
    key: orgId,
    value: JSON.stringify({ channel, data: { payload: dated } }),
    headers: { org, origin: 'directory' },
  }
}
