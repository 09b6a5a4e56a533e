import type { Case } from '../case.ts'

/** It has the network, the session and the name of the browser; that its owner never used the API is all that is new. */
export const browserExtension: Case = {
  id: 'browser-extension',
  title:
    'an extension of the usual browser reads 20,000 rows by API in four minutes, for somebody who never used it',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.55 },
  play(scene) {
    const person = scene.org.staff.find(
      ({ department, rates }) => department === 'sales' && rates.apiCalls === 0,
    )
    if (!person) throw new RangeError('everybody uses the API')
    const session = scene.usualSession(person)
    const browser = { apiType: 'REST', userAgent: session.device.userAgent }
    for (let call = 0; call < 100; call++)
      scene.query(scene.at(1, 11, 30) + call * 2400, session, call % 2 ? 'Contact' : 'Account', 200, browser)
  },
}
