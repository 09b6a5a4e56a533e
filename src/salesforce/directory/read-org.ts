import { z } from 'zod'
import type { Allowance, OrgApi } from '../org-api.ts'

/** What an org says about itself. Dates as Salesforce writes them; null where it tells nothing. */
export type OrgFacts = {
  readonly name: string
  readonly edition: string | null
  readonly isSandbox: boolean | null
  readonly instance: string | null
  /** IANA name. */
  readonly timeZone: string | null
  readonly trialEnds: string | null
  /** Of the day, by Salesforce's names. */
  readonly limits: Readonly<Record<string, Allowance>>
}

const text = z.string().nullish()
const row = z.object({
  Name: z.string(),
  OrganizationType: text,
  IsSandbox: z.boolean().nullish(),
  InstanceName: text,
  TimeZoneSidKey: text,
  TrialExpirationDate: text,
})

/** The allowances that Forcewatch draws on. */
const notedLimits = [
  'DailyApiRequests',
  'DurableStreamingApiConcurrentClients',
  'DailyDeliveredPlatformEvents',
]

/** Rejects with what `toReadProblem` understands. */
export async function readOrg(api: OrgApi): Promise<OrgFacts | undefined> {
  const limits = await api.limits()
  const noted = notedLimits.flatMap((name) => {
    const limit = limits[name]
    return limit ? [[name, { Max: limit.Max, Remaining: limit.Remaining }] as const] : []
  })
  for await (const [first] of api.query(`SELECT ${Object.keys(row.shape).join(', ')} FROM Organization`)) {
    if (first === undefined) return undefined
    const org = row.parse(first)
    return {
      name: org.Name,
      edition: org.OrganizationType ?? null,
      isSandbox: org.IsSandbox ?? null,
      instance: org.InstanceName ?? null,
      timeZone: org.TimeZoneSidKey ?? null,
      trialEnds: org.TrialExpirationDate ?? null,
      limits: Object.fromEntries(noted),
    }
  }
  return undefined
}
