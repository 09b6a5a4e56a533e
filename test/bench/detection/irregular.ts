import { compileDetectors, readDetectors } from '../../../src/detection/definition/catalog.ts'
import type { DetectorSet } from '../../../src/detection/definition/detector.ts'
import { compareLevels, type Detection, type Level } from '../../../src/detection/detection.ts'
import { day, week } from '../../../src/duration.ts'
import { createActivityFeed } from './activity-feed.ts'
import { createExporters, type Exporter, type ExporterOptions, exportsOf } from './exporters.ts'
import { atMost, forComparison, type Gate, percent, type Section, times } from './gates.ts'
import { detectorsFolder } from './worlds.ts'

export type IrregularOptions = Omit<ExporterOptions, 'seed'> & {
  /** One for each org. */
  readonly seeds: readonly number[]
}

export const fullIrregular: IrregularOptions = {
  seeds: [777, 790, 803, 816, 829, 842, 855, 868],
  members: 150,
  weeks: 6,
  thieves: 10,
  thievesFrom: 4 * week,
}
export const shortIrregular: IrregularOptions = { ...fullIrregular, seeds: [777, 790] }

/** A Monday. */
const from = Date.UTC(2026, 4, 4)
const watched = 'slow-exfiltration'
/** How many of those who take nothing may be called thieves. */
const mostHigh = 0.02

/** Who was watched, and the highest level that was said of them; null for none. */
type Watched = readonly [exporter: Exporter, highest: Level | null]

/**
 * People who export now and then, and much or little: what they did in two weeks says little about the next two. How often does
 * the shipped detector take that for slow exfiltration?
 */
export async function measureIrregular(options: IrregularOptions): Promise<Section> {
  const { seeds, members, weeks, thieves } = options
  const { budget, set } = await loadWatched()
  const everybody = seeds.flatMap((seed) => watchExporters(set, { ...options, seed }))
  const honest = everybody.filter(([{ isThief }]) => !isThief)
  const stealing = everybody.filter(([{ isThief }]) => isThief)
  const raised = honest.filter(([, highest]) => highest !== null).length
  return {
    title: 'Irregular exporters',
    method: `${seeds.length} orgs of ${members} people over ${weeks} weeks who export one to six reports a week, of sizes whose logarithm varies by 1.5 to 2, half of them three times as often at the end of a quarter. One in ${thieves} takes besides one and a half usual weeks on each of the last ten working days.`,
    gates: [
      alertGate(raised, budget * weeks * week * seeds.length),
      atMost('of those who take nothing, called high', shareAt(honest, 'high'), mostHigh),
      forComparison('of those who take nothing, called medium or higher', percent(shareAt(honest, 'medium'))),
      forComparison('of those who take something, found', percent(shareAt(stealing, 'medium'))),
    ],
  }
}

function alertGate(raised: number, accepted: number): Gate {
  const show = (ratio: number) => `${times(ratio)} the budget`
  const gate = atMost('alerts on those who take nothing', raised / accepted, 1.5, show)
  return { ...gate, measured: `${raised} of ${Math.round(accepted)}, ${gate.measured}` }
}

function shareAt(all: readonly Watched[], level: Level): number {
  return all.filter(([, highest]) => highest && compareLevels(highest, level) >= 0).length / all.length
}

async function loadWatched(): Promise<{ budget: number; set: DetectorSet }> {
  const read = await readDetectors(detectorsFolder)
  const files = read.files.filter(({ definition }) => definition.id === watched)
  const [file] = files
  if (!file) throw new Error(`there is no detector ${watched}`)
  return { budget: file.definition.fires.budget, set: compileDetectors({ ...read, files }) }
}

function watchExporters(set: DetectorSet, options: ExporterOptions): Watched[] {
  const exporters = createExporters(options)
  const levels = new Map<string, Level>()
  const feed = createActivityFeed(set, ({ entity, level }: Detection) => {
    const highest = levels.get(entity.id)
    if (!highest || compareLevels(level, highest) > 0) levels.set(entity.id, level)
  })
  let end = from
  for (const { exporter, time, rows } of exportsOf(exporters, from, options)) {
    feed({ time, action: 'report-export', user: exporter.id, rows })
    end = time
  }
  // Somebody reads a row two days later, so that all days are closed.
  feed({ time: end + 2 * day, action: 'report-export', user: exporters[0]?.id ?? '', rows: 1 })
  return exporters.map((exporter) => [exporter, levels.get(exporter.id) ?? null])
}
