import { day, hour, minute } from '../../duration.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import type { AppToken, OrgApp } from '../server/org-apps.ts'
import type { SimulatedOrg } from './org.ts'

/**
 * The apps that can get at an org's data, as they pile up over years: those of its integrations, some that people let in, one of whose
 * use nothing is seen, one that nobody has used for months, one that never was, and one that was never installed. `now`: ms since the epoch.
 */
export function createApps(org: SimulatedOrg, now: number): readonly OrgApp[] {
  let number = 0
  const registered = (approvedUsersOnly: boolean, age: number) => ({
    id: toSalesforceId('0H4', ++number),
    approvedUsersOnly,
    created: now - age,
  })
  const token = (userId: string, lastUsed: number, uses: number): AppToken => ({
    userId,
    created: now - lastUsed - 100 * day,
    lastUsed: now - lastUsed,
    uses,
  })
  const { staff, integrations } = org
  const administrators = staff.filter(({ department }) => department === 'administration')
  const sellers = staff.filter(({ department }) => department === 'sales')
  return [
    ...integrations.map(({ application, id }) => ({
      name: application,
      registration: registered(true, 700 * day),
      tokens: [token(id, 7 * minute, 25_000)],
    })),
    {
      name: 'Data Loader',
      registration: registered(false, 1500 * day),
      tokens: administrators.map(({ id }, index) => token(id, (3 + 6 * index) * day, 140)),
    },
    {
      name: 'Salesforce for iOS',
      registration: registered(false, 1500 * day),
      tokens: sellers.slice(0, 12).map(({ id }, index) => token(id, (1 + index) * hour, 900)),
    },
    {
      name: 'Chat Notifier',
      registration: registered(false, 900 * day),
      tokens: sellers.slice(0, 4).map(({ id }, index) => token(id, (2 + index) * hour, 300)),
    },
    {
      name: 'Legacy Mail Sync',
      registration: registered(false, 2000 * day),
      tokens: staff.slice(5, 7).map(({ id }) => token(id, 214 * day, 3100)),
    },
    { name: 'Trial Dashboard', registration: registered(true, 400 * day), tokens: [] },
    { name: 'Badge Scanner', tokens: sellers.slice(0, 1).map(({ id }) => token(id, 40 * day, 12)) },
  ]
}
