import { toSalesforceId } from '../salesforce-id.ts'
import type { Row } from './rest-answer.ts'

/** An app that can get at the org's data. */
export type OrgApp = {
  readonly name: string
  /** Its registration; absent for one that was never installed. */
  readonly registration?: {
    readonly id: string
    readonly approvedUsersOnly: boolean
    /** ms since the epoch */
    readonly created: number
  }
  readonly tokens: readonly AppToken[]
}

/** Leave of one user for one app. */
export type AppToken = {
  readonly userId: string
  readonly created: number
  /** ms since the epoch; absent when it was never used. */
  readonly lastUsed?: number
  readonly uses: number
}

/** Rows that Salesforce hands out of OauthToken in one answer, and in all for one query. */
export const tokenPage = { rows: 500, most: 2500 } as const

/** `ConnectedApplication`: the apps that are registered. */
export function toRegistrationRows(apps: readonly OrgApp[]): readonly Row[] {
  return apps.flatMap(({ name, registration }) =>
    registration
      ? [
          {
            Id: registration.id,
            Name: name,
            OptionsAllowAdminApprovedUsersOnly: registration.approvedUsersOnly,
            CreatedDate: toRestDate(registration.created),
          },
        ]
      : [],
  )
}

/** `OauthToken`: of everybody when the asking user may see that, else of the user alone. The id is always null. */
export function toTokenRows(
  apps: readonly OrgApp[],
  asking: { readonly userId: string; readonly seesAll: boolean },
): readonly Row[] {
  return apps.flatMap(({ name, tokens }, index) =>
    tokens
      .filter(({ userId }) => asking.seesAll || userId === asking.userId)
      .map(({ userId, created, lastUsed, uses }) => ({
        Id: null,
        AppName: name,
        AppMenuItemId: toSalesforceId('0DS', index + 1),
        UserId: userId,
        CreatedDate: toRestDate(created),
        LastUsedDate: lastUsed === undefined ? null : toRestDate(lastUsed),
        UseCount: uses,
      })),
  )
}

function toRestDate(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000')
}
