import { second } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Nothing but documents, by hand, from the usual desk. */
export const filesOnly: Case = {
  id: 'files-only',
  title: 'files only: 350 downloads in three hours from the usual desk',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.25 },
  play(scene) {
    const session = scene.usualSession(scene.person('support', 1))
    for (let file = 0; file < 350; file++)
      scene.downloadFile(
        scene.at(1, 13) + file * 31 * second,
        session,
        Math.round(scene.recorder.random.logNormal(300_000, 1)),
      )
  },
}
