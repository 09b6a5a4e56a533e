import { minute } from '../../../../src/duration.ts'
import type { Case } from '../case.ts'
import type { Scene } from '../scene.ts'

const weeks = 4

/** One report a day in working hours, by those who else hardly export at all. */
function exportDaily(scene: Scene, number: number, least: number, most: number): void {
  const people = scene.org.staff.filter(
    ({ department, rates }) => department !== 'administration' && rates.exports < 0.1,
  )
  const person = people[number]
  if (!person) throw new RangeError(`there is no person ${number} who does not export`)
  const session = scene.usualSession(person)
  for (let dayNumber = 0; dayNumber < 7 * weeks; dayNumber++) {
    if (dayNumber % 7 > 4) continue
    const { random } = scene.recorder
    const time = scene.at(dayNumber, 10) - person.zoneOffset + random.integer(240) * minute
    scene.exportReport(time, session, 'Contact', least + random.integer(most - least), 12)
  }
}

export const dailyExportOfFour: Case = {
  id: 'daily-export-of-four',
  title: 'four people who hardly ever export take 900 rows a day each for four weeks',
  days: 7 * weeks + 1,
  promise: { kind: 'attack', goneAtMost: 0.6 },
  play(scene) {
    for (const number of [2, 6, 9, 13]) exportDaily(scene, number, 850, 950)
  },
}
