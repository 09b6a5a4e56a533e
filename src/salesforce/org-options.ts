import type { AuthOptions } from './auth.ts'
import type { ReconcileTiming } from './reconcile/reconcile-options.ts'

/** A Salesforce org to watch. */
export type OrgOptions = {
  readonly name: string
  readonly loginUrl: string
  readonly auth: AuthOptions
  readonly channels: readonly string[]
  /** Such as `66.0`. */
  readonly apiVersion: string
  /** Id that the org must have; any when absent. */
  readonly orgId?: string
  /** Events from before this time teach but do not notify, ms since the epoch. */
  readonly watchFrom?: number
  /** How often it is read who the users are, ms; never when absent or not enabled. */
  readonly directory?: { readonly enabled: boolean; readonly interval: number }
  /** How the log is compared with storage objects; not at all when absent or not enabled. */
  readonly reconciliation?: ReconcileTiming & { readonly enabled: boolean }
}
