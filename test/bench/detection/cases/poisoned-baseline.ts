import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Somebody exports a little more every day, so that by the end nothing seems unusual any more. */
export const poisonedBaseline: Case = {
  id: 'poisoned-baseline',
  title: 'poisoned baseline: exports grow by 6 % a day for eight weeks, then 150,000 rows',
  days: 58,
  promise: { kind: 'attack', goneAtMost: 0.35 },
  play(scene) {
    const session = scene.usualSession(scene.person('sales', 3))
    for (let dayNumber = 0, rows = 300; dayNumber < 57; dayNumber++, rows *= 1.06) {
      if (dayNumber % 7 > 4) continue
      for (let turn = 0; turn < 3; turn++)
        scene.exportReport(
          scene.at(dayNumber, 9 + 2 * turn, scene.recorder.random.integer(50)),
          session,
          'Opportunity',
          Math.round(rows),
        )
    }
    for (let turn = 0; turn < 10; turn++)
      scene.exportReport(scene.at(57, 15) + turn * 4 * minute, session, 'Contact', 15_000)
  },
}
