import type { Detection } from '../../../src/detection/detection.ts'
import { day } from '../../../src/duration.ts'
import { createActivityFeed } from './activity-feed.ts'
import { compileDetectors } from './bench-detector.ts'
import { atLeast, atMost, type Gate, plain, type Section, times } from './gates.ts'
import { type Course, createGrowers, type Grower, type GrowthOptions, growersAtWork } from './growth.ts'

export type DriftOptions = GrowthOptions & {
  /** Budget of the drift detector, alerts a week. */
  readonly budget: number
}

export const fullDrift: DriftOptions = {
  seed: 20261005,
  members: 400,
  days: 125,
  changesAfter: 50 * day,
  budget: 1,
}

/** A Monday. */
const from = Date.UTC(2026, 4, 4)

/** Slow growth, and growth that is there to stay: is it found, and does it stop being told? */
export function measureDrift(options: DriftOptions): Section {
  const growers = createGrowers(options)
  const byId = new Map(growers.map((grower) => [grower.id, grower]))
  const drifts = new Map<Grower, number[]>()
  const points = new Map<Grower, number[]>()
  const feed = createActivityFeed(
    compileDetectors(detectors(options)),
    ({ detector, sequence, entity, time }: Detection) => {
      const grower = byId.get(entity.id)
      if (!grower || sequence > 0) return
      const list = detector.id === 'drift' ? drifts : points
      list.set(grower, [...(list.get(grower) ?? []), time])
    },
  )
  for (const { grower, time } of growersAtWork(growers, from, options))
    feed({ time, action: 'api-query', user: grower.id })
  const changed = from + options.changesAfter
  return {
    title: 'Slow growth',
    method: `${options.members} entities over ${options.days} days, a third of them machines or in other zones; after ${options.changesAfter / day} days one in ten doubles, one grows by 5 % a day, one does five times as much for good.`,
    gates: [
      falseAlarmGate(drifts, options),
      foundGate('2× growth found within 20 days', 'doubled', growers, drifts, [changed, changed + 20 * day]),
      foundGate('5 % a day found before it is 3×', 'ramp', growers, drifts, [
        changed,
        changed + (Math.log(3) / Math.log(1.05)) * day,
      ]),
      ...permanentGates(growers, drifts, points, changed),
    ],
  }
}

function detectors({ budget }: DriftOptions): Record<string, string> {
  const rest = 'where: { action: api-query }\nentity: user\nmeasure: count'
  return {
    drift: `${rest}\nwindows: [24h]\nbaseline: { model: drift, half_life: 14d }\nfires: { budget: ${budget}/week }`,
    point: `${rest}\nwindows: [1h, 24h]\nbaseline: { model: counts, half_life: 14d }\nfires: { budget: 1/day }`,
  }
}

type Alerts = ReadonlyMap<Grower, readonly number[]>

function falseAlarmGate(drifts: Alerts, { days, budget }: DriftOptions): Gate {
  const steady = [...drifts].filter(([{ course }]) => course === 'steady').flatMap(([, list]) => list).length
  const accepted = (0.7 * budget * days) / 7
  const gate = atMost(
    'drift alerts on those who stay as they are',
    steady / accepted,
    1.5,
    (ratio) => `${times(ratio)} the budget`,
  )
  return { ...gate, measured: `${steady} in ${days} days, ${gate.measured}` }
}

function foundGate(
  name: string,
  course: Course,
  growers: readonly Grower[],
  drifts: Alerts,
  [first, last]: readonly [number, number],
): Gate {
  const all = growers.filter((grower) => grower.course === course)
  const found = all.filter((grower) => drifts.get(grower)?.some((time) => time >= first && time <= last))
  return atLeast(name, found.length / all.length, 0.95)
}

/** A change that is there to stay is told once or twice, and no longer than some days. */
function permanentGates(
  growers: readonly Grower[],
  drifts: Alerts,
  points: Alerts,
  changed: number,
): readonly Gate[] {
  const all = growers.filter(({ course }) => course === 'five-fold')
  const late = (list: readonly number[] | undefined) =>
    (list ?? []).filter((time) => time > changed + 5 * day).length
  const noisy = all.filter((grower) => late(points.get(grower)) > 0).length
  const incidents = all.reduce(
    (sum, grower) => sum + (drifts.get(grower) ?? []).filter((time) => time >= changed).length,
    0,
  )
  return [
    atLeast('a permanent 5× change: no point alert after 5 days', 1 - noisy / all.length, 0.95),
    atMost('a permanent 5× change: drift incidents per entity', incidents / all.length, 1.5, plain),
  ]
}
