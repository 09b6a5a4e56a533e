import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'
import { script } from '../scene.ts'

/** Somebody who is leaving comes on a Saturday, when nobody looks, and takes no more at a time than on other days. */
export const weekendExport: Case = {
  id: 'weekend-export',
  title: 'somebody in support exports 10 reports of 1,500 rows on a Saturday, from the usual desk',
  days: 6,
  promise: { kind: 'attack', goneAtMost: 0.5 },
  play(scene) {
    const session = scene.usualSession(scene.person('support', 3))
    scene.login(scene.at(5, 9, 25), session, 'page')
    for (let turn = 0; turn < 10; turn++)
      scene.exportReport(scene.at(5, 9, 30) + turn * 20 * minute, session, 'Contact', 1500, 20)
  },
}

/** Whoever is on the warehouse's host uses its token by day, with a script. */
export const serviceAccountByDay: Case = {
  id: 'service-account-by-day',
  title: "the warehouse's token on its own host, but at 14:00 and with a script, 60,000 rows in two hours",
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.2 },
  play(scene) {
    const session = scene.usualSession(scene.integration('nightly-load'))
    for (let page = 0; page < 60; page++)
      scene.query(scene.at(1, 14) + page * 2 * minute, session, 'Contact', 1000, script)
  },
}
