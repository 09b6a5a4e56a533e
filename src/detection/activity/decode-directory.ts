import type { OrgRef } from '../detection.ts'
import type { AppRecord, OrgRecord } from './activity.ts'
import { idOf, nameOf, numberOf, type Payload, textOf, timeOf } from './payload.ts'
import type { Person } from './person.ts'

/** The channel on which ingest tells who the users of an org are, one record for each new or changed user. */
export const directoryChannel = '/forcewatch/directory'

/** The channels on which it tells what an org says about itself, and which apps can get at it. */
export const orgChannel = '/forcewatch/org'
export const appChannel = '/forcewatch/app'

/** What an org says about itself. */
export function toOrgRecord(org: OrgRef, payload: Payload): OrgRecord {
  const timeZone = textOf(payload, 'TimeZone')
  return {
    kind: 'org',
    org,
    timeZone: timeZone !== null && isTimeZone(timeZone) ? timeZone : null,
    appsVisible: payload.AppsVisible === true,
    tokensVisible: payload.TokensVisible === true,
  }
}

/** The app that a record is about, or null when it names none. */
export function toAppRecord(org: OrgRef, payload: Payload): AppRecord | null {
  const name = textOf(payload, 'Name')
  if (name === null) return null
  if (payload.IsGone === true) return { kind: 'app', org, name, app: null }
  const approvedUsersOnly = payload.ApprovedUsersOnly
  const users: readonly unknown[] = Array.isArray(payload.Users) ? payload.Users : []
  return {
    kind: 'app',
    org,
    name,
    app: {
      id: idOf(payload, 'ConnectedAppId'),
      approvedUsersOnly: typeof approvedUsersOnly === 'boolean' ? approvedUsersOnly : null,
      created: timeOf(payload, 'CreatedDate'),
      tokens: numberOf(payload, 'TokenCount') ?? 0,
      userCount: numberOf(payload, 'UserCount') ?? 0,
      uses: numberOf(payload, 'UseCount') ?? 0,
      lastUsed: timeOf(payload, 'LastUsedDate'),
      users: users.flatMap((user) => idOf(user as Payload, 'UserId') ?? []),
    },
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The user that a directory record is about, or null when it names none. */
export function toDirectoryEntry(
  payload: Payload,
): { readonly user: string; readonly person: Person } | null {
  const user = idOf(payload, 'UserId')
  if (user === null) return null
  const active = payload.IsActive
  return {
    user,
    person: {
      username: textOf(payload, 'Username')?.toLowerCase() ?? null,
      name: textOf(payload, 'Name'),
      userType: nameOf(payload, 'UserType'),
      profile: textOf(payload, 'Profile'),
      role: textOf(payload, 'Role'),
      department: textOf(payload, 'Department'),
      active: typeof active === 'boolean' ? active : null,
      created: timeOf(payload, 'CreatedDate'),
      lastLogin: timeOf(payload, 'LastLoginDate'),
    },
  }
}
