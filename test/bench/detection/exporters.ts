import { day, hour, week } from '../../../src/duration.ts'
import { drawZone } from './population.ts'
import { type Chance, createChance } from './random.ts'

/** Somebody who exports reports when there is a reason to, not every day. */
export type Exporter = {
  readonly id: string
  readonly isThief: boolean
  /** Ms by which the exporter's day is ahead of UTC. */
  readonly zone: number
  readonly perWeek: number
  /** Shape of the gamma noise by which each week is busier or calmer. */
  readonly calmness: number
  /** Median rows of a report, and the standard deviation of their logarithm. */
  readonly usualRows: number
  readonly spread: number
  readonly isAtQuarterEnd: boolean
}

export type Export = { readonly exporter: Exporter; readonly time: number; readonly rows: number }

export type ExporterOptions = {
  readonly seed: number
  readonly members: number
  readonly weeks: number
  /** One in so many becomes a thief; 0 for none. */
  readonly thieves: number
  /** Ms after the start from when on thieves take more. */
  readonly thievesFrom: number
}

/** What a report may hold at most. */
const largestReport = 200_000
/** The last three working days of this week (from 0 on) end a quarter. */
const quarterEndWeek = 4
/** What a thief takes on each working day, in usual weeks of the exporter, and in how many parts. */
const takenPerDay = 1.5
const takes = 6

/** One to six exports a week, of sizes that hardly have a mean: a standard deviation of the logarithm of 1.5 to 2. */
export function createExporters({ seed, members, thieves }: ExporterOptions): readonly Exporter[] {
  const chance = createChance(seed)
  return Array.from({ length: members }, (_, number) => ({
    id: `005export${String(number).padStart(6, '0')}AAA`,
    isThief: thieves > 0 && number % thieves === 0,
    zone: drawZone(chance) * hour,
    perWeek: 1 + 5 * chance.next(),
    calmness: 1 + 3 * chance.next(),
    usualRows: chance.logNormal(600, 0.9),
    spread: 1.5 + 0.5 * chance.next(),
    isAtQuarterEnd: chance.next() < 0.5,
  }))
}

/** What they export, in the order of time. A Monday comes first. */
export function exportsOf(
  exporters: readonly Exporter[],
  from: number,
  { seed, weeks, thievesFrom }: ExporterOptions,
): readonly Export[] {
  const chance = createChance(seed + 1)
  const all: Export[] = []
  for (const exporter of exporters) {
    for (let number = 0; number < weeks; number++) {
      const monday = from + number * week - exporter.zone
      const busy = exporter.perWeek * chance.gamma(exporter.calmness)
      const add = (firstDay: number, count: number) => {
        for (let i = 0; i < count; i++)
          all.push({ exporter, time: workTime(chance, monday, firstDay), rows: drawRows(chance, exporter) })
      }
      add(0, chance.poisson(busy))
      if (number === quarterEndWeek && exporter.isAtQuarterEnd) add(2, chance.poisson(2 * exporter.perWeek))
    }
    if (exporter.isThief) all.push(...thefts(chance, exporter, from, weeks, thievesFrom))
  }
  return all.filter(({ time }) => time >= from).sort((a, b) => a.time - b.time)
}

/** What an exporter takes in the mean of many weeks, rows a week. */
function weeklyRows({ perWeek, usualRows, spread }: Exporter): number {
  return perWeek * usualRows * Math.exp(spread ** 2 / 2)
}

function* thefts(chance: Chance, exporter: Exporter, from: number, weeks: number, since: number) {
  const rows = Math.round((takenPerDay * weeklyRows(exporter)) / takes)
  for (let start = from + since; start < from + weeks * week; start += day) {
    if (((start - from) / day) % 7 > 4) continue
    for (let take = 0; take < takes; take++)
      yield { exporter, time: start - exporter.zone + (9 + take) * hour + chance.below(hour), rows }
  }
}

function workTime(chance: Chance, monday: number, firstDay: number): number {
  return monday + (firstDay + chance.below(5 - firstDay)) * day + 8 * hour + chance.below(10 * hour)
}

function drawRows(chance: Chance, { usualRows, spread }: Exporter): number {
  return Math.max(1, Math.round(Math.min(largestReport, chance.logNormal(usualRows, spread))))
}
