import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Somebody who is leaving installs a data loader at home, where he often works. */
export const insiderBulk: Case = {
  id: 'insider-bulk',
  title: 'an employee uses Bulk for the first time, from home, 48,000 rows in two hours',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.3 },
  play(scene) {
    const person = scene.person('sales', 5)
    const home = person.origins.at(-1)?.ip ?? scene.strangeAddress(3)
    const session = scene.session(person, home, 'Dataloader Bulk', scene.device())
    scene.login(scene.at(1, 19), session, 'oauth')
    ;['Contact', 'Account', 'Lead', 'Opportunity'].forEach((entity, number) => {
      scene.bulk(scene.at(1, 19, 5) + number * 30 * minute, session, entity, 12_000, 3)
    })
  },
}
