import type { Activity } from './activity.ts'
import { numberOf, textOf } from './payload.ts'

/**
 * How sure Salesforce is of an anomaly, 0 to 1; null where the event says nothing. Documented scores go from 0 to 1;
 * exports and older releases write them in percent.
 */
export function scoreOf({ raw }: Activity): number | null {
  const score = numberOf(raw, 'Score')
  if (score === null || score < 0 || score > 100) return null
  return score <= 1 ? score : score / 100
}

/**
 * The permissions that a PermissionSetEvent is about. PermissionList is JSON in a text, of a shape that differs between
 * kinds of permissions: every name in it counts, but for the key under which some of them stand.
 */
export function permissionsOf({ raw }: Activity): readonly string[] {
  const names = textOf(raw, 'PermissionList')?.match(/\b[A-Z][A-Za-z]+\b/g) ?? []
  return [...new Set(names)].filter((name) => name !== 'Permissions')
}

/** Whether the users that a change of permissions affects include the one who made it; null when nobody is named. */
export function affectsSelf({ raw, user }: Activity): boolean | null {
  const impacted = textOf(raw, 'ImpactedUserIds')
  if (impacted === null || user === null) return null
  return impacted.includes(user.slice(0, 15))
}

/** Records deleted by an event: the total of a deletion by API, one for a deletion on a page, else none. */
export function deletedOf({ action, raw }: Activity): number {
  if (action !== 'record-change') return 0
  const operation = textOf(raw, 'Operation')?.toLowerCase() ?? ''
  if (!operation.startsWith('delete')) return 0
  if (/^(initiated|fail)/i.test(textOf(raw, 'OperationStatus') ?? '')) return 0
  return Math.max(1, numberOf(raw, 'RowsProcessed') ?? 0, numberOf(raw, 'RowsReturned') ?? 0)
}
