import { answerLogFile, type EventLogFile, toLogFileRows } from './event-log-files.ts'
import type { EventStorage } from './event-storage.ts'
import { type OrgApp, toRegistrationRows, toTokenRows } from './org-apps.ts'
import { describeObjects, listVersions, type OrgSetup, toPermissionRow, toSettingsRow } from './org-setup.ts'
import { type OrgUser, toUserRow } from './org-user.ts'
import { answerQuery, nextPage, type Tables, unknownTable } from './query.ts'
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

export type RestOptions = {
  readonly org: OrgIdentity
  readonly users: () => readonly OrgUser[]
  readonly storage: EventStorage
  readonly setup: () => OrgSetup
  readonly apps: () => readonly OrgApp[]
  readonly logFiles: () => readonly EventLogFile[]
  /** Custom channels with the channels whose events they bring. */
  readonly customChannels: CustomChannels
  /** Columns and tables (`User.Department`, `UserRole`, `User`) that the integration user may not see. */
  readonly hidden?: readonly string[] | undefined
}

export type CustomChannels = Readonly<Record<string, readonly string[]>>

/** The few REST calls that the service makes: versions, identity, limits, names of objects and queries. */
export function createRest({
  org,
  users,
  storage,
  setup,
  apps,
  logFiles,
  customChannels,
  hidden = [],
}: RestOptions): (request: RestRequest) => RestAnswer {
  const fromStorage = (soql: string, path: string) => {
    const answer = storage.query(soql, path)
    const table = /\bFROM\s+(\w+)/i.exec(soql)?.[1] ?? ''
    return answer && hidden.includes(table) ? unknownTable(table) : answer
  }
  return ({ path, parameters, userId }) => {
    if (/^\/services\/data\/?$/.test(path)) return { status: 200, body: listVersions(setup()) }
    if (userId === undefined) return restError(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
    if (path === '/services/oauth2/userinfo' || path.startsWith('/id/'))
      return { status: 200, body: toIdentity(org, userId, users()) }
    const [, resource] = /^\/services\/data\/v\d+\.0\/(.*?)\/?$/.exec(path) ?? []
    if (resource === 'limits') return { status: 200, body: setup().limits }
    const tables = () => ({
      ...orgTables(org, users(), setup()),
      EventLogFile: toLogFileRows(logFiles(), path),
      ConnectedApplication: toRegistrationRows(apps()),
      OauthToken: toTokenRows(apps(), {
        userId,
        seesAll: setup().permissions.includes('CustomizeApplication'),
      }),
    })
    if (resource === 'sobjects')
      return { status: 200, body: describeObjects(setup(), Object.keys(tables()), hidden) }
    const file = hidden.includes('EventLogFile') ? undefined : answerLogFile(logFiles(), resource ?? '')
    if (file) return file
    const soql = parameters.get('q') ?? ''
    const context = { path: path.replace(/\/$/, ''), hidden }
    if (resource === 'query') return fromStorage(soql, context.path) ?? answerQuery(soql, tables(), context)
    if (resource?.startsWith('query/')) {
      const more = storage.more(resource, context.path)
      return more ?? nextPage(resource, tables(), context)
    }
    if (resource === 'tooling/query')
      return answerQuery(soql, toolingTables(setup(), customChannels), context)
    return restError(404, 'NOT_FOUND', 'The requested resource does not exist')
  }
}

function orgTables(
  org: OrgIdentity,
  users: readonly OrgUser[],
  setup: OrgSetup,
): Readonly<Record<string, readonly Row[]>> {
  return {
    Organization: [
      {
        Id: org.id,
        Name: org.name,
        IsSandbox: setup.isSandbox,
        OrganizationType: setup.edition,
        InstanceName: setup.instance,
        TimeZoneSidKey: setup.timeZone,
        TrialExpirationDate: null,
      },
    ],
    UserPermissionAccess: [toPermissionRow(setup)],
    User: users.map(toUserRow),
  }
}

function toolingTables(setup: OrgSetup, customChannels: CustomChannels): Tables {
  const custom = Object.entries(customChannels).map(([channel, members], index) => ({
    Id: `0YLxx00000000${String(index).padStart(2, '0')}AAA`,
    DeveloperName: channel.replace(/^\/event\/(.*)__chn$/, '$1'),
    members: members.map((member) => member.slice('/event/'.length)),
  }))
  return {
    RealTimeEventSettings: [toSettingsRow(setup)],
    ...(setup.permissions.includes('ViewSetup') && {
      PlatformEventChannel: custom.map(({ Id, DeveloperName }) => ({ Id, DeveloperName })),
      PlatformEventChannelMember: custom.flatMap(({ Id, DeveloperName, members }) =>
        members.map((member) => ({
          DeveloperName: `${DeveloperName}_chn_${member}`,
          EventChannel: Id,
          SelectedEntity: member,
        })),
      ),
    }),
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
