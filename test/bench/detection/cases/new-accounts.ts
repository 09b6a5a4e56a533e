import { hour, minute, second } from '../../../../src/duration.ts'
import { toSalesforceId } from '../../../../src/simulator/salesforce-id.ts'
import type { Case } from '../case.ts'
import type { Scene } from '../scene.ts'

const objects = ['Contact', 'Account', 'Lead', 'Opportunity', 'Case']

/** An intruder with an administrator's session makes an account, which has no past to differ from. */
export const newAccount: Case = {
  id: 'new-account',
  title: 'an account made two hours before reads 300,000 rows with a script, from a new network',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.1 },
  play(scene) {
    const user = makeAccount(scene, 'Sync Service', 'Integration User', scene.at(1, 9))
    const session = scene.session(user, scene.strangeAddress(300), 'Sync Service')
    scene.login(scene.at(1, 11), session, 'oauth')
    for (let page = 0; page < 150; page++)
      scene.query(scene.at(1, 11, 1) + page * 6 * second, session, objects[page % objects.length] ?? '', 2000)
  },
}

/** By a profile, so that no event tells of its rights. It takes its time: it has no past that it could break with. */
export const patientNewAccount: Case = {
  id: 'patient-new-account',
  title:
    'an intruder makes an administrator account, used the next night from abroad: 14,000 rows an hour by a script',
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.1 },
  play(scene) {
    const user = makeAccount(scene, 'Support Service', 'System Administrator', scene.at(0, 20))
    const session = scene.session(user, scene.strangeAddress(96), 'Salesforce CLI')
    const script = { apiType: 'REST', userAgent: 'python-requests/2.31.0' }
    scene.login(scene.at(2, 1), session, 'oauth')
    for (let turn = 0; turn < 42; turn++) {
      const time = scene.at(2, 1, 2) + Math.floor(turn / 7) * hour + (turn % 7) * 7 * minute
      scene.query(time, session, objects[turn % objects.length] ?? '', 2000, script)
    }
  },
}

function makeAccount(scene: Scene, name: string, profile: string, created: number) {
  const username = `${name.toLowerCase().replace(' ', '-')}@${scene.org.domain}`
  const user = { id: toSalesforceId('005', 60_002), username, name, userType: 'Standard', profile, created }
  scene.hire([user], created)
  return user
}
