import { hour } from '../../../src/duration.ts'
import { toSalesforceId } from '../../../src/simulator/salesforce-id.ts'
import type { OrgUser } from '../../../src/simulator/server/org-user.ts'
import type { Scene } from './scene.ts'

function former(number: number, name: string, username: string): OrgUser {
  return { id: toSalesforceId('005', 70_000 + number), username, name, userType: 'Standard' }
}

/** Users who work in the first two weeks of a long past and are not seen again: somebody who left, an integration, a parent. */
export const formerUsers = {
  leaver: former(1, 'Left Long Ago', 'left.long.ago@acme.example'),
  legacy: former(2, 'Legacy Sync', 'legacy-sync@acme.example'),
  parent: former(3, 'On Leave', 'on.leave@acme.example'),
} as const

/** What each of them is known by. */
export const formerNetworks = { leaver: 201, legacy: 202, parent: 203 } as const
export const legacyClient = { apiType: 'REST', userAgent: 'LegacySync/0.9' } as const
export const legacyQuery = 'SELECT Id, Name FROM Account WHERE LastModifiedDate > :last'

/** Their two weeks of work; day 0 is the first of the past. */
export function playFormerUsers(scene: Scene): void {
  scene.hire(Object.values(formerUsers), scene.at(0, 0))
  for (let dayNumber = 0; dayNumber < 12; dayNumber++) {
    if (dayNumber % 7 > 4) continue
    for (const name of ['leaver', 'parent'] as const)
      workADay(scene, formerUsers[name], formerNetworks[name], dayNumber)
    const session = scene.session(
      formerUsers.legacy,
      scene.strangeAddress(formerNetworks.legacy),
      'Legacy Sync',
    )
    scene.login(scene.at(dayNumber, 5), session, 'refresh')
    for (let call = 0; call < 200; call++)
      scene.query(
        scene.at(dayNumber, 5, 1) + call * 5 * 60_000,
        session,
        'Account',
        20,
        legacyClient,
        legacyQuery,
      )
  }
}

/** An ordinary day at a desk: a login, some reports, a small export. */
export function workADay(scene: Scene, user: OrgUser, network: number, dayNumber: number): void {
  const session = scene.session(user, scene.strangeAddress(network), 'Browser', scene.device())
  scene.login(scene.at(dayNumber, 8), session, 'page')
  for (let run = 0; run < 4; run++)
    scene.runReport(scene.at(dayNumber, 9) + run * hour, session, 'Opportunity', 250)
  scene.exportReport(scene.at(dayNumber, 15), session, 'Opportunity', 500, 12)
}
