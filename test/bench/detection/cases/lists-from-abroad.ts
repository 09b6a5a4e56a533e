import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** A phished password: nothing is exported, only looked at, list after list. */
export const listsFromAbroad: Case = {
  id: 'lists-from-abroad',
  title: 'a phished password opens fifteen lists of 2,000 records from abroad, five minutes apart',
  days: 3,
  promise: { kind: 'attack', goneAtMost: 0.35 },
  play(scene) {
    const person = scene.person('support', 1)
    const session = scene.session(person, scene.strangeAddress(21), 'Browser', scene.device())
    scene.login(scene.at(1, 23), session, 'page')
    for (let turn = 1; turn <= 15; turn++) scene.listView(scene.at(1, 23) + turn * 5 * minute, session, 2000)
  },
}
