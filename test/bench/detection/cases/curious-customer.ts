import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** Sharing rules left open what belongs to others. */
export const curiousCustomer: Case = {
  id: 'curious-customer',
  title: 'a customer of the portal pages through 30,000 rows by API within an hour, from home',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.2 },
  play(scene) {
    const customer = scene.org.portal[11]
    if (!customer) throw new RangeError('there are no customers')
    const session = scene.usualSession(customer)
    const browser = { apiType: 'REST', userAgent: session.device.userAgent }
    scene.login(scene.at(1, 20), session, 'portal')
    for (let call = 0; call < 60; call++)
      scene.query(scene.at(1, 20, 2) + call * minute, session, call % 2 ? 'Contact' : 'Case', 500, browser)
  },
}
