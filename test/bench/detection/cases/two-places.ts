import { minute } from '../../../../src/duration.ts'
import { farPlaces } from '../../../../src/simulator/traffic/places.ts'
import type { Case } from '../case.ts'

/** A phished password with the browser that its owner has. */
export const twoPlaces: Case = {
  id: 'two-places',
  title:
    "somebody at the desk logs in from Singapore 20 minutes later, with the desk's browser, for 4,000 rows",
  days: 2,
  promise: { kind: 'attack', goneAtMost: 0.3 },
  play(scene) {
    const victim = scene.person('sales', 6)
    const desk = scene.usualSession(victim)
    scene.login(scene.at(1, 8), desk, 'page')
    const place = farPlaces.find(({ iso }) => iso === 'SG') ?? desk.origin.place
    const there = { ip: scene.strangeAddress(340), place }
    const session = scene.recorder.openSession(victim, there, desk.device, 'Browser')
    scene.login(scene.at(1, 8, 20), session, 'page')
    for (let run = 0; run < 4; run++)
      scene.runReport(scene.at(1, 8, 25) + run * 4 * minute, session, 'Contact', 1000)
  },
}
