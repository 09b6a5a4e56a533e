import { day, minute } from '../../../src/duration.ts'
import { createActivityFeed } from './activity-feed.ts'
import { compileDetectors } from './bench-detector.ts'
import { type Gate, plain, type Section, within } from './gates.ts'
import { createPopulation } from './population.ts'
import { createChance } from './random.ts'

type Model = keyof typeof measures
const measures = { counts: 'count', amounts: 'sum(rows)' } as const

export type SlidingOptions = {
  readonly seed: number
  readonly members: number
  readonly days: number
  /** Alerts a day that an analyst accepts. Few of them cannot be told apart from none in some weeks. */
  readonly budgets: readonly number[]
  /** Default both. */
  readonly models?: readonly Model[]
}

export const fullSliding: SlidingOptions = { seed: 20260914, members: 1500, days: 42, budgets: [20, 2] }
export const shortSliding: SlidingOptions = {
  seed: 20260914,
  members: 200,
  days: 24,
  budgets: [20],
  models: ['counts'],
}

/**
 * What an analyst is promised: with events at all times and windows that slide, nobody attacking, a budget of so many alerts
 * a day brings no more than that. An alert is an episode that a detector opens.
 */
export function measureSlidingBudget({
  seed,
  members,
  days,
  budgets,
  models = ['counts', 'amounts'],
}: SlidingOptions): Section {
  const quietUntil = 14 * day
  const population = createPopulation({ seed, members, days, quietUntil, attacks: 0 })
  const chance = createChance(seed + 7)
  const opened = new Map<string, number>()
  const sources = Object.fromEntries(
    budgets.flatMap((budget) => models.map((model) => [`${model}-${budget}`, toYaml(model, budget)])),
  )
  const feed = createActivityFeed(compileDetectors(sources), ({ detector, sequence, time }) => {
    if (sequence === 0 && time >= population.from + quietUntil)
      opened.set(detector.id, (opened.get(detector.id) ?? 0) + 1)
  })
  for (const { member, start, count, amount } of population.windows()) {
    const times = Array.from({ length: count }, () => start + chance.below(10 * minute)).sort((a, b) => a - b)
    for (const time of times)
      feed({
        time,
        action: 'api-query',
        user: member.id,
        rows: Math.ceil((2 * chance.next() * amount) / count),
      })
  }
  const gates = Object.keys(sources).map((id) => toGate(id, (opened.get(id) ?? 0) / (days - 14)))
  const size = `${members.toLocaleString('en')} entities over ${days} days without any attack`
  return {
    title: 'Alert budgets',
    method: `${size}, events at all times, windows of 10 min and 1 h that slide; alerts counted from day 14 on.`,
    gates,
  }
}

function toGate(id: string, perDay: number): Gate {
  const [kind, budget = '1'] = id.split('-')
  const gate = within(
    `${kind}: alerts at a budget of ${budget} a day`,
    perDay / Number(budget),
    [0.3, 1.5],
    (ratio) => `${ratio.toFixed(2)}× the budget`,
  )
  return { ...gate, measured: `${plain(perDay)} a day, ${gate.measured}` }
}

function toYaml(model: Model, budget: number): string {
  return `
where: { action: api-query }
entity: user
measure: ${measures[model]}
windows: [10m, 1h]
baseline: { model: ${model}, half_life: 14d }
fires: { budget: ${budget}/day, at_least: 1 }`
}
