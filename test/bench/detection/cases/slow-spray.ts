import { hour } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'

/** One or two guesses a user, from sixty networks, spread over a night: no user and no network fails much. */
export const slowSpray: Case = {
  id: 'slow-spray',
  title: 'slow spray: 160 users, one or two guesses each, from 60 networks in eight hours',
  days: 3,
  promise: {
    kind: 'attack',
    goneAtMost: 1,
    within: { since: (scene) => scene.at(1, 22), time: 4 * hour, level: 'medium' },
  },
  play(scene) {
    const { random } = scene.recorder
    const victims = [...scene.org.staff, ...scene.org.portal].slice(0, 160)
    victims.forEach((user, number) => {
      const session = scene.session(
        user,
        scene.strangeAddress(100 + (number % 60)),
        'Browser',
        scene.device(),
      )
      for (let guess = 0; guess <= number % 2; guess++)
        scene.failLogin(
          scene.at(1, 22) + random.integer(8 * hour),
          session,
          number < scene.org.staff.length ? 'page' : 'portal',
        )
    })
  },
}
