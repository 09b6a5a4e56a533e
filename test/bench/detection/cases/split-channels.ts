import { hour, minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** A stolen session of somebody in operations: what one channel gives stays small, there are five of them. */
export const splitChannels: Case = {
  id: 'split-channels',
  title: 'split over REST, Bulk, reports, list views and files, six hours, 45,000 rows',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.25 },
  play(scene) {
    const person = scene.person('operations', 1)
    const session = scene.session(person, scene.strangeAddress(40), 'Browser', scene.device())
    scene.login(scene.at(2, 9), session, 'sso')
    for (let turn = 0; turn < 6; turn++) {
      const start = scene.at(2, 9, 10) + turn * hour
      scene.query(start, session, 'Contact', 1500)
      scene.bulk(start + 10 * minute, session, 'Lead', 1500, 1)
      scene.exportReport(start + 20 * minute, session, 'Account', 1500)
      for (let view = 0; view < 3; view++) scene.listView(start + (30 + view) * minute, session, 1000)
      for (let file = 0; file < 12; file++)
        scene.downloadFile(start + 40 * minute + file * 8000, session, 300_000)
    }
  },
}
