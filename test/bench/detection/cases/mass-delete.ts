import type { Case } from '../case.ts'

/** Sabotage by somebody who is about to leave, from the usual desk. */
export const massDelete: Case = {
  id: 'mass-delete',
  title: 'mass delete: 12,000 records by API from the usual desk',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.4 },
  play(scene) {
    const session = scene.usualSession(scene.person('operations', 0))
    scene.deleteRecords(scene.at(1, 16, 20), session, 'Opportunity', 12_000, 20_000)
  },
}
