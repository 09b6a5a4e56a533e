import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/**
 * Somebody in support takes some three thousand records a day along, from the usual desk and in office hours, a list or a report at a
 * time: no single window is remarkable.
 */
export const slowDrip: Case = {
  id: 'slow-drip',
  title: 'slow drip: 3,200 rows a day by lists and reports on top of 2,300, five weeks, usual desk',
  days: 35,
  promise: { kind: 'attack', goneAtMost: 0.5 },
  play(scene) {
    const session = scene.usualSession(scene.person('support', 5))
    for (let dayNumber = 0; dayNumber < 35; dayNumber++) {
      if (dayNumber % 7 > 4) continue
      for (let take = 0; take < 12; take++) {
        const time = scene.at(dayNumber, 8) + take * 40 * minute + scene.recorder.random.integer(20 * minute)
        if (take % 3 === 0) scene.exportReport(time, session, 'Contact', 400, 12)
        else scene.listView(time, session, 200)
      }
    }
  },
}
