import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'
import { formerNetworks, formerUsers, legacyClient, workADay } from '../former-users.ts'

/** The account of somebody who left three months ago, and whose password still works. */
export const dormantUser: Case = {
  id: 'dormant-user',
  title: 'a user unseen for 98 days is back, from another network, and exports 12,000 rows',
  world: 'long',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.25 },
  play(scene) {
    const session = scene.session(formerUsers.leaver, scene.strangeAddress(61), 'Browser', scene.device())
    scene.login(scene.at(1, 10), session, 'page')
    for (let run = 0; run < 8; run++)
      scene.exportReport(scene.at(1, 10, 20) + run * 12 * minute, session, 'Contact', 1500)
  },
}

/** The token of an integration that was switched off, from where it always was. */
export const dormantApp: Case = {
  id: 'dormant-app',
  title: 'an integration switched off 98 days ago is back, from its own network, for 16,000 rows',
  world: 'long',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.3 },
  play(scene) {
    const session = scene.session(
      formerUsers.legacy,
      scene.strangeAddress(formerNetworks.legacy),
      'Legacy Sync',
    )
    for (let part = 0; part < 20; part++)
      scene.query(
        scene.at(1, 2) + part * 7 * minute,
        session,
        'Contact',
        800,
        legacyClient,
        'SELECT Id, Email, Phone FROM Contact ORDER BY Id',
      )
  },
}

/** Nothing is wrong with a colleague who was on leave. */
export const backFromLeave: Case = {
  id: 'back-from-leave',
  title: 'an employee is back after 98 days of leave, at the usual desk, for the usual work',
  world: 'long',
  days: 4,
  promise: { kind: 'look-alike', atMost: 'low' },
  play(scene) {
    for (let dayNumber = 0; dayNumber < 4; dayNumber++)
      workADay(scene, formerUsers.parent, formerNetworks.parent, dayNumber)
  },
}
