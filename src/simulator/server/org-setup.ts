import { monitoringChannels } from './channels.ts'
import type { Row } from './rest-answer.ts'

/** How an administrator has set the org up, as far as an integration can see it. Read at every request. */
export type OrgSetup = {
  readonly edition: string
  readonly isSandbox: boolean
  readonly instance: string
  readonly timeZone: string
  /** Versions of the REST API, oldest first. */
  readonly apiVersions: readonly string[]
  /** Event Manager: the streaming and storage entities that the org has, and whether they are switched on. */
  readonly switches: Readonly<Record<string, boolean>>
  /** What the integration user may do: names as in `Permissions<name>`. */
  readonly permissions: readonly string[]
  /** Allowances, each with `Max` and `Remaining`. */
  readonly limits: Readonly<Record<string, { readonly Max: number; readonly Remaining: number }>>
}

const streams = monitoringChannels.map((channel) => channel.slice('/event/'.length))

/** The object that keeps the events of a stream; Salesforce named the first generation one way, later ones another. */
function storeOf(stream: string): readonly string[] {
  if (/^(Mobile|Concur)/.test(stream)) return []
  return [stream.endsWith('EventStream') ? stream.replace(/Stream$/, '') : `${stream}Store`]
}

/** An org of a large customer, set up as it should be. */
export const defaultSetup: OrgSetup = {
  edition: 'Enterprise Edition',
  isSandbox: false,
  instance: 'SIM1',
  timeZone: 'Europe/Berlin',
  apiVersions: Array.from({ length: 37 }, (_, index) => `${31 + index}.0`),
  switches: Object.fromEntries(
    streams.flatMap((stream) => [stream, ...storeOf(stream)]).map((entity) => [entity, true]),
  ),
  permissions: [
    'ApiEnabled',
    'ViewDataLeakageEvents',
    'ViewAllUsers',
    'ViewSetup',
    'ViewRoles',
    'ViewEventLogFiles',
  ],
  limits: {
    DailyApiRequests: { Max: 1_000_000, Remaining: 998_000 },
    DailyDeliveredPlatformEvents: { Max: 50_000, Remaining: 50_000 },
    DurableStreamingApiConcurrentClients: { Max: 2000, Remaining: 1998 },
    HourlyPublishedPlatformEvents: { Max: 250_000, Remaining: 250_000 },
  },
}

/** The row of `UserPermissionAccess`: every permission that this org knows, and whether the user has it. */
export function toPermissionRow({ permissions }: OrgSetup): Row {
  const known = [...defaultSetup.permissions, ...unneeded]
  return Object.fromEntries(known.map((name) => [`Permissions${name}`, permissions.includes(name)]))
}

const unneeded = ['CustomizeApplication', 'ManageUsers', 'ModifyAllData', 'ViewAllData', 'AuthorApex']

/** The row of `RealTimeEventSettings` in Tooling API. */
export function toSettingsRow({ switches }: OrgSetup): Row {
  const realTimeEvents = Object.entries(switches).map(([entityName, isEnabled]) => ({
    entityName,
    isEnabled,
  }))
  return { Metadata: { realTimeEvents } }
}

/** What describing all objects tells: those that the user may see. `hidden`: those that it may not. */
export function describeObjects(
  { switches }: OrgSetup,
  tables: readonly string[],
  hidden: readonly string[],
): { readonly encoding: string; readonly maxBatchSize: number; readonly sobjects: readonly Row[] } {
  const names = [...tables, ...Object.keys(switches)].filter((name) => !hidden.includes(name))
  const sobjects = names.toSorted().map((name) => ({ name, label: name, queryable: !streams.includes(name) }))
  return { encoding: 'UTF-8', maxBatchSize: 200, sobjects }
}

/** What `/services/data` tells anybody. */
export function listVersions({ apiVersions }: OrgSetup): readonly Row[] {
  return apiVersions.map((version) => ({
    label: `API ${version}`,
    url: `/services/data/v${version}`,
    version,
  }))
}
