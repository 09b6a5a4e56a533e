import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** A compromised host: network, app, client and pace are the integration's own; only what it asks for is not. */
export const otherObjects: Case = {
  id: 'other-objects',
  title: 'an integration from its usual network and app, for objects it never read (60,000 rows)',
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.3 },
  play(scene) {
    const poller = scene.integration('poller')
    const session = scene.usualSession(poller)
    const how = { apiType: poller.apiType, userAgent: poller.userAgent, client: poller.client }
    const strange = ['Contract', 'Payment__c', 'Consent__c', 'User', 'Quote', 'EmailMessage'].filter(
      (name) => !poller.objects.includes(name),
    )
    for (let part = 0; part < 60; part++) {
      const entity = strange[part % strange.length] ?? 'Contract'
      scene.query(
        scene.at(1, 10) + part * 3 * minute,
        session,
        entity,
        1000,
        how,
        `SELECT FIELDS(ALL) FROM ${entity} ORDER BY Id`,
      )
    }
  },
}
