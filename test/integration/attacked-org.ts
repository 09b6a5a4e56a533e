import { day, hour, minute } from '../../src/duration.ts'
import { mergeByTime } from '../../src/simulator/merge.ts'
import { findScenario } from '../../src/simulator/scenarios/catalog.ts'
import { findIntegration, findPerson } from '../../src/simulator/scenarios/scenario.ts'
import type { Simulator } from '../../src/simulator/server/simulator.ts'
import { generateTraffic } from '../../src/simulator/traffic/generate.ts'
import { orgAt } from '../../src/simulator/traffic/lives/org-at.ts'
import { createOrg } from '../../src/simulator/traffic/org.ts'

const seed = 'road'

export const org = createOrg({ seed, size: 'small' })

/** What the shipped detectors read. Page views, most of the rest of an org's traffic, would only take time. */
export const channels = [
  '/event/LoginEventStream',
  '/event/ApiEventStream',
  '/event/BulkApiResultEvent',
  '/event/ReportEventStream',
  '/event/ListViewEventStream',
]

/** Two integrations stand for all that ask for the same again and again; the others are half of an org's traffic, and would only take time. */
const leftOut = new Set(
  org.integrations
    .filter(({ kind }) => kind === 'poller')
    .slice(2)
    .map(({ id }) => id),
)

/** A Monday, the first day of S2; the days before teach what is normal. */
const firstDay = Date.UTC(2026, 2, 16)
const attacks = [
  { name: 'S2', start: firstDay + 22 * hour + 14 * minute },
  { name: 'S1', start: firstDay + day + 14 * hour + 5 * minute },
  { name: 'S7a', start: firstDay + 2 * day + 3 * hour },
] as const
const historyFrom = firstDay - 3 * day
/** Normal traffic goes on for more than the longest window after S2 (11:16 of the sixth day), so that every alert resolves. */
const end = firstDay + 6 * day + 14 * hour

/** What happened before teaches and notifies nobody. */
export const watchFrom = attacks[0].start

/** Event time of the last event that {@link publishTraffic} publishes, minutes after all others. */
export const lastEvent = end + 10 * minute

const now = orgAt(org, watchFrom)

/** The org's users, when they logged in last, too. */
export const users = now.users

/** Those whom the attacks can be seen on. */
export const entities = {
  administrator: findPerson(now, 'administration').id,
  chatIntegration: findIntegration(org, 'chat').id,
} as const

const largestBacklog = 5_000
const step = 500

/**
 * Publishes three days of history and almost seven of normal traffic with the attacks in them, as fast as the client takes it.
 * Answers the number of events.
 */
export async function publishTraffic(simulator: Simulator): Promise<number> {
  const streams = [
    generateTraffic({ org, seed, from: historyFrom, to: end }),
    ...attacks.map(({ name, start }) => findScenario(name)(org, start, seed)),
  ]
  let published = 0
  for (const { channel, payload } of mergeByTime(streams)) {
    if (!channels.includes(channel) || leftOut.has(String(payload.UserId))) continue
    if (published % step === 0) await simulator.ready(largestBacklog)
    simulator.publish(channel, payload)
    published++
  }
  simulator.publish('/event/LoginEventStream', {
    EventIdentifier: 'the-last-event',
    EventDate: new Date(lastEvent).toISOString(),
    UserId: entities.administrator,
    Status: 'Success',
    LoginType: 'Application',
  })
  return published + 1
}
