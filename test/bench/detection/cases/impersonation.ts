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
