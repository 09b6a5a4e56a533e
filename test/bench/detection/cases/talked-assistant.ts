import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** A customer's message tells the assistant what to do: its host, client and objects, but everything instead of one account. */
export const talkedAssistant: Case = {
  id: 'talked-assistant',
  title: 'an assistant is talked into reading 32,000 contacts, from its own host with its own client',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.3 },
  play(scene) {
    const assistant = scene.integration('chat')
    const session = scene.usualSession(assistant)
    const how = { apiType: assistant.apiType, userAgent: assistant.userAgent, client: assistant.client }
    for (let page = 0; page < 16; page++)
      scene.query(
        scene.at(1, 10) + page * minute,
        session,
        'Contact',
        2000,
        how,
        'SELECT Id, Name, Email, Phone FROM Contact ORDER BY Id',
      )
  },
}
