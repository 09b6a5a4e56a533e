import { compareLevels } from '../../../src/detection/detection.ts'
import { day, minute } from '../../../src/duration.ts'
import { createLives } from '../../../src/simulator/traffic/lives/lives.ts'
import type { Department, Person, SimulatedOrg } from '../../../src/simulator/traffic/org.ts'
import type { SimulatedEvent } from '../../../src/simulator/traffic/payload.ts'
import type { Case } from './case.ts'
import { usualAlerts } from './cases.ts'
import { atLeast, forComparison, type Gate, percent, type Section } from './gates.ts'
import { createLoot } from './loot.ts'
import { playCase } from './outcome.ts'
import type { Scene } from './scene.ts'
import { trafficOf, type World, worldOf } from './worlds.ts'

const weeks = 5
/** Before them each victim's usual day is measured for so long. */
const weeksBefore = 4
/** Whoever is away for longer than this many of the 25 working days is no victim: an insider takes nothing on a holiday. */
const mostAway = 5
const victimsOf: Readonly<Partial<Record<Department, number>>> = { support: 5, sales: 5 }
/** What is taken beside a usual day, in usual days: 3,200 rows of somebody who reads 2,300. */
const taken = 1.4
/** Most are found before half is gone. */
const mostFound = 0.75
const goneAtMost = 0.5

/**
 * People of an org that lives take more than their work needs, a list or a report at a time, all of them in the same five weeks: no
 * single window is remarkable. How many are called medium in time? One victim would tell little, for it matters most what theirs was
 * before: a busy fortnight, a holiday, a large export.
 */
export async function measureSlowDrips(): Promise<Section> {
  const world = await worldOf('small')
  const isAtWork = createPresence(world.org)
  const usual = usualRows(world, pickVictims(world, isAtWork), isAtWork)
  const enough = playDrips(world, isAtWork, usual, taken)
  const less = playDrips(world, isAtWork, usual, 1)
  return {
    title: 'Slow drips',
    method: `${usual.size} people of an org that was watched for four weeks take, on each day at work for ${weeks} weeks, a multiple of the rows they usually read, by lists and reports from the usual desk. Each one's usual day is the mean of the four weeks before.`,
    gates: [
      counted(
        atLeast(
          `of those who take ${taken} times their usual rows besides, medium with ≤ ${percent(goneAtMost)} gone`,
          shareOf(enough),
          mostFound,
        ),
        enough,
      ),
      counted(forComparison('of those who take as much again, likewise', percent(shareOf(less))), less),
      forComparison(
        'gone by the alert, of each of the former',
        enough.map((gone) => percent(gone ?? 1)).join(', '),
      ),
    ],
  }
}

function shareOf(gone: readonly (number | null)[]): number {
  return gone.filter((share) => share !== null && share <= goneAtMost).length / gone.length
}

function counted(gate: Gate, gone: readonly (number | null)[]): Gate {
  const inTime = Math.round(shareOf(gone) * gone.length)
  const later = gone.filter((share) => share !== null).length - inTime
  return { ...gate, measured: `${gate.measured} (${inTime} of ${gone.length}, ${later} later)` }
}

/** The share of the loot of each victim that is gone by the first alert of medium about them; null for none. */
function playDrips(
  world: World,
  isAtWork: Presence,
  usual: ReadonlyMap<Person, number>,
  times: number,
): (number | null)[] {
  const attack: Case = {
    id: `slow-drips-${times}`,
    title: '',
    days: weeks * 7,
    promise: { kind: 'attack' },
    play(scene) {
      for (const [person, rows] of usual) drip(scene, isAtWork, person, times * rows)
    },
  }
  const { scene, raised } = playCase(world, attack, usualAlerts(world, attack.days))
  const events = scene.events()
  return [...usual.keys()].map(({ id, username }) => {
    const found = raised.find(
      ({ entity, level }) => entity === username && compareLevels(level, 'medium') >= 0,
    )
    const loot = createLoot(events.filter(({ payload }) => payload.UserId === id))
    return found ? loot.goneAt(found.time) : null
  })
}

/** Twelve takes between eight and half past four, each report as much as two lists. */
function drip(scene: Scene, isAtWork: Presence, person: Person, rowsPerDay: number): void {
  const session = scene.usualSession(person)
  const part = Math.round(rowsPerDay / 16)
  for (const dayNumber of workdays(weeks)) {
    if (!isAtWork(person, scene.at(dayNumber, 0))) continue
    for (let take = 0; take < 12; take++) {
      const time = scene.at(dayNumber, 8) + take * 40 * minute + scene.recorder.random.integer(20 * minute)
      if (take % 3 === 0) scene.exportReport(time, session, 'Contact', 2 * part, 12)
      else scene.listView(time, session, part)
    }
  }
}

/** The first ones of each department who are there for nearly all of the weeks, and were for some days of those before. */
function pickVictims({ org, plan }: World, isAtWork: Presence): readonly Person[] {
  const daysAtWork = (person: Person, from: number, count: number) =>
    workdays(count).filter((dayNumber) => isAtWork(person, from + dayNumber * day)).length
  const there = createLives(org)
    .on(plan.monday)
    .staff.map(({ person }) => person)
    .filter((person) => daysAtWork(person, plan.monday, weeks) >= 5 * weeks - mostAway)
    .filter((person) => daysAtWork(person, plan.monday - weeksBefore * 7 * day, weeksBefore) >= 5)
  return Object.entries(victimsOf).flatMap(([department, count]) =>
    there.filter((person) => person.department === department).slice(0, count),
  )
}

/** The rows that each one reads on a day at work, in the mean of the weeks before. A dashboard shows sums of rows, and none of them. */
function usualRows(
  { org, plan }: World,
  victims: readonly Person[],
  isAtWork: Presence,
): ReadonlyMap<Person, number> {
  const from = plan.monday - weeksBefore * 7 * day
  const eventsOf = new Map<unknown, SimulatedEvent[]>(victims.map(({ id }) => [id, []]))
  for (const event of trafficOf(org, plan, from, plan.monday))
    if (!event.payload.DashboardId) eventsOf.get(event.payload.UserId)?.push(event)
  return new Map(
    victims.map((person) => {
      const days = workdays(weeksBefore).filter((n) => isAtWork(person, from + n * day)).length
      return [person, createLoot(eventsOf.get(person.id) ?? []).total / days]
    }),
  )
}

/** Numbers of the days from Monday to Friday in so many weeks; day 0 is a Monday. */
function workdays(count: number): readonly number[] {
  return Array.from({ length: 7 * count }, (_, dayNumber) => dayNumber).filter((n) => n % 7 < 5)
}

/** Tells who is at work on a day (00:00 UTC, ms). */
type Presence = (person: Person, dayStart: number) => boolean

function createPresence(org: SimulatedOrg): Presence {
  const lives = createLives(org)
  const atWork = new Map<number, ReadonlySet<string>>()
  return ({ id }, dayStart) => {
    let ids = atWork.get(dayStart)
    if (!ids) {
      const { staff } = lives.on(dayStart)
      ids = new Set(staff.filter(({ isAway }) => !isAway).map(({ person }) => person.id))
      atWork.set(dayStart, ids)
    }
    return ids.has(id)
  }
}
