import { day } from '../../duration.ts'

/**
 * Amounts (rows, bytes) on the scale u = ln(1 + amount), in windows in which something happened at all: location and
 * scale of the entity, shrunk to its peers, and Student's t for what lies far out.
 */

/** Peers' weight in the scale of an entity, in observations; no more than an entity that is active daily has in a week. */
const peerObservations = 20
const peerSpan = 7 * day

/** What the peers are like: mean and spread of their locations, and the spread within one of them, on the log scale. */
export type LogPeers = { readonly location: number; readonly between: number; readonly within: number }

/** Of a group about which nothing is known. */
export const vagueLogPeers: LogPeers = { location: Math.log(101), between: 2, within: 1.5 }

/** Decayed moments of an entity: number, mean and sum of squared deviations of u. */
export type LogMoments = { readonly n: number; readonly mean: number; readonly squares: number }

export type LogPredictive = {
  readonly location: number
  readonly scale: number
  readonly df: number
  /** Share of the location that comes from the peers, 0 to 1. */
  readonly peerWeight: number
}

/** Nobody is more regular than this: ±20 % or so are never a surprise. */
const leastScale = 0.25
const degrees = { least: 5, most: 30 }

/**
 * Where the next u is expected. The location is the posterior mean of a normal with the peers' locations as prior: peers who
 * differ much among themselves say little about this one. The scale contains what is not known about the location yet; the
 * degrees of freedom grow from 5 with the entity's own observations, half a degree each, up to 30. `length` of the window in ms.
 */
export function logPredictive(own: LogMoments, peers: LogPeers, length: number): LogPredictive {
  const weight = Math.min(peerObservations, peerSpan / length)
  const within = (own.squares + weight * peers.within ** 2) / (own.n + weight)
  const between = peers.between ** 2
  const peerWeight = within / (within + own.n * between)
  const location = own.mean * (1 - peerWeight) + peers.location * peerWeight
  const variance = within + between * peerWeight
  return {
    location,
    scale: Math.max(leastScale, Math.sqrt(variance)),
    df: Math.min(degrees.most, degrees.least + own.n / 2),
    peerWeight,
  }
}

/** u as far as it teaches: within four scales of the expected. */
export function winsorLog(u: number, { location, scale }: Pick<LogPredictive, 'location' | 'scale'>): number {
  return Math.min(location + 4 * scale, Math.max(location - 4 * scale, u))
}

/** The moments after one more observation; `decay` is what is left of the old ones. */
export function learnLog(own: LogMoments, u: number, decay: number): LogMoments {
  const n = own.n * decay + 1
  const step = u - own.mean
  const mean = own.mean + step / n
  return { n, mean, squares: own.squares * decay + step * (u - mean) }
}
