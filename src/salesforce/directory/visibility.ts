import type { User } from './read-users.ts'

/** What the integration user cannot see, in words, and how to mend it. */
export type VisibilityGap = { readonly text: string; readonly remedy: string }

const permissionSet = 'Setup → Permission Sets → the one of the integration user → System Permissions'

/** What to do when users cannot be read at all: by permission, or this time. */
export const remedies = {
  denied: `${permissionSet}: enable View All Users and View Setup and Configuration. Events are watched all the same, without profiles and roles; or switch it off with orgs[].directory.enabled: false.`,
  facts: `${permissionSet}: enable View Setup and Configuration. Everything else works without it.`,
  failed: 'It is tried again by itself; events are watched all the same.',
} as const

/** Permissions that make a column of the object User visible. */
const needs: Readonly<Record<string, string>> = {
  'Profile.Name': 'View Setup and Configuration, or View All Profiles',
  'UserRole.Name': 'View Roles and Role Hierarchy',
}

/**
 * What is missing from what was read of everybody, or undefined when nothing is: columns that were refused, and those that
 * are empty for all but one user, which is how Salesforce hides them. Roles may really be empty.
 */
export function findGaps(users: readonly User[], hidden: ReadonlySet<string>): VisibilityGap | undefined {
  if (users.length <= 1) {
    return {
      text: 'the integration user sees no user but itself',
      remedy: `${permissionSet}: enable View All Users.`,
    }
  }
  const refused = [...hidden]
  if (!hidden.has('Profile.Name') && users.filter(({ profile }) => profile !== null).length <= 1)
    refused.push('Profile.Name')
  if (refused.length === 0) return undefined
  const permissions = refused.map((column) => needs[column] ?? `Read Access to the field ${column} of User`)
  return {
    text: `it may not see ${refused.join(', ')}`,
    remedy: `${permissionSet}: enable ${permissions.join('; ')}.`,
  }
}
