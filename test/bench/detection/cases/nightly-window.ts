import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Whoever has the warehouse's token uses it while the warehouse works, for no more than it takes itself. */
export const nightlyWindow: Case = {
  id: 'nightly-window',
  title: "inside the warehouse's nightly hour, its token from another network, a tenth of its rows",
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.4 },
  play(scene) {
    const loader = scene.integration('nightly-load')
    const session = scene.session(loader, scene.strangeAddress(50), loader.application)
    for (let part = 0; part < 10; part++)
      scene.bulk(
        scene.at(2, 1, 20) + part * 6 * minute,
        session,
        'Contact',
        3000,
        2,
        'SELECT Id, Email, Phone, MailingStreet FROM Contact',
      )
  },
}
