import {
  type Beta,
  betaBinomialQuantile,
  betaPriorByMoments,
  log10BetaBinomialTail,
  predictiveBeta,
} from '../algorithms/beta-binomial.ts'
import type { Formulas } from './formulas.ts'
import type { GroupState } from './group-state.ts'
import { moment } from './measure-state.ts'
import type { BaselineModel, Judgement, WindowSlot } from './model.ts'

/** Cells: decayed hits and trials, v and w of the unrest, and the number of windows that had trials. */
const cell = {
  hits: moment.first,
  trials: moment.second,
  scatter: moment.third,
  chance: moment.fourth,
  windows: moment.standing,
} as const
/** Priors in force per window: alpha, beta, the group's unrest. Sums: those of the moments, then unrest and its weight. */
const prior = { alpha: 0, beta: 1, unrest: 2, count: 3 } as const
const sum = {
  entities: 0,
  trials: 1,
  squaredTrials: 2,
  hits: 3,
  squaredHits: 4,
  unrest: 5,
  unrestWeight: 6,
  count: 7,
} as const

/** What is taken for the unrest of a group, with the weight of so many entities; and a group's weight in windows. */
const usualUnrest = { value: 0.02, entities: 3, windows: 20 } as const
const unrestRange = { least: 0.001, most: 0.5 } as const
/** A window teaches hits up to so many standard deviations and a few. */
const mostDeviations = 6

/** Beta-binomial with parameters `alpha` and `beta`, of `trials` trials. */
export const ratioFormulas: Formulas = {
  log10p: ({ alpha = 1, beta = 1, trials = 0 }, observed) =>
    log10BetaBinomialTail(observed, Math.max(trials, observed), { alpha, beta }),
  expected: ({ alpha = 1, beta = 1, trials = 0 }) => (trials * alpha) / (alpha + beta),
  usualRange: ({ alpha = 1, beta = 1, trials = 0 }) => ({
    low: betaBinomialQuantile(0.05, trials, { alpha, beta }),
    high: betaBinomialQuantile(0.95, trials, { alpha, beta }),
  }),
}

/**
 * Share of hits among trials: that of an entity is shrunk to its peers, and wider by its own unrest, the correlation of trials
 * within a window. It knows no hours: at night there are fewer trials, not other shares.
 */
export function createRatioModel(halfLife: number): BaselineModel {
  return {
    name: 'ratio',
    halfLife,
    looksWhenIdle: false,
    judgesAmountAlone: false,
    sumsPerWindow: sum.count,
    priorsPerWindow: prior.count,
    factorOf: () => 1,

    renewPriors(sums, priors, windows) {
      for (let k = 0; k < windows; k++) {
        const at = (index: number) => sums[k * sum.count + index] as number
        const { alpha, beta } = betaPriorByMoments({
          entities: at(sum.entities),
          trials: at(sum.trials),
          squaredTrials: at(sum.squaredTrials),
          hits: at(sum.hits),
          squaredHits: at(sum.squaredHits),
        })
        const weight = at(sum.unrestWeight) + usualUnrest.entities
        const unrest = (at(sum.unrest) + usualUnrest.entities * usualUnrest.value) / weight
        priors.set([alpha, beta, unrest], k * prior.count)
      }
    },

    contribute(slot, group, sign) {
      const trials = read(slot, cell.trials)
      if (trials < 1) return
      const hits = read(slot, cell.hits)
      const weight = Math.min(1, read(slot, cell.chance))
      const parts = [1, trials, trials ** 2, hits, hits ** 2 / trials, weight * ownUnrest(slot), weight]
      for (const [i, part] of parts.entries()) {
        const index = slot.k * sum.count + i
        group.sums[index] = (group.sums[index] as number) + sign * part
      }
    },

    learn(slot, group, _start, hits, teaching, trials = 0) {
      const kept = 2 ** (-slot.length / halfLife)
      if (trials === 0) {
        decay(slot, kept)
        return
      }
      const share = predictive(slot, group)
      decay(slot, kept)
      if (teaching === 'excluded') return
      addWindow(slot, teaching === 'raw' ? hits : Math.min(hits, mostLearned(share, trials)), trials)
    },

    makeUp(slot, _group, _start, hits, trials = hits) {
      addWindow(slot, hits, trials)
    },

    idle(slot, _group, from, to) {
      decay(slot, 2 ** ((from - to) / halfLife))
    },

    judge(slot, group, _start, _end, observed, trials = 0): Judgement | null {
      const share = predictive(slot, group)
      const parameters = { alpha: share.alpha, beta: share.beta, trials, unrest: unrestOf(slot, group) }
      const expected = ratioFormulas.expected(parameters)
      if (observed <= expected) return null
      const strength = priorOf(slot, group)
      const weight = strength.alpha + strength.beta
      return {
        model: 'ratio',
        log10p: ratioFormulas.log10p(parameters, observed),
        expected,
        parameters,
        hourFactor: 1,
        peerWeight: weight / (weight + read(slot, cell.trials)),
      }
    },

    looks: (_members, active) => active,
  }
}

function priorOf({ k }: WindowSlot, group: GroupState): Beta {
  const at = k * prior.count
  return {
    alpha: group.priors[at + prior.alpha] as number,
    beta: group.priors[at + prior.beta] as number,
  }
}

function predictive(slot: WindowSlot, group: GroupState): Beta {
  const { alpha, beta } = priorOf(slot, group)
  const hits = read(slot, cell.hits)
  const misses = Math.max(0, read(slot, cell.trials) - hits)
  return predictiveBeta({ alpha: alpha + hits, beta: beta + misses }, unrestOf(slot, group))
}

/** Shrunk to the group's with the weight of twenty windows. */
function unrestOf(slot: WindowSlot, group: GroupState): number {
  const peers = group.priors[slot.k * prior.count + prior.unrest] as number
  const windows = Math.min(read(slot, cell.chance), read(slot, cell.windows))
  return (usualUnrest.windows * peers + windows * ownUnrest(slot)) / (usualUnrest.windows + windows)
}

/** v/w: Σ(k − n·m)² − n·m(1−m) over Σ n(n−1)·m(1−m). */
function ownUnrest(slot: WindowSlot): number {
  const ratio = read(slot, cell.scatter) / Math.max(read(slot, cell.chance), 1e-12)
  return Math.min(unrestRange.most, Math.max(unrestRange.least, ratio))
}

function addWindow(slot: WindowSlot, hits: number, trials: number): void {
  const known = read(slot, cell.trials)
  const mean = known > 0 ? (read(slot, cell.hits) + 0.5) / (known + 1) : (hits + 0.5) / (trials + 1)
  const chance = mean * (1 - mean)
  add(slot, cell.hits, hits)
  add(slot, cell.trials, trials)
  add(slot, cell.scatter, (hits - trials * mean) ** 2 - trials * chance)
  add(slot, cell.chance, trials * (trials - 1) * chance)
  add(slot, cell.windows, 1)
}

/** n·m + 6·√(n·m(1−m)·(1+(n−1)·ρ)) + 3, ρ = 1/(α+β+1). */
function mostLearned(share: Beta, trials: number): number {
  const mean = meanOf(share)
  const spread = 1 + (trials - 1) / (share.alpha + share.beta + 1)
  return trials * mean + mostDeviations * Math.sqrt(trials * mean * (1 - mean) * spread) + 3
}

function meanOf({ alpha, beta }: Beta): number {
  return alpha / (alpha + beta)
}

function decay(slot: WindowSlot, kept: number): void {
  for (const index of Object.values(cell)) slot.cells[slot.base + index] = read(slot, index) * kept
}

function read({ cells, base }: WindowSlot, index: number): number {
  return cells[base + index] as number
}

function add(slot: WindowSlot, index: number, amount: number): void {
  slot.cells[slot.base + index] = read(slot, index) + amount
}
