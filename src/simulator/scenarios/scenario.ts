import { createRandom } from '../random.ts'
import type { Integration, IntegrationKind } from '../traffic/integration.ts'
import type { Person, SimulatedOrg } from '../traffic/org.ts'
import type { Origin } from '../traffic/origin.ts'
import type { SimulatedEvent } from '../traffic/payload.ts'
import { dataCentres, farPlaces } from '../traffic/places.ts'
import { createRecorder, type Recorder } from '../traffic/recorder.ts'

/** Something that happens in an org beside its normal traffic: its events, in the order of publication. */
export type Scenario = (org: SimulatedOrg, start: number, seed: string) => Iterable<SimulatedEvent>

/** A recorder of its own for each scenario, so that none changes what another draws. */
export function createScenarioRecorder(name: string, seed: string): Recorder {
  return createRecorder(createRandom(`${seed}/${name}`))
}

/** The first integration of a kind. */
export function findIntegration(org: SimulatedOrg, kind: IntegrationKind): Integration {
  const found = org.integrations.find((integration) => integration.kind === kind)
  if (!found) throw new RangeError(`the org has no integration of kind ${kind}`)
  return found
}

/** The first person of a department who does not export often. */
export function findPerson(org: SimulatedOrg, department: Person['department']): Person {
  const found = org.staff.find((person) => person.department === department && person.rates.exports < 1)
  if (!found) throw new RangeError(`the org has nobody in ${department}`)
  return found
}

/** An exit of a commercial VPN; `number` up to 250 · 250. */
export function vpnOrigin(number: number): Origin {
  const place = farPlaces[number % farPlaces.length]
  return { ip: `198.19.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`, place: place ?? nowhere }
}

/** A rented server at a provider that the org has nothing to do with. */
export function hostedOrigin(number: number): Origin {
  return { ip: `203.0.113.${1 + (number % 250)}`, place: dataCentres[number % dataCentres.length] ?? nowhere }
}

const nowhere = { city: '', subdivision: '', country: '', iso: '', postalCode: '', latitude: 0, longitude: 0 }
