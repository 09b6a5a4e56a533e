import { day, hour, minute } from '../../../../src/duration.ts'
import { findScenario } from '../../../../src/simulator/scenarios/catalog.ts'
import type { AttackPromise, Case, QuietPromise } from '../case.ts'
import type { WorldName } from '../worlds.ts'

type Moment = readonly [dayNumber: number, hours: number, minutes: number]

/** A scenario of the simulator's catalog on the world's org. */
function known(
  name: string,
  title: string,
  [dayNumber, hours, minutes]: Moment,
  days: number,
  promise: AttackPromise | QuietPromise,
): Case {
  return {
    id: name.toLowerCase(),
    title: `${name}: ${title}`,
    days,
    promise,
    play: (scene) =>
      scene.add(...findScenario(name)(scene.org, scene.at(dayNumber, hours, minutes), scene.seed)),
  }
}

/** S2 ends with 1.2 million rows on its sixth day, from a network that shows itself at 11:11:23. */
const lastDayOfS2: NonNullable<AttackPromise['within']> = {
  since: (scene) => scene.at(5, 11, 11, 23),
  time: minute,
  level: 'high',
}
const nothingTaken = { kind: 'attack', goneAtMost: 1 } as const
const quiet = { kind: 'look-alike', atMost: 'low' } as const

export const scenarioCases: readonly Case[] = [
  known('S1', 'phone phishing, then a modified data loader', [1, 14, 5], 2, {
    kind: 'attack',
    level: 'high',
  }),
  known('S2', 'stolen token of an integration', [0, 22, 14], 6, { kind: 'attack', within: lastDayOfS2 }),
  known('S2-no-logins', 'the same where logins of integrations are not streamed', [0, 22, 14], 6, {
    kind: 'attack',
    // Its network shows itself with the first query, 32 s after the login that nobody sees.
    within: lastDayOfS2,
  }),
  known('S5', 'single sign-on phishing, then exports by hand', [0, 17, 40], 1, {
    kind: 'attack',
    level: 'high',
  }),
  known('S7a', 'credential stuffing on the portal', [2, 3, 0], 3, {
    ...nothingTaken,
    level: 'high',
    within: { since: (scene) => scene.at(2, 3), time: 15 * minute, level: 'high' },
  }),
  known('S7c', 'brute force on one administrator', [2, 2, 0], 3, {
    ...nothingTaken,
    within: { since: (scene) => scene.at(2, 2), time: 15 * minute, level: 'medium' },
  }),
  known('L4', 'full re-sync of the warehouse, by day', [1, 9, 0], 2, quiet),
  known('L6', 'expired password of a service account', [1, 9, 0], 2, quiet),
  known('L7', 'identity provider down', [1, 9, 0], 2, quiet),
  known('L11', 'quarter end', [1, 6, 0], 2, quiet),
]

/** The same in another org, at another time of day. */
export function elsewhere(world: WorldName, only: readonly string[], later: number): readonly Case[] {
  return scenarioCases
    .filter(({ id }) => only.includes(id))
    .map((one) => ({
      ...one,
      id: `${one.id}-${world}`,
      title: `${one.title} (${world})`,
      world,
      days: one.days + Math.ceil(later / day),
      promise: shifted(one.promise, later),
      play: (scene) =>
        scene.add(...findScenario(one.id)(scene.org, startOf(one.id, scene) + later, scene.seed)),
    }))
}

function startOf(
  id: string,
  scene: { at(dayNumber: number, hours: number, minutes: number): number },
): number {
  if (id.startsWith('s2')) return scene.at(0, 22, 14)
  return id === 's1' ? scene.at(1, 14, 5) : id === 's5' ? scene.at(0, 17, 40) : scene.at(1, 9, 0)
}

function shifted(promise: Case['promise'], later: number): Case['promise'] {
  if (promise.kind !== 'attack' || !promise.within) return promise
  const { since, ...rest } = promise.within
  return { ...promise, within: { ...rest, since: (scene) => since(scene) + later } }
}

export const scenariosElsewhere: readonly Case[] = [
  ...elsewhere('pacific', ['s1', 's2-no-logins', 's5', 'l4', 'l7'], 8 * hour),
  ...elsewhere('eastern', ['s1', 's2', 's5', 'l4', 'l6', 'l11'], -8 * hour),
]

/** In the org whose six benign weeks are held against the budgets. */
export const scenariosInMediumOrg: readonly Case[] = elsewhere(
  'medium',
  ['s1', 's2-no-logins', 'l4', 'l11'],
  0,
)
