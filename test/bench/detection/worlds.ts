import { loadDetectors } from '../../../src/detection/definition/catalog.ts'
import type { DetectorSet } from '../../../src/detection/definition/detector.ts'
import { day, hour } from '../../../src/duration.ts'
import { mergeByTime } from '../../../src/simulator/merge.ts'
import { generateTraffic } from '../../../src/simulator/traffic/generate.ts'
import { orgAt, userChanges } from '../../../src/simulator/traffic/lives/org-at.ts'
import { createOrg, type OrgSize, type SimulatedOrg } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import { playFormerUsers } from './former-users.ts'
import { directoryEvents, Scene } from './scene.ts'
import { createWatchedOrg, type Raised, type Snapshot } from './watched-org.ts'

/** An org with a past. */
export type WorldPlan = {
  readonly size: OrgSize
  readonly seed: string
  readonly timeZone: string
  /** Hours by which the whole org lives later than the simulator's own (Berlin, New York, Pune). */
  readonly shift: number
  /** Weeks of normal traffic before a case begins. */
  readonly weeks: number
  /** Monday on which cases begin. */
  readonly monday: number
  /** Only logins, exports and what people do by API, so that months take no longer than weeks. */
  readonly isThin?: true
  /** What happened in the past beside normal traffic; day 0 is its first. */
  readonly past?: (scene: Scene) => void
}

const monday = Date.UTC(2026, 9, 5)

export const worldPlans = {
  /** The one of the short run as well. */
  young: { size: 'small', seed: 'evaluation', timeZone: 'Europe/Berlin', shift: 0, weeks: 2, monday },
  small: { size: 'small', seed: 'evaluation', timeZone: 'Europe/Berlin', shift: 0, weeks: 4, monday },
  pacific: { size: 'small', seed: 'other', timeZone: 'America/Los_Angeles', shift: 8, weeks: 3, monday },
  eastern: {
    size: 'small',
    seed: 'third',
    timeZone: 'Asia/Tokyo',
    shift: -8,
    weeks: 3,
    monday: Date.UTC(2026, 5, 8),
  },
  /** Long enough for somebody to be forgotten. */
  long: {
    size: 'small',
    seed: 'evaluation',
    timeZone: 'Europe/Berlin',
    shift: 0,
    weeks: 16,
    monday,
    isThin: true,
    past: playFormerUsers,
  },
  medium: { size: 'medium', seed: 'evaluation', timeZone: 'Europe/Berlin', shift: 0, weeks: 6, monday },
} as const satisfies Record<string, WorldPlan>

export type WorldName = keyof typeof worldPlans

/** The shipped detectors. */
export const detectorsFolder = new URL('../../../detectors', import.meta.url).pathname

/** An org that has been watched through its past. */
export type World = {
  readonly name: WorldName
  readonly plan: WorldPlan
  readonly org: SimulatedOrg
  readonly detectors: DetectorSet
  readonly snapshot: Snapshot
  /** Number of events of the past, and the alerts that it raised. */
  readonly events: number
  readonly raised: readonly Raised[]
}

let latest: Promise<World> | undefined
let latestName: WorldName | undefined

/** A world, made when it is not the one that was asked for last: only one is kept, for a medium one is large. */
export function worldOf(name: WorldName): Promise<World> {
  if (latest === undefined || latestName !== name) {
    latestName = name
    latest = createWorld(name)
  }
  return latest
}

/** Watches the past of a world. */
async function createWorld(name: WorldName): Promise<World> {
  const plan: WorldPlan = worldPlans[name]
  const org = createOrg({ seed: plan.seed, size: plan.size })
  const detectors = await loadDetectors(detectorsFolder)
  const watched = createWatchedOrg({ detectors, org: { id: org.identity.id, name }, timeZone: plan.timeZone })
  const start = plan.monday - plan.weeks * 7 * day
  let events = 0
  const { users } = orgAt(org, start - plan.shift * hour)
  for (const [number, event] of directoryEvents(users, start).entries()) watched.feed(event, `user-${number}`)
  const scene = new Scene(orgAt(org, start), plan.seed, start, 'past')
  plan.past?.(scene)
  for (const event of mergeByTime([trafficOf(org, plan, start, plan.monday), scene.events()]))
    watched.feed(event, `past-${events++}`)
  return { name, plan, org, detectors, snapshot: watched.snapshot(), events, raised: watched.raised }
}

/** Normal traffic of a world between two times, and who joins and leaves. */
export function* trafficOf(
  org: SimulatedOrg,
  { seed, shift, isThin }: WorldPlan,
  from: number,
  to: number,
): Generator<SimulatedEvent> {
  const ms = shift * hour
  const keeps = isThin ? thinner(org) : () => true
  const changes = userChanges(org, from - ms, to - ms).flatMap(({ time, user }) =>
    directoryEvents([user], time),
  )
  const traffic = generateTraffic({ org, seed, from: from - ms, to: to - ms })
  for (const event of mergeByTime([changes, traffic])) {
    if (keeps(event)) yield ms === 0 ? event : shiftEvent(event, ms)
  }
}

function thinner({ integrations }: SimulatedOrg): (event: SimulatedEvent) => boolean {
  const programs: ReadonlySet<unknown> = new Set(integrations.map(({ id }) => id))
  return ({ channel, payload }) => {
    if (channel.endsWith('/LoginEventStream') || channel.endsWith('/directory')) return true
    if (channel.endsWith('/ApiEventStream')) return !programs.has(payload.UserId)
    return channel.endsWith('/ReportEventStream') && payload.Operation === 'ReportExported'
  }
}

/** The same event at another time. */
export function shiftEvent({ time, channel, payload }: SimulatedEvent, ms: number): SimulatedEvent {
  const later = (value: unknown) =>
    typeof value === 'string' ? new Date(Date.parse(value) + ms).toISOString() : value
  const moved = { ...payload, EventDate: later(payload.EventDate), CreatedDate: later(payload.CreatedDate) }
  return { time: time + ms, channel, payload: moved }
}
