import { monitoringChannels } from './channels.ts'
import type { EventStorage } from './event-storage.ts'
import { type OrgUser, toUserRow } from './org-user.ts'
import { answerQuery, nextPage, unknownTable } from './query.ts'
import { type RestAnswer, type Row, restError } from './rest-answer.ts'

/** Id (18 characters) and name of the org. */
export type OrgIdentity = { readonly id: string; readonly name: string }

/** A GET, as far as anybody asks. */
export type RestRequest = {
  /** Path without query string. */
  readonly path: string
  readonly parameters: URLSearchParams
  /** The user that the token belongs to; undefined when it is not valid. */
  readonly userId: string | undefined
}

/**
 * The few REST calls that the service makes: identity, limits and queries. `hidden`: columns and tables (`User.Department`,
 * `UserRole`, `User`) that the integration user may not see.
 */
export function createRest(
  org: OrgIdentity,
  users: () => readonly OrgUser[],
  storage: EventStorage,
  hidden: readonly string[] = [],
): (request: RestRequest) => RestAnswer {
  const fromStorage = (soql: string, path: string) => {
    const answer = storage.query(soql, path)
    const table = /\bFROM\s+(\w+)/i.exec(soql)?.[1] ?? ''
    return answer && hidden.includes(table) ? unknownTable(table) : answer
  }
  return ({ path, parameters, userId }) => {
    if (userId === undefined) return restError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    if (path === '/services/oauth2/userinfo' || path.startsWith('/id/'))
      return { status: 200, body: toIdentity(org, userId, users()) }
    const [, resource] = /^\/services\/data\/v\d+\.0\/(.*?)\/?$/.exec(path) ?? []
    if (resource === 'limits') return { status: 200, body: limits }
    const soql = parameters.get('q') ?? ''
    const context = { path: path.replace(/\/$/, ''), hidden }
    if (resource === 'query')
      return fromStorage(soql, context.path) ?? answerQuery(soql, orgTables(org, users()), context)
    if (resource?.startsWith('query/')) {
      const more = storage.more(resource, context.path)
      return more ?? nextPage(resource, orgTables(org, users()), context)
    }
    if (resource === 'tooling/query') return answerQuery(soql, { RealTimeEventSettings: settings }, context)
    return restError(404, 'NOT_FOUND', 'The requested resource does not exist')
  }
}

const limits = {
  DailyApiRequests: { Max: 1_000_000, Remaining: 998_000 },
  DailyDeliveredPlatformEvents: { Max: 50_000, Remaining: 50_000 },
  DurableStreamingApiConcurrentClients: { Max: 2000, Remaining: 1998 },
  HourlyPublishedPlatformEvents: { Max: 250_000, Remaining: 250_000 },
}

const settings: readonly Row[] = [
  {
    Metadata: {
      realTimeEvents: monitoringChannels.map((channel) => ({
        entityName: channel.slice('/event/'.length),
        isEnabled: true,
      })),
    },
  },
]

function orgTables(org: OrgIdentity, users: readonly OrgUser[]): Readonly<Record<string, readonly Row[]>> {
  return {
    Organization: [
      {
        Id: org.id,
        Name: org.name,
        IsSandbox: false,
        OrganizationType: 'Enterprise Edition',
        InstanceName: 'SIM1',
      },
    ],
    User: users.map(toUserRow),
  }
}

function toIdentity(org: OrgIdentity, userId: string, users: readonly OrgUser[]): Row {
  const user = users.find(({ id }) => id === userId)
  return {
    sub: userId,
    user_id: userId,
    organization_id: org.id,
    preferred_username: user?.username,
    username: user?.username,
    name: user?.name,
    active: true,
  }
}
