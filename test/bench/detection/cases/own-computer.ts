import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Malware has the session of the browser, the address and the login; only the program is its own. */
export const ownComputer: Case = {
  id: 'own-computer',
  title: "malware on somebody's own computer reads 30,000 rows with a script by the session of the browser",
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.35 },
  play(scene) {
    const session = scene.usualSession(scene.person('sales', 5))
    scene.login(scene.at(1, 8), session, 'page')
    for (let page = 0; page < 15; page++)
      scene.query(scene.at(1, 10) + page * 2 * minute, session, page % 2 ? 'Account' : 'Contact', 2000)
  },
}
