import { monitoringChannels } from './channels.ts'

/** A user of the org, as far as anybody asks. */
export type OrgUser = {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly userType: string
}

/** Id (18 characters) and name of the org. */
export type OrgIdentity = { readonly id: string; readonly name: string }

/** An answer before it is JSON. */
export type RestAnswer = { readonly status: number; readonly body: unknown }

/** A GET, as far as anybody asks. */
export type RestRequest = {
  /** Path without query string. */
  readonly path: string
  readonly parameters: URLSearchParams
  /** The user that the token belongs to; undefined when it is not valid. */
  readonly userId: string | undefined
}

type Row = Readonly<Record<string, unknown>>

/** The few REST calls that the service makes: identity, limits and small queries. */
export function createRest(
  org: OrgIdentity,
  users: () => readonly OrgUser[],
): (request: RestRequest) => RestAnswer {
  return ({ path, parameters, userId }) => {
    if (userId === undefined) return restError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    if (path === '/services/oauth2/userinfo' || path.startsWith('/id/'))
      return { status: 200, body: toIdentity(org, userId, users()) }
    const [, resource] = /^\/services\/data\/v\d+\.0\/(.*?)\/?$/.exec(path) ?? []
    if (resource === 'limits') return { status: 200, body: limits }
    if (resource === 'query') return query(parameters.get('q') ?? '', { ...orgTables(org, users()) })
    if (resource === 'tooling/query')
      return query(parameters.get('q') ?? '', { RealTimeEventSettings: settings })
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
    User: users.map(({ id, username, name, userType }) => ({
      Id: id,
      Username: username,
      Name: name,
      UserType: userType,
      IsActive: true,
      Email: username,
    })),
  }
}

/** `SELECT a, b FROM T [WHERE f = 'x'] [LIMIT n]`: no more than that is understood. */
function query(soql: string, tables: Readonly<Record<string, readonly Row[]>>): RestAnswer {
  const found =
    /^\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(\w+)\s*=\s*'([^']*)')?(?:\s+LIMIT\s+(\d+))?\s*$/is.exec(
      soql,
    )
  if (!found) return restError(400, 'MALFORMED_QUERY', `unexpected token in: ${soql}`)
  const [, list = '', table = '', field, value, limit] = found
  const rows = Object.entries(tables).find(([name]) => name.toLowerCase() === table.toLowerCase())?.[1]
  if (!rows) return restError(400, 'INVALID_TYPE', `sObject type '${table}' is not supported.`)
  const fields = list.split(',').map((name) => name.trim())
  const unknown = [...fields, ...(field ? [field] : [])].find((name) => rows[0] && !(name in rows[0]))
  if (unknown) return restError(400, 'INVALID_FIELD', `No such column '${unknown}' on entity '${table}'.`)
  const records = rows
    .filter((row) => field === undefined || row[field] === value)
    .slice(0, limit === undefined ? undefined : Number(limit))
    .map((row) => ({
      attributes: { type: table },
      ...Object.fromEntries(fields.map((name) => [name, row[name]])),
    }))
  return { status: 200, body: { totalSize: records.length, done: true, records } }
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

function restError(status: number, errorCode: string, message: string): RestAnswer {
  return { status, body: [{ message, errorCode }] }
}
