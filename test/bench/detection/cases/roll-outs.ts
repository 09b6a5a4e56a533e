import { hour, minute } from '../../../../src/duration.ts'
import { unknownDevice } from '../../../../src/simulator/traffic/devices.ts'
import type { Person } from '../../../../src/simulator/traffic/org.ts'
import { dataCentres } from '../../../../src/simulator/traffic/places.ts'
import type { Case } from '../case.ts'
import type { Client, Scene } from '../scene.ts'

const application = 'AI Connector'
const client: Client = { apiType: 'REST', userAgent: 'ai-connector/1.4' }

/** What somebody asks an assistant in a day: a dozen questions in the words of queries. */
function askAssistant(scene: Scene, person: Person, start: number, isFirst: boolean): void {
  const { random } = scene.recorder
  const origin = { ip: scene.strangeAddress(500 + random.integer(4)), place: random.pick(dataCentres) }
  const session = scene.recorder.openSession(person, origin, unknownDevice, application)
  scene.login(start, session, isFirst ? 'oauth' : 'refresh')
  for (let question = 1; question <= 12; question++) {
    const entity = random.pick(['Account', 'Contact', 'Case', 'Opportunity', 'Task'])
    const query = random.pick([
      `SELECT Id, Name FROM ${entity} WHERE Name LIKE '%acme%' LIMIT 20`,
      `SELECT COUNT() FROM ${entity} WHERE CreatedDate = THIS_MONTH`,
      `SELECT FIELDS(STANDARD) FROM ${entity} LIMIT 10`,
      `SELECT Id, Name, CreatedDate FROM ${entity} ORDER BY CreatedDate DESC LIMIT 200`,
    ])
    scene.query(start + question * 2 * minute, session, entity, random.integer(120), client, query)
  }
}

/** An administrator has installed it for those whom they approve; its vendor's cloud has several networks. */
const assistant: Case = {
  id: 'assistant',
  title: 'an assistant, approved by an administrator, is let in by thirty people within four days',
  days: 6,
  promise: { kind: 'look-alike', atMost: 'low' },
  play(scene) {
    const { random } = scene.recorder
    scene.approveApp(application, scene.at(0, 1))
    scene.org.staff.slice(3, 33).forEach((person, number) => {
      const first = 1 + Math.floor((number * 4) / 30)
      for (let dayNumber = first; dayNumber < 6; dayNumber++) {
        const open = scene.at(dayNumber, 9) - person.zoneOffset
        askAssistant(scene, person, open + random.integer(7 * hour), dayNumber === first)
      }
    })
  },
}

/** What is brought in for many at once, in a planned way. */
export const rollOuts: readonly Case[] = [assistant]
