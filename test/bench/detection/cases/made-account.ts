import { hour, minute } from '../../../../src/duration.ts'
import { toSalesforceId } from '../../../../src/simulator/salesforce-id.ts'
import type { Case } from '../case.ts'

/** By a profile, so that no event tells of its rights. It takes its time: it has no past that it could break with. */
export const madeAccount: Case = {
  id: 'made-account',
  title:
    'an intruder makes an administrator account, used the next night from abroad: 14,000 rows an hour by a script',
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.1 },
  play(scene) {
    const account = {
      id: toSalesforceId('005', 60_002),
      username: `support-service@${scene.org.domain}`,
      name: 'Support Service',
      userType: 'Standard',
      profile: 'System Administrator',
      created: scene.at(0, 20),
    }
    scene.hire([account], scene.at(0, 20))
    const session = scene.session(account, scene.strangeAddress(96), 'Salesforce CLI')
    const script = { apiType: 'REST', userAgent: 'python-requests/2.31.0' }
    scene.login(scene.at(2, 1), session, 'oauth')
    for (let turn = 0; turn < 42; turn++) {
      const time = scene.at(2, 1, 2) + Math.floor(turn / 7) * hour + (turn % 7) * 7 * minute
      scene.query(time, session, ['Contact', 'Account', 'Case', 'Lead'][turn % 4] ?? 'Contact', 2000, script)
    }
  },
}
