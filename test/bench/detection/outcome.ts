import { compareLevels, type Level } from '../../../src/detection/detection.ts'
import { day } from '../../../src/duration.ts'
import { mergeByTime } from '../../../src/simulator/merge.ts'
import { orgAt } from '../../../src/simulator/traffic/lives/org-at.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import type { Case } from './case.ts'
import { createLoot, type Loot } from './loot.ts'
import { Scene } from './scene.ts'
import { createWatchedOrg, type Raised } from './watched-org.ts'
import { trafficOf, type World } from './worlds.ts'

/** What came of a case. */
export type Outcome = {
  readonly scene: Scene
  /** Event time of the first event of the case, ms. */
  readonly start: number
  readonly loot: Loot
  /** Alerts that would not have been raised, or not at that level, without it. In order. */
  readonly raised: readonly Raised[]
}

/** Plays a case on a copy of the world's state. `usual`: what the same days raise without it. */
export function playCase(world: World, { id, days, play, alter }: Case, usual: readonly Raised[]): Outcome {
  const scene = new Scene(orgAt(world.org, world.plan.monday), world.plan.seed, world.plan.monday, id)
  play?.(scene)
  const events = scene.events()
  const raised = watchDays(world, days, events, alter && ((event) => alter(event, scene)))
  const known = new Set(usual.map(keyOf))
  const first = events[0]
  return {
    scene,
    start: first ? eventTime(first) : world.plan.monday,
    loot: createLoot(events),
    raised: raised.filter((one) => !known.has(keyOf(one))),
  }
}

/** The alerts of some days of normal traffic with other events in it. */
export function watchDays(
  { name, plan, org, detectors, snapshot }: World,
  days: number,
  events: Iterable<SimulatedEvent> = [],
  alter?: (event: SimulatedEvent) => SimulatedEvent | null,
): readonly Raised[] {
  const ref = { id: org.identity.id, name }
  const watched = createWatchedOrg({ detectors, org: ref, timeZone: plan.timeZone, from: snapshot })
  const usual = trafficOf(org, plan, plan.monday, plan.monday + days * day)
  let number = 0
  for (const event of mergeByTime([alter ? altered(usual, alter) : usual, events]))
    watched.feed(event, `case-${number++}`)
  return watched.raised
}

function* altered(events: Iterable<SimulatedEvent>, alter: (event: SimulatedEvent) => SimulatedEvent | null) {
  for (const event of events) {
    const changed = alter(event)
    if (changed) yield changed
  }
}

/** The first alert of at least this level. */
export function firstOf(
  raised: readonly Raised[],
  level: Level,
  since = Number.NEGATIVE_INFINITY,
): Raised | undefined {
  return raised.find((one) => one.time >= since && compareLevels(one.level, level) >= 0)
}

export function highestOf(raised: readonly Raised[]): Level | 'none' {
  return raised.reduce<Level | 'none'>(
    (highest, { level }) => (highest === 'none' || compareLevels(level, highest) > 0 ? level : highest),
    'none',
  )
}

function keyOf({ alert, level }: Raised): string {
  return `${alert}/${level}`
}

function eventTime({ payload, time }: SimulatedEvent): number {
  return typeof payload.EventDate === 'string' ? Date.parse(payload.EventDate) : time
}
