import { day, hour } from '../../../src/duration.ts'
import { drawZone, shareAt } from './population.ts'
import { type Chance, createChance } from './random.ts'

/** What becomes of a member's use: nothing, twice as much for good, 5 % more each day, or five times as much for good. */
export const courses = ['steady', 'doubled', 'ramp', 'five-fold'] as const
export type Course = (typeof courses)[number]

export type Grower = {
  readonly id: string
  readonly course: Course
  readonly isMachine: boolean
  readonly zone: number
  /** Events per hour in the mean of a week, before anything changes. */
  readonly rate: number
  readonly calmness: number
}

export type GrowthOptions = {
  readonly seed: number
  readonly members: number
  readonly days: number
  /** Ms after the start from when on use changes. */
  readonly changesAfter: number
}

/** A ramp ends here: by then it is an excess, not a drift. */
const largestGrowth = 8

/** Seven in ten stay as they are, and one in ten takes each of the other courses. */
export function createGrowers({ seed, members }: GrowthOptions): readonly Grower[] {
  const chance = createChance(seed)
  return Array.from({ length: members }, (_, number) => {
    const isMachine = number % 5 === 0
    return {
      id: `005growth${String(number).padStart(6, '0')}AAA`,
      course: courses[Math.max(0, (number % 10) - 6)] as Course,
      isMachine,
      zone: isMachine ? 0 : drawZone(chance) * hour,
      rate: Math.min(15, Math.max(0.7, chance.logNormal(2, 0.7))),
      calmness: 2 + 4 * chance.next(),
    }
  })
}

/** By what factor a course has grown so long after its change, ms. */
export function growthAt(course: Course, since: number): number {
  if (since < 0 || course === 'steady') return 1
  if (course === 'ramp') return Math.min(largestGrowth, 1.05 ** (since / day))
  return course === 'doubled' ? 2 : 5
}

/** Times at which members do something, hour by hour, in the order of time within a member's hour. */
export function* growersAtWork(
  growers: readonly Grower[],
  from: number,
  { seed, days, changesAfter }: GrowthOptions,
) {
  const chance = createChance(seed + 1)
  for (let start = from; start < from + days * day; start += hour) {
    for (const grower of growers) {
      const factor = growthAt(grower.course, start - from - changesAfter)
      for (const time of timesIn(chance, start, grower, factor)) yield { grower, time }
    }
  }
}

function timesIn(chance: Chance, start: number, grower: Grower, factor: number): number[] {
  const busy = grower.rate * shareAt(grower, start) * chance.gamma(grower.calmness) * factor
  return Array.from({ length: chance.poisson(busy) }, () => start + chance.below(hour)).sort((a, b) => a - b)
}
