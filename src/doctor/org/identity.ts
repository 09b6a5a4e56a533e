import { z } from 'zod'
import type { OrgApi } from '../../salesforce/org-api.ts'
import { type Outcome, ok, warning } from '../finding.ts'

const row = z.object({
  Name: z.string(),
  OrganizationType: z.string().nullish(),
  IsSandbox: z.boolean(),
  InstanceName: z.string().nullish(),
  TimeZoneSidKey: z.string().nullish(),
  TrialExpirationDate: z.string().nullish(),
})

/** Tells which org it is, so that a person sees whether it is the one that was meant. */
export async function checkIdentity(api: OrgApi): Promise<readonly Outcome[]> {
  for await (const [first] of api.query(`SELECT ${Object.keys(row.shape).join(', ')} FROM Organization`)) {
    const org = row.parse(first)
    const kind = org.IsSandbox ? 'sandbox' : 'production'
    const facts = [org.OrganizationType, kind, org.InstanceName, org.TimeZoneSidKey].filter(Boolean)
    const found = ok(`${org.Name} (${facts.join(', ')})`)
    if (!org.TrialExpirationDate) return [found]
    const end = org.TrialExpirationDate.slice(0, 10)
    return [
      found,
      warning(`the org is a trial that ends on ${end}`, 'Ask Salesforce to turn it into a lasting one.'),
    ]
  }
  return []
}
