import type { Detection } from '../../../src/detection/detection.ts'
import { day, hour } from '../../../src/duration.ts'
import { createActivityFeed } from './activity-feed.ts'
import { compileDetectors } from './bench-detector.ts'
import { falseAlarmGates, powerGates } from './false-alarm-gates.ts'
import type { Section } from './gates.ts'
import { type Activity10, createPopulation, type Population, windowLength } from './population.ts'
import { RollingZ } from './rolling-z.ts'

const nominals = [1e-3, 1e-4, 1e-5] as const

export type FalseAlarmOptions = {
  readonly seed: number
  readonly members: number
  readonly days: number
  readonly attacks: number
  /** Nominal probabilities to gate: the smaller ones need many windows. */
  readonly nominals: readonly number[]
}

export const fullFalseAlarms: FalseAlarmOptions = {
  seed: 20260907,
  members: 1500,
  days: 42,
  attacks: 570,
  nominals,
}
export const shortFalseAlarms: FalseAlarmOptions = {
  seed: 20260907,
  members: 200,
  days: 28,
  attacks: 80,
  nominals: [1e-3],
}

export type Kind = 'counts' | 'amounts'

/**
 * How often the detectors fire on nothing, and how many attacks they find.
 *
 * Nominal: a detector fires when p falls to its threshold; the threshold is the budget divided by how often it looks. A window
 * that slides is looked at with every event, so that no single look has a rate of its own. Here every event of a fixed window
 * falls into the first tenth of it: the sliding window that ends there holds this fixed window and nothing else, is looked at
 * once (with growing count), and the share of benign windows that fire can be held against the threshold that the detections
 * state. For counts every window of a present member is a look, for amounts every window in which something moved.
 */
export function measureFalseAlarms(options: FalseAlarmOptions): Section {
  const quietUntil = Math.min(14, options.days / 2) * day
  const population = createPopulation({ ...options, quietUntil })
  const from = population.from + quietUntil
  const counts = run(population, 'counts', options, from)
  const amounts = run(population, 'amounts', options, from)
  const gates = [
    ...falseAlarmGates(counts),
    ...falseAlarmGates(amounts),
    ...powerGates(counts, amounts, options),
  ]
  const size = `${options.members.toLocaleString('en')} entities over ${options.days} days`
  return {
    title: 'False alarms and attacks found',
    method: `${size}, scored from day ${quietUntil / day} on, ${options.attacks} attacks injected into one window each. Nominal is the threshold that the detections state; actual is the share of benign fixed windows that fired.`,
    gates,
  }
}

/** What one population said about one model. */
export type Run = {
  readonly kind: Kind
  readonly benign: number
  /** Per nominal probability: benign windows that fired, and the mean threshold stated. */
  readonly fired: ReadonlyMap<number, { windows: number; threshold: number }>
  /** log10 p of every window that fired at the widest threshold. */
  readonly benignScores: readonly number[]
  readonly attackScores: readonly number[]
  readonly attacks: number
  readonly days: number
  /** Of the z-score, for counts. */
  readonly benignZ: readonly number[]
  readonly attackZ: readonly number[]
}

function run(population: Population, kind: Kind, options: FalseAlarmOptions, from: number): Run {
  const activeRate = kind === 'amounts' ? activeWindowsPerHour(population, from, options.days) : 0
  const perHour = kind === 'counts' ? (options.members * hour) / windowLength : activeRate
  const sources = Object.fromEntries(options.nominals.map((p) => [detectorId(p), toYaml(kind, p * perHour)]))
  const scores = new Map<string, Map<string, number>>(Object.keys(sources).map((id) => [id, new Map()]))
  const thresholds = new Map<string, { sum: number; count: number }>()
  const feed = createActivityFeed(compileDetectors(sources), (detection) =>
    note(detection, scores, thresholds),
  )
  const attacked = new Set<string>()
  const z = new Map<string, RollingZ>()
  const benignZ: number[] = []
  const attackZ: number[] = []
  let active = 0
  for (const window of population.windows()) {
    const { member, start, isAttack } = window
    feedWindow(feed, kind, window)
    const score = zOf(z, window)
    if (start < from) continue
    active++
    if (isAttack) attacked.add(keyOf(member.id, start))
    if (isAttack) attackZ.push(score)
    else if (score > 3) benignZ.push(score)
  }
  return collectRun({
    kind,
    scores,
    thresholds,
    attacked,
    from,
    options,
    benignZ,
    attackZ,
    benign: kind === 'counts' ? population.benignWindows : active - attacked.size,
  })
}

type Collected = Pick<Run, 'kind' | 'benign' | 'benignZ' | 'attackZ'> & {
  readonly scores: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly thresholds: ReadonlyMap<string, { sum: number; count: number }>
  readonly attacked: ReadonlySet<string>
  readonly from: number
  readonly options: FalseAlarmOptions
}

function collectRun({ scores, thresholds, attacked, from, options, ...run }: Collected): Run {
  const late = (key: string) => Number(key.slice(key.indexOf('@') + 1)) >= from
  const fired = new Map(
    options.nominals.map((nominal) => {
      const keys = [...(scores.get(detectorId(nominal)) ?? new Map()).keys()]
      const windows = keys.filter((key) => late(key) && !attacked.has(key)).length
      const stated = thresholds.get(detectorId(nominal))
      return [nominal, { windows, threshold: stated ? 10 ** (stated.sum / stated.count) : nominal }]
    }),
  )
  const widest = [...(scores.get(detectorId(options.nominals[0] as number)) ?? [])].filter(([key]) =>
    late(key),
  )
  return {
    ...run,
    fired,
    benignScores: widest.filter(([key]) => !attacked.has(key)).map(([, p]) => p),
    attackScores: widest.filter(([key]) => attacked.has(key)).map(([, p]) => p),
    attacks: attacked.size,
    days: options.days - Math.min(14, options.days / 2),
  }
}

function feedWindow(
  feed: ReturnType<typeof createActivityFeed>,
  kind: Kind,
  { member, start, count, amount }: Activity10,
): void {
  const user = member.id
  if (kind === 'amounts') {
    feed({ time: start + 30_000, action: 'api-query', user, rows: amount })
    return
  }
  for (let number = 0; number < count; number++)
    feed({ time: start + 1000 + Math.floor((58_000 * number) / count), action: 'api-query', user })
}

function zOf(z: Map<string, RollingZ>, { member, start, count }: Activity10): number {
  const rolling = z.get(member.id) ?? new RollingZ()
  z.set(member.id, rolling)
  return rolling.score(Math.floor(start / windowLength), count)
}

/** Keeps the smallest p that was said about a window. */
function note(
  detection: Detection,
  scores: ReadonlyMap<string, Map<string, number>>,
  thresholds: Map<string, { sum: number; count: number }>,
): void {
  const { statistics, detector, entity, time } = detection
  const of = scores.get(detector.id)
  if (!statistics || !of) return
  const key = keyOf(entity.id, Math.floor(time / windowLength) * windowLength)
  of.set(key, Math.min(of.get(key) ?? 0, statistics.log10p))
  const stated = thresholds.get(detector.id) ?? { sum: 0, count: 0 }
  stated.sum += Math.log10(statistics.threshold)
  stated.count++
  thresholds.set(detector.id, stated)
}

function activeWindowsPerHour(population: Population, from: number, days: number): number {
  let active = 0
  for (const { start } of population.windows()) if (start >= from) active++
  return (active * hour) / (population.from + days * day - from)
}

function keyOf(user: string, start: number): string {
  return `${user}@${start}`
}

function detectorId(nominal: number): string {
  return `nominal-${nominal.toExponential().replace('e-', '-e')}`
}

function toYaml(kind: Kind, budgetPerHour: number): string {
  return `
where: { action: api-query }
entity: user
measure: ${kind === 'counts' ? 'count' : 'sum(rows)'}
windows: [10m]
baseline: { model: ${kind}, half_life: 14d }
fires: { budget: ${budgetPerHour.toFixed(6)}/hour, at_least: 1 }`
}
