import type { Clock } from '../../clock.ts'
import { type AuthOptions, requestToken } from '../../salesforce/auth.ts'
import { isCustomChannel } from '../../salesforce/channels.ts'
import { createOrgApi, type OrgApi } from '../../salesforce/org-api.ts'
import type { Part } from '../examine.ts'
import { type Outcome, ok } from '../finding.ts'
import { checkAllowances } from './allowances.ts'
import { judgeApiVersion } from './api-version.ts'
import { judgeClock } from './clock-skew.ts'
import { findMembers, type Members } from './custom-channels.ts'
import { checkSwitches } from './event-switches.ts'
import { checkIdentity } from './identity.ts'
import { checkObjects } from './object-access.ts'
import { type Reach, reachOrg } from './reach.ts'
import { checkPermissions } from './user-permissions.ts'

/** An org as it is configured. */
export type ExaminedOrg = {
  readonly name: string
  readonly loginUrl: string
  readonly auth: AuthOptions
  readonly channels: readonly string[]
  readonly apiVersion: string
  readonly directory?: { readonly enabled: boolean }
}

/** The checks of one org. Those that need a token wait for it; the clock and the version are looked at without. */
export function orgPart(org: ExaminedOrg, clock: Clock): Part {
  const { name, loginUrl, auth, channels, apiVersion } = org
  let reach: Promise<Reach> | undefined
  const reached = (signal: AbortSignal) => {
    reach ??= reachOrg(loginUrl, clock, signal)
    return reach
  }
  const customChannels = channels.filter(isCustomChannel)
  let members: Promise<Members> | undefined
  const membersOf = (api: OrgApi) => {
    members ??= findMembers(api, customChannels)
    return members
  }
  const withMembers = async (api: OrgApi) => [
    ...new Set([...channels, ...(customChannels.length > 0 ? (await membersOf(api)).channels : [])]),
  ]
  let apiOf: ((signal: AbortSignal) => OrgApi) | undefined
  const withToken = (check: string, run: (api: OrgApi) => Promise<readonly Outcome[]>) => ({
    name: check,
    after: 'token',
    async run(signal: AbortSignal) {
      return apiOf ? run(apiOf(signal)) : []
    },
  })
  return {
    name: `org ${name}`,
    checks: [
      {
        name: 'token',
        async run(signal) {
          const token = await requestToken({ org: name, loginUrl, auth, clock, signal })
          apiOf = (limit) => createOrgApi({ token, apiVersion, clock, signal: limit })
          return [ok(`issued to user ${token.userId} of org ${token.orgId} (${describeFlow(auth)})`)]
        },
      },
      { name: 'clock', run: async (signal) => [judgeClock(await reached(signal))] },
      { name: 'api version', run: async (signal) => [judgeApiVersion(await reached(signal), apiVersion)] },
      withToken('identity', checkIdentity),
      withToken('permissions', (api) =>
        checkPermissions(api, { channels, directory: org.directory?.enabled ?? false }),
      ),
      ...(customChannels.length > 0
        ? [withToken('custom channels', async (api) => (await membersOf(api)).outcomes)]
        : []),
      withToken('objects', async (api) => checkObjects(api, await withMembers(api))),
      withToken('switches', async (api) => checkSwitches(api, await withMembers(api))),
      withToken('limits', (api) => checkAllowances(api, channels)),
    ],
  }
}

function describeFlow({ flow }: AuthOptions): string {
  return flow === 'jwt' ? 'JWT bearer' : 'client credentials'
}
