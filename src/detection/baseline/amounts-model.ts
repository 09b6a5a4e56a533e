import { hour } from '../../duration.ts'
import {
  type LogMoments,
  type LogPeers,
  type LogPredictive,
  learnLog,
  logPredictive,
  vagueLogPeers,
  winsorLog,
} from '../algorithms/log-t.ts'
import { log10StudentTail, studentQuantile } from '../algorithms/log-tails.ts'
import { hourOfWeek } from '../algorithms/season.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import type { Formulas } from './formulas.ts'
import type { GroupState } from './group-state.ts'
import { moment } from './measure-state.ts'
import type { BaselineModel, Judgement, WindowSlot } from './model.ts'

/** Priors in force per window. Sums over the entities with enough observations: number, locations, their squares, variances. */
const prior = { location: 0, between: 1, within: 2, count: 3 } as const
const sum = { entities: 0, locations: 1, squares: 2, variances: 3, count: 4 } as const

/** An entity tells something about its peers once it has so many observations. */
const enoughObservations = 3
/** Peers are shrunk to the vague ones with the weight of so many entities. */
const vagueEntities = 3
/** Observations that hold the factor of an hour of the week at 1. */
const factorWeight = 20
/** Windows longer than this mix hours: they get no factor. */
const longestWithFactor = hour

/** Student's t with `df` degrees of freedom around `location`, `scale` wide, on ln(1 + amount). */
export const amountsFormulas: Formulas = {
  log10p: ({ location = 0, scale = 1, df = 5 }, observed) =>
    tailOf(Math.log1p(observed), { location, scale, df }),
  expected: ({ location = 0 }) => Math.expm1(location),
  usualRange({ location = 0, scale = 1, df = 5 }) {
    const width = scale * studentQuantile(0.95, df)
    return { low: Math.max(0, Math.expm1(location - width)), high: Math.expm1(location + width) }
  },
  learnable: ({ location = 0, scale = 1 }) =>
    Math.expm1(winsorLog(Number.POSITIVE_INFINITY, { location, scale })),
}

/**
 * Log-t: given that something happened in a window, how large it is, on u = ln(1 + amount). The group's profile by hour of
 * the week is a factor on the amount (a shift of u), learned as the mean residual of the hour.
 */
export function createAmountsModel(halfLife: number, offset: ZoneOffset): BaselineModel {
  function shiftAt(slot: WindowSlot, group: GroupState, time: number): number {
    return slot.length <= longestWithFactor ? Math.log(group.factors[hourOfWeek(time, offset)] as number) : 0
  }

  return {
    name: 'amounts',
    judgesAmountAlone: true,
    looksWhenIdle: false,
    halfLife,
    sumsPerWindow: sum.count,
    priorsPerWindow: prior.count,

    /** `counted` holds residuals, `learned` their number. */
    factorOf: ({ counted, learned }) => Math.exp(counted / (learned + factorWeight)),

    renewPriors(sums, priors, windows) {
      for (let k = 0; k < windows; k++) {
        const from = k * sum.count
        const peers = peersFrom(sums.subarray(from, from + sum.count))
        priors.set([peers.location, peers.between, peers.within], k * prior.count)
      }
    },

    contribute(slot, group, sign) {
      const own = momentsOf(slot)
      if (own.n < enoughObservations) return
      const from = slot.k * sum.count
      const parts = [1, own.mean, own.mean ** 2, own.squares / own.n]
      for (let i = 0; i < parts.length; i++) {
        group.sums[from + i] = (group.sums[from + i] as number) + sign * (parts[i] as number)
      }
    },

    learn(slot, group, start, amount, teaching) {
      const kept = 2 ** (-slot.length / halfLife)
      const own = momentsOf(slot)
      if (amount <= 0) {
        setMoments(slot, { n: own.n * kept, mean: own.mean, squares: own.squares * kept })
        return
      }
      const expected = logPredictive(own, peersOf(slot, group), slot.length)
      const shift = shiftAt(slot, group, start)
      const u = Math.log1p(amount) - shift
      const capped = teaching === 'raw' ? u : winsorLog(u, expected)
      const learned = teaching === 'excluded' ? Math.min(capped, expected.location) : capped
      setMoments(slot, learnLog(own, learned, kept))
      if (slot.k !== 0) return
      const h = hourOfWeek(start, offset)
      group.counted[h] = (group.counted[h] as number) + (learned - expected.location + shift)
      group.learned[h] = (group.learned[h] as number) + 1
    },

    makeUp(slot, group, start, amount) {
      setMoments(slot, learnLog(momentsOf(slot), Math.log1p(amount) - shiftAt(slot, group, start), 1))
    },

    idle(slot, _group, from, to) {
      const kept = 2 ** ((from - to) / halfLife)
      const own = momentsOf(slot)
      setMoments(slot, { n: own.n * kept, mean: own.mean, squares: own.squares * kept })
    },

    judge(slot, group, _start, end, amount): Judgement | null {
      const own = momentsOf(slot)
      const base = logPredictive(own, peersOf(slot, group), slot.length)
      const shift = shiftAt(slot, group, end - 1)
      const location = base.location + shift
      const u = Math.log1p(amount)
      if (u <= location) return null
      const parameters = { location, scale: base.scale, df: base.df, n: own.n }
      return {
        model: 'amounts',
        log10p: amountsFormulas.log10p(parameters, amount),
        expected: amountsFormulas.expected(parameters),
        parameters,
        hourFactor: Math.exp(shift),
        peerWeight: base.peerWeight,
      }
    },

    looks: (_members, active) => active,
  }
}

function tailOf(u: number, { location, scale, df }: Omit<LogPredictive, 'peerWeight'>): number {
  return log10StudentTail((u - location) / scale, df)
}

function peersOf(slot: WindowSlot, group: GroupState): LogPeers {
  const at = slot.k * prior.count
  return {
    location: group.priors[at + prior.location] as number,
    between: group.priors[at + prior.between] as number,
    within: group.priors[at + prior.within] as number,
  }
}

/** Means over the entities, with three vague ones among them. */
function peersFrom(sums: Float64Array): LogPeers {
  const [entities = 0, locations = 0, squares = 0, variances = 0] = sums
  const total = entities + vagueEntities
  const location = (locations + vagueEntities * vagueLogPeers.location) / total
  const own = entities < 1 ? 0 : Math.max(0, squares - locations ** 2 / entities)
  return {
    location: entities < 1 ? vagueLogPeers.location : location,
    between: Math.sqrt((own + vagueEntities * vagueLogPeers.between ** 2) / total),
    within: Math.sqrt((Math.max(0, variances) + vagueEntities * vagueLogPeers.within ** 2) / total),
  }
}

function momentsOf({ cells, base }: WindowSlot): LogMoments {
  return {
    n: cells[base + moment.first] as number,
    mean: cells[base + moment.second] as number,
    squares: cells[base + moment.third] as number,
  }
}

function setMoments({ cells, base }: WindowSlot, { n, mean, squares }: LogMoments): void {
  cells[base + moment.first] = n
  cells[base + moment.second] = mean
  cells[base + moment.third] = squares
}
