import { hour } from '../../../../src/duration.ts'
import { generateTraffic } from '../../../../src/simulator/traffic/generate.ts'
import type { SimulatedEvent } from '../../../../src/simulator/traffic/payload.ts'
import type { Case } from '../case.ts'
import type { Scene } from '../scene.ts'

const atMostLow = { kind: 'look-alike', atMost: 'low' } as const

/** Ids of the people who work there. */
function staffOf({ org }: Scene): ReadonlySet<unknown> {
  return new Set(org.staff.map(({ id }) => id))
}

function withFields(event: SimulatedEvent, fields: Readonly<Record<string, unknown>>): SimulatedEvent {
  return { ...event, payload: { ...event.payload, ...fields } }
}

/** From Tuesday on everybody of one office has another address: they moved house. */
const newOffice: Case = {
  id: 'new-office',
  title: 'an office moves: a third of the staff from a new network, from one day to the next',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const moves = event.payload.SourceIp === '198.18.10.10' && event.time >= scene.at(1, 0)
    return moves ? withFields(event, { SourceIp: scene.strangeAddress(80) }) : event
  },
}

/** The BI tool's vendor moved it: same app, client, queries and hours, another address. */
const toolMoved: Case = {
  id: 'bi-tool-moved',
  title: 'the BI tool works from another address from Wednesday on',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const isBi = event.payload.UserId === scene.integration('bi').id && event.time >= scene.at(2, 0)
    return isBi ? withFields(event, { SourceIp: scene.strangeAddress(90) }) : event
  },
}

/** One vendor's integrations work from its other data centre: same apps, clients, queries and pace. */
const regionMoved: Case = {
  id: 'region-moved',
  title: 'four integrations of one vendor work from another of its regions from Tuesday morning on',
  days: 6,
  promise: atMostLow,
  alter(event, scene) {
    const movers = scene.org.integrations.filter(({ kind }) => kind === 'poller').slice(0, 4)
    const isMoved = movers.some(({ id }) => id === event.payload.UserId) && event.time >= scene.at(1, 9)
    return isMoved ? withFields(event, { SourceIp: scene.strangeAddress(600) }) : event
  },
}

/** A bank holiday that no calendar knows: nine in ten of what people do does not happen. */
const holiday: Case = {
  id: 'holiday',
  title: 'a holiday in midweek: people do a tenth of what they do',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const isHoliday = event.time >= scene.at(2, 0) && event.time < scene.at(3, 0)
    return isHoliday && staffOf(scene).has(event.payload.UserId) && !sometimes(event) ? null : event
  },
}

/** One event in ten, the same ones each time. */
function sometimes({ payload }: SimulatedEvent): boolean {
  return String(payload.LoginKey ?? payload.EventIdentifier).charCodeAt(3) % 10 === 0
}

/** Clocks go back: from one Sunday on people do everything an hour later by UTC, machines do not. */
const clockChange: Case = {
  id: 'clock-change',
  title: 'daylight saving ends: people an hour later by UTC, machines not',
  days: 5,
  promise: atMostLow,
  play(scene) {
    for (const event of peopleOf(scene, scene.at(0, 0), scene.at(5, 0)))
      scene.add({
        ...event,
        time: event.time + hour,
        payload: { ...event.payload, EventDate: later(event.payload.EventDate) },
      })
  },
  alter: (event, scene) => (staffOf(scene).has(event.payload.UserId) ? null : event),
}

function* peopleOf(scene: Scene, from: number, to: number): Generator<SimulatedEvent> {
  const staff = staffOf(scene)
  for (const event of generateTraffic({ org: scene.org, seed: `${scene.seed}/clock`, from, to }))
    if (staff.has(event.payload.UserId)) yield event
}

function later(date: unknown): string {
  return new Date(Date.parse(String(date)) + hour).toISOString()
}

/** Three days on the road: trains, hotels and a phone, another network every hour, the same laptop. */
const businessTrip: Case = {
  id: 'business-trip',
  title: 'a salesperson on a business trip: three days of ever new phone and hotel networks',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const isTraveller =
      event.payload.UserId === scene.person('sales', 1).id && event.payload.SourceIp !== null
    if (!isTraveller || event.time < scene.at(1, 0)) return event
    return withFields(event, { SourceIp: scene.strangeAddress(150 + (Math.floor(event.time / hour) % 60)) })
  },
}

/** A browser updates itself on every computer within two days. */
const browserUpdate: Case = {
  id: 'browser-update',
  title: 'a new version of everybody’s browser within two days',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const { Browser, UserAgent, UserId } = event.payload
    const since = scene.at(1, 0) + (String(UserId).charCodeAt(14) % 48) * hour
    if (event.time < since) return event
    return withFields(event, { Browser: newer(Browser), UserAgent: newer(UserAgent) })
  },
}

function newer(text: unknown): unknown {
  return typeof text === 'string'
    ? text.replace(/(Chrome|Firefox|Microsoft Edge|Edg|rv:)([ /]?)1[23]\d/g, '$1$2139')
    : text
}

/** A new release of an integration speaks REST: another client and queries that ask for one field more. */
const soapToRest: Case = {
  id: 'soap-to-rest',
  title: 'an integration moves from SOAP to REST on its own host',
  days: 4,
  promise: atMostLow,
  alter(event, scene) {
    const { UserId, Query } = event.payload
    const mover = scene.org.integrations.find(({ apiType }) => apiType === 'SOAP Partner')
    if (UserId !== mover?.id || event.time < scene.at(1, 9)) return event
    if (event.channel.endsWith('/LoginEventStream'))
      return withFields(event, { LoginType: 'Remote Access 2.0', LoginSubType: 'OauthClientCredential' })
    return withFields(event, {
      ApiType: 'REST',
      Client: null,
      UserAgent: 'Apache-HttpClient/5.3 (Java/21)',
      Query: typeof Query === 'string' ? Query.replace('Name,', 'Name, OwnerId,') : Query,
    })
  },
}

/** People and tools that from some day on do the same otherwise. */
export const changedHabits: readonly Case[] = [
  newOffice,
  toolMoved,
  regionMoved,
  holiday,
  clockChange,
  businessTrip,
  browserUpdate,
  soapToRest,
]
