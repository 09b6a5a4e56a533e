import { minute } from '../../../../src/duration.ts'
import { recordLoginAs } from '../../../../src/simulator/traffic/login.ts'
import type { Case } from '../case.ts'

/** An administrator's stolen session looks around as other people, one after the other. */
export const impersonation: Case = {
  id: 'impersonation',
  title: 'an administrator logs in as 25 users within 40 minutes, from a new network',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.6 },
  play(scene) {
    const session = scene.session(
      scene.person('administration', 0),
      scene.strangeAddress(70),
      'Browser',
      scene.device(),
    )
    scene.login(scene.at(1, 18), session, 'page')
    scene.org.staff.slice(5, 30).forEach((target, number) => {
      scene.add(
        recordLoginAs(
          scene.recorder,
          scene.at(1, 18, 5) + number * 1.6 * minute,
          session,
          target,
          scene.org.identity.id,
        ),
      )
    })
  },
}

/** The same by the administrator, or at the administrator's computer. */
export const impersonationAtDesk: Case = {
  id: 'impersonation-at-desk',
  title: 'an administrator logs in as 12 users within an hour, from the usual desk',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.7 },
  play(scene) {
    const { org, recorder } = scene
    const session = scene.usualSession(scene.person('administration', 0))
    for (const [number, target] of org.staff.slice(5, 17).entries()) {
      const time = scene.at(1, 9) + number * 5 * minute
      scene.add(recordLoginAs(recorder, time, session, target, org.identity.id))
    }
  },
}

/** Hidden behind the name of somebody who may see it all. */
export const impersonatedExport: Case = {
  id: 'impersonated-export',
  title: 'an administrator logs in as a colleague and exports 12,000 rows in that session',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.2 },
  play(scene) {
    const session = scene.usualSession(scene.person('administration'))
    const colleague = scene.person('sales', 2)
    const entry = recordLoginAs(scene.recorder, scene.at(1, 10), session, colleague, scene.org.identity.id)
    scene.add(entry)
    const borrowed = { ...session, user: colleague, loginKey: String(entry.payload.LoginKey) }
    for (let turn = 0; turn < 6; turn++)
      scene.exportReport(scene.at(1, 10, 3) + turn * 3 * minute, borrowed, 'Contact', 2000, 12)
  },
}
