import type { Row } from './rest-answer.ts'

/** A user of the org, as far as anybody asks. Users without a profile have one that fits their type. */
export type OrgUser = {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly userType: string
  readonly profile?: string
  readonly role?: string
  readonly department?: string
  /** True when absent. */
  readonly isActive?: boolean
  /** ms since the epoch. */
  readonly created?: number
  readonly lastLogin?: number
  readonly modified?: number
}

/** When users were created and changed that say nothing else: long before any simulated traffic. */
const longAgo = Date.UTC(2024, 0, 8, 9)

/** A user as a row of the object `User`, with its profile and role as objects of their own. */
export function toUserRow(user: OrgUser): Row {
  const { profile = profileOf(user), role, department = null, isActive = true, created = longAgo } = user
  return {
    Id: user.id,
    Username: user.username,
    Name: user.name,
    UserType: user.userType,
    Email: user.username,
    IsActive: isActive,
    Department: department,
    CreatedDate: toRestDate(created),
    LastLoginDate: user.lastLogin === undefined ? null : toRestDate(user.lastLogin),
    SystemModstamp: toRestDate(user.modified ?? created),
    Profile: { Name: profile },
    UserRole: role === undefined ? null : { Name: role },
  }
}

/** The profile of a user who says nothing about it. */
export function profileOf({ profile, userType }: OrgUser): string {
  return profile ?? (userType === 'Standard' ? 'Standard User' : 'Customer Community User')
}

/** REST writes the zone as `+0000`. */
function toRestDate(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000')
}
