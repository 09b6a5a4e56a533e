import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** A stolen administrator session gives a user every right; an hour later that user exports. */
export const escalationThenExport: Case = {
  id: 'escalation-then-export',
  title: 'an administrator from a new network grants ModifyAllData, then that user exports 90,000 rows',
  days: 2,
  promise: { kind: 'attack', level: 'high', goneAtMost: 0.2 },
  play(scene) {
    const administrator = scene.session(
      scene.person('administration'),
      scene.strangeAddress(60),
      'Browser',
      scene.device(),
    )
    const accomplice = scene.person('support', 4)
    scene.login(scene.at(1, 20), administrator, 'page')
    scene.grant(scene.at(1, 20, 6), administrator, accomplice, [
      'ModifyAllData',
      'ViewAllData',
      'ManageUsers',
    ])
    const session = scene.session(accomplice, scene.strangeAddress(60, 44), 'Browser', scene.device())
    scene.login(scene.at(1, 21, 2), session, 'page')
    for (let turn = 0; turn < 9; turn++)
      scene.exportReport(scene.at(1, 21, 10) + turn * 5 * minute, session, 'Contact', 10_000, 60)
  },
}
