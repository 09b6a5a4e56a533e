import { idOf, nameOf, type Payload, textOf, timeOf } from './payload.ts'
import type { Person } from './person.ts'

/** The channel on which ingest tells who the users of an org are, one record for each new or changed user. */
export const directoryChannel = '/forcewatch/directory'

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
