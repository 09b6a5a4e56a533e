import { day, hour } from '../../duration.ts'
import {
  clippedSpread,
  credibility,
  type GammaPrior,
  predictiveSize,
  priorByMoments,
  shrunkSpread,
  winsorCap,
} from '../algorithms/gamma-poisson.ts'
import {
  log10Mixture,
  log10NegativeBinomialLowerTail,
  log10NegativeBinomialTail,
  negativeBinomialQuantile,
} from '../algorithms/log-tails.ts'
import { binOf, binRates, rateBins } from '../algorithms/rate-histogram.ts'
import { hourOfWeek, hoursPerWeek } from '../algorithms/season.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import type { Formulas } from './formulas.ts'
import type { GroupState } from './group-state.ts'
import { moment } from './measure-state.ts'
import type { BaselineModel, Judgement, Teaching, WindowSlot } from './model.ts'

/** Priors in force per window: a0, b0 and the group's spread 1/φ. Sums: spread, its weight, then the rate histogram. */
const prior = { a0: 0, b0: 1, spread: 2, count: 3 } as const
const sum = { spread: 0, spreadWeight: 1, histogram: 2, count: 2 + rateBins } as const

/** Prior counts on the factor of each hour of the week. */
const factorWeight = 3
/** A group's spread is shrunk to 1 with the weight of so many entities. */
const spreadWeight = 3
/** Nothing closer to the expectation than so many standard deviations is improbable enough to matter: p > 0.001. */
const leastDeviations = 3

/** Posterior of an entity's rate, and what its own windows weigh in it beside the prior. */
type Rate = GammaPrior & { readonly a: number; readonly b: number; readonly weight: number }

/**
 * Negative binomial with mean `mu` and size `r`; `below` is 1 where it is the probability of so little, not of so much. With the
 * probability `away` only those bring events who are at work: `present`, of size `presentSize`.
 */
export const countsFormulas: Formulas = {
  log10p: ({ mu = 0, r = 1, below = 0, away = 0, present = 0, presentSize = 1 }, observed) =>
    below === 1
      ? log10Mixture(
          away,
          log10NegativeBinomialLowerTail(observed, present, presentSize),
          log10NegativeBinomialLowerTail(observed, mu, r),
        )
      : log10NegativeBinomialTail(observed, mu, r),
  expected: ({ mu = 0 }) => mu,
  usualRange: ({ mu = 0, r = 1 }) => ({
    low: negativeBinomialQuantile(0.05, mu, r),
    high: negativeBinomialQuantile(0.95, mu, r),
  }),
  learnable: ({ mu = 0, r = 1 }) => winsorCap(mu, r),
}

/** Gamma–Poisson: the rate of an entity shrunk to its peers, times the group's hour of the week; negative binomial tails. */
export function createCountsModel(halfLife: number, offset: ZoneOffset): BaselineModel {
  function rateOf(slot: WindowSlot, group: GroupState): Rate {
    const at = slot.k * prior.count
    const a0 = group.priors[at + prior.a0] as number
    const b0 = group.priors[at + prior.b0] as number
    const mean = (a0 / b0) * meanExposure(slot, group)
    const weight = credibility(mean, group.priors[at + prior.spread] as number)
    return {
      a0,
      b0,
      weight,
      a: a0 + weight * cell(slot, moment.first),
      b: b0 + weight * cell(slot, moment.second),
    }
  }

  function sizeOf(slot: WindowSlot, group: GroupState, a: number): { phi: number; r: number } {
    const groupSpread = group.priors[slot.k * prior.count + prior.spread] as number
    const windows = cell(slot, moment.second) / meanExposure(slot, group)
    const phi = 1 / shrunkSpread(cell(slot, moment.third), cell(slot, moment.fourth), windows, groupSpread)
    return { phi, r: predictiveSize(phi, a) }
  }

  return {
    name: 'counts',
    judgesAmountAlone: true,
    looksWhenIdle: true,
    halfLife,
    sumsPerWindow: sum.count,
    priorsPerWindow: prior.count,

    /** What the group counts per hour, shrunk to the mean of the week. */
    factorOf(own, total) {
      const mean = Math.max(total.counted, 1) / Math.max(total.watched, 1e-3)
      return (own.counted + factorWeight) / (own.watched + factorWeight / mean)
    },

    renewPriors(sums, priors, windows, members) {
      for (let k = 0; k < windows; k++) {
        const from = k * sum.count
        const weights = sums.subarray(from + sum.histogram, from + sum.count)
        const { a0, b0 } = priorByMoments({ rates: binRates, weights }, 1 / Math.max(members, 1))
        const weight = (sums[from + sum.spreadWeight] as number) + spreadWeight
        priors.set([a0, b0, ((sums[from + sum.spread] as number) + spreadWeight) / weight], k * prior.count)
      }
    },

    contribute(slot, group, sign) {
      const from = slot.k * sum.count
      const standing = slot.base + moment.standing
      if (sign === 1) slot.cells[standing] = standingOf(slot, group)
      const bin = (slot.cells[standing] as number) - 1
      if (bin >= 0) add(group.sums, from + sum.histogram + bin, sign)
      const weight = Math.min(1, cell(slot, moment.fourth))
      const spread = weight * clippedSpread(cell(slot, moment.third), cell(slot, moment.fourth))
      add(group.sums, from + sum.spread, sign * spread)
      add(group.sums, from + sum.spreadWeight, sign * weight)
    },

    learn(slot, group, start, amount, teaching) {
      const { a, b } = rateOf(slot, group)
      const exposure = group.season.exposure(start, start + slot.length, offset)
      const mu = (exposure * a) / b
      const { r } = sizeOf(slot, group, a)
      const learned = Math.min(amount, mostLearned(teaching, mu, r))
      const kept = 2 ** (-slot.length / halfLife)
      decayAndAdd(slot, kept, [learned, exposure, (learned - mu) ** 2 - mu, mu * mu])
      if (slot.k === 0) {
        const h = hourOfWeek(start, offset)
        add(group.counted, h, learned)
        add(group.learned, h, 1)
      }
    },

    makeUp(slot, group, start, amount) {
      const { a, b } = rateOf(slot, group)
      const mu = (group.season.exposure(start, start + slot.length, offset) * a) / b
      const missing = Math.max(0, amount - mu)
      decayAndAdd(slot, 1, [missing, 0, missing ** 2, 0])
    },

    idle(slot, group, from, to) {
      const before = rateOf(slot, group)
      const kept = 2 ** ((from - to) / halfLife)
      const exposure = group.season.decayedExposure(from, to, offset)
      const windows = ((halfLife / Math.LN2) * (1 - kept)) / slot.length
      const squares =
        slot.length <= hour
          ? group.season.decayedSquares(from, to, offset) * (slot.length / hour)
          : exposure ** 2 / Math.max(windows, 1e-9)
      const after =
        (before.a0 + before.weight * cell(slot, moment.first) * kept) /
        (before.b0 + before.weight * (cell(slot, moment.second) * kept + exposure))
      const { mean, square } = fallingRate(before.a / before.b, after)
      const weight = square * squares
      decayAndAdd(slot, kept, [0, exposure, weight - mean * exposure, weight])
    },

    judge(slot, group, start, end, amount): Judgement | null {
      const { a, b, b0 } = rateOf(slot, group)
      const exposure = group.season.exposure(start, end, offset)
      const mu = (exposure * a) / b
      if (amount <= mu) return null
      const { phi, r } = sizeOf(slot, group, a)
      if ((amount - mu) ** 2 < leastDeviations ** 2 * (mu + (mu * mu) / r)) return null
      const parameters = { mu, phi, a, b, x: exposure, r }
      return {
        model: 'counts',
        log10p: countsFormulas.log10p(parameters, amount),
        expected: mu,
        parameters,
        hourFactor: exposure / meanExposure(slot, group),
        peerWeight: b0 / b,
      }
    },

    looks: (members, _active, length) => members / length,
  }
}

function mostLearned(teaching: Teaching, mu: number, r: number): number {
  if (teaching === 'raw') return Number.POSITIVE_INFINITY
  return teaching === 'excluded' ? mu : winsorCap(mu, r)
}

/** Mean and mean square of a rate that falls from `first` to `last` as a/(b + x) does while x grows evenly. */
function fallingRate(first: number, last: number): { mean: number; square: number } {
  const fall = first / last - 1
  const mean = Math.abs(fall) < 1e-6 ? first : (first * Math.log1p(fall)) / fall
  return { mean, square: first * last }
}

/** Bin of the entity's rate plus one; 0 while it has been watched for less than a day (or window) of ordinary business. */
function standingOf(slot: WindowSlot, group: GroupState): number {
  const exposure = cell(slot, moment.second)
  const enough = (Math.max(day, slot.length) / hour) * meanFactor(group)
  return exposure < enough ? 0 : 1 + binOf(cell(slot, moment.first) / exposure)
}

/** Exposure of a window at no hour in particular. */
function meanExposure({ length }: WindowSlot, group: GroupState): number {
  return (length / hour) * meanFactor(group)
}

/** What the group counts per hour over the whole week. */
function meanFactor({ season }: GroupState): number {
  return season.weekTotal / hoursPerWeek
}

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = (values[index] as number) + amount
}

function cell(slot: WindowSlot, index: number): number {
  return slot.cells[slot.base + index] as number
}

function decayAndAdd({ cells, base }: WindowSlot, kept: number, amounts: readonly number[]): void {
  for (let i = 0; i < amounts.length; i++) {
    const index = base + moment.first + i
    cells[index] = (cells[index] as number) * kept + (amounts[i] as number)
  }
}
