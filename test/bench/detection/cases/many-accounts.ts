import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'
import type { Scene } from '../scene.ts'

const accounts = 30
const query = 'SELECT Id, Name, Phone, Email, Title FROM Contact WHERE CreatedDate > 2020-01-01T00:00:00Z'

/** Thirty stolen sessions, each good for 1,200 records within five hours: nobody takes much. */
function takeALittle(scene: Scene, addressOf: (number: number) => string): void {
  scene.org.staff.slice(10, 10 + accounts).forEach((person, number) => {
    const session = scene.session(person, addressOf(number), 'Browser', scene.device())
    const start = scene.at(1, 9) + number * 9 * minute
    scene.login(start, session, person.usesSingleSignOn ? 'sso' : 'page')
    for (let part = 0; part < 4; part++)
      scene.query(start + (2 + part) * minute, session, 'Contact', 300, undefined, query)
  })
}

export const manyAccountsOneNetwork: Case = {
  id: 'many-accounts-one-network',
  title: '30 accounts take 1,200 rows each, all from one new network',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.4 },
  play: (scene) => takeALittle(scene, (number) => scene.strangeAddress(7, 10 + number)),
}

export const manyAccountsManyNetworks: Case = {
  id: 'many-accounts-many-networks',
  title: '30 accounts take 1,200 rows each, each from a network of its own, with one query',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.5 },
  play: (scene) => takeALittle(scene, (number) => scene.strangeAddress(20 + number)),
}

/** Whoever has the identity provider logs in as people who are at their desks, with a browser like theirs. */
export const manyAccountsBySignOn: Case = {
  id: 'many-accounts-by-sign-on',
  title:
    '15 accounts export 2,000 rows each after single sign-on from one new network, with the usual browser',
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.5 },
  play(scene) {
    const people = scene.org.staff.filter(({ usesSingleSignOn }) => usesSingleSignOn).slice(0, 15)
    people.forEach((person, number) => {
      const session = scene.session(
        person,
        scene.strangeAddress(8, 10 + number),
        'Browser',
        person.devices[0],
      )
      const start = scene.at(1, 14) + number * 4 * minute
      scene.login(start, session, 'sso')
      scene.exportReport(start + 10 * minute, session, 'Contact', 2_000, 12)
    })
  },
}
