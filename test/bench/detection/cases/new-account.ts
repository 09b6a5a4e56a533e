import { toSalesforceId } from '../../../../src/simulator/salesforce-id.ts'
import type { Case } from '../case.ts'

const objects = ['Contact', 'Account', 'Lead', 'Opportunity', 'Case']

/** An intruder with an administrator's session makes an account, which has no past to differ from. */
export const newAccount: Case = {
  id: 'new-account',
  title: 'an account made two hours before reads 300,000 rows with a script, from a new network',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.1 },
  play(scene) {
    const user = {
      id: toSalesforceId('005', 61_001),
      username: `svc-sync@${scene.org.domain}`,
      name: 'Sync Service',
      userType: 'Standard',
      profile: 'Integration User',
      created: scene.at(1, 9),
    }
    scene.hire([user], scene.at(1, 9))
    const session = scene.session(user, scene.strangeAddress(300), 'Sync Service')
    scene.login(scene.at(1, 11), session, 'oauth')
    for (let page = 0; page < 150; page++)
      scene.query(scene.at(1, 11, 1) + page * 6000, session, objects[page % objects.length] ?? '', 2000)
  },
}
