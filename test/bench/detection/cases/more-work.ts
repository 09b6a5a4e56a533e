import { generateTraffic } from '../../../../src/simulator/traffic/generate.ts'
import type { Person } from '../../../../src/simulator/traffic/org.ts'
import type { Case } from '../case.ts'
import type { Scene } from '../scene.ts'

const atMostLow = { kind: 'look-alike', atMost: 'low' } as const

/** Somebody does beside the usual work as much again, of every kind of it, `times` over. */
function worksMore(scene: Scene, person: Person, days: number, times = 1): void {
  // Somebody must administer the org; what the administrator does is not told.
  const org = { ...scene.org, staff: [scene.person('administration'), person], portal: [], integrations: [] }
  const [from, to] = [scene.at(0, 0), scene.at(days, 0)]
  for (let time = 0; time < times; time++)
    for (const event of generateTraffic({ org, seed: `${scene.seed}/more/${time}`, from, to }))
      if (event.payload.UserId === person.id) scene.add(event)
}

const newJob: Case = {
  id: 'new-job',
  title: 'somebody in support gets another job: three times the usual work of every kind from one day on',
  days: 21,
  promise: atMostLow,
  play: (scene) => worksMore(scene, scene.person('support', 5), 21, 2),
}

const holidayCover: Case = {
  id: 'holiday-cover',
  title: 'five people do a colleague’s work beside their own for a fortnight',
  days: 21,
  promise: atMostLow,
  play(scene) {
    for (let number = 0; number < 5; number++) worksMore(scene, scene.person('sales', number), 12)
  },
}

/** Weeks in which somebody reads more, for a good reason. */
export const moreWork: readonly Case[] = [newJob, holidayCover]
