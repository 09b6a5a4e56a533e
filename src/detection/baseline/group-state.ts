import { day, hour } from '../../duration.ts'
import type { Codec } from '../../stream/keyed-state.ts'
import { fadeTail, tail } from '../algorithms/peaks-over-threshold.ts'
import { hourOfWeek, hoursPerWeek, leastFactor, Season } from '../algorithms/season.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'

/**
 * What is kept of one peer group for one measure: what its entities counted in each hour of the week, and per window the
 * sums over entities from which the peers' prior is made. What is in force (`factors`, `priors`) is renewed every few
 * minutes of event time and saved, so that a restored state decides alike.
 */
export type GroupState = {
  /** Entities whose state is kept. */
  members: number
  /** Event time of the first event and how far event time has come, ms. */
  readonly since: number
  clock: number
  /** When `factors` and `priors` were renewed, ms. */
  renewed: number
  /** Per hour of the week, decayed: what was counted, in how many windows, and hours of watching. */
  readonly counted: Float64Array
  readonly learned: Float64Array
  readonly watched: Float64Array
  /** Per hour of the week, as the model understands it. */
  readonly factors: Float64Array
  /** Per window, as the model lays them out. */
  readonly sums: Float64Array
  readonly priors: Float64Array
  /** Per window, how improbable its fixed windows were: see {@link tail}. */
  readonly tails: Float64Array
  /** Made of `factors`, not saved. */
  season: Season
}

/** Decides how the week's profile and the priors follow from what was counted. */
export type GroupModel = {
  readonly halfLife: number
  readonly sumsPerWindow: number
  readonly priorsPerWindow: number
  /** Writes the priors in force from the sums. */
  renewPriors(sums: Float64Array, priors: Float64Array, windows: number, members: number): void
  /** The factor of an hour that was watched, and in the mean of all of them. */
  factorOf(hour: HourSums, mean: HourSums): number
}

/** What one hour of the week (or all of them together) has seen. */
export type HourSums = { readonly counted: number; readonly learned: number; readonly watched: number }

/** Hours of watching that make the factor of an hour of the week known. */
const knownAfter = 0.25
const renewEvery = 300_000
/** Longer gaps of event time teach nothing about the hours of the week. */
const longestGap = 28 * day

export function createGroup(model: GroupModel, windows: number, time: number): GroupState {
  const priors = new Float64Array(windows * model.priorsPerWindow)
  const sums = new Float64Array(windows * model.sumsPerWindow)
  model.renewPriors(sums, priors, windows, 1)
  const factors = new Float64Array(hoursPerWeek).fill(1)
  return {
    members: 0,
    since: time,
    clock: time,
    renewed: time,
    counted: new Float64Array(hoursPerWeek),
    learned: new Float64Array(hoursPerWeek),
    watched: new Float64Array(hoursPerWeek),
    factors,
    sums,
    priors,
    tails: new Float64Array(windows * tail.count),
    season: new Season(factors, model.halfLife),
  }
}

/** Moves the group to `time`: notes for how long it watched, and renews what is in force when that is due. */
export function advanceGroup(group: GroupState, model: GroupModel, time: number, offset: ZoneOffset): void {
  if (time <= group.clock) return
  if (time - group.clock > longestGap) group.clock = time
  while (group.clock < time) {
    const nextHour = (Math.floor(group.clock / hour) + 1) * hour
    const end = Math.min(time, nextHour)
    add(group.watched, hourOfWeek(group.clock, offset), (end - group.clock) / hour)
    group.clock = end
    if (end === nextHour) decayHour(group, model)
  }
  if (time - group.renewed >= renewEvery) renew(group, model)
}

/**
 * Whether the window [start, end) may be judged by its improbability: the group has been watched for a day and for two such
 * windows, and what each of its hours is like is known, be it from other days.
 */
export function isReady(group: GroupState, length: number, start: number, offset: ZoneOffset): boolean {
  const age = group.clock - group.since
  if (age < Math.max(day, 2 * length)) return false
  if (age >= 8 * day) return true
  for (let time = start; time < start + length; time += hour) {
    if (!isKnown(group, hourOfWeek(time, offset))) return false
  }
  return isKnown(group, hourOfWeek(start + length - 1, offset))
}

/** Numbers one after the other. What is added goes to the end, and reads as zero in what was saved before. */
export function groupCodec(model: GroupModel, windows: number): Codec<GroupState> {
  return {
    encode(group) {
      const head = [group.members, group.since, group.clock, group.renewed]
      const { counted, learned, watched, factors, sums, priors, tails } = group
      const numbers = Float64Array.from([
        ...head,
        ...counted,
        ...learned,
        ...watched,
        ...factors,
        ...sums,
        ...priors,
        ...tails,
      ])
      return Buffer.from(numbers.buffer)
    },
    decode(bytes) {
      const numbers = new Float64Array(Uint8Array.prototype.slice.call(bytes).buffer)
      let position = 4
      const take = (length: number) => {
        const part = new Float64Array(length)
        part.set(numbers.subarray(position, position + length))
        position += length
        return part
      }
      const [counted, learned, watched, factors] = [
        take(hoursPerWeek),
        take(hoursPerWeek),
        take(hoursPerWeek),
        take(hoursPerWeek),
      ]
      const [members = 0, since = 0, clock = 0, renewed = 0] = numbers
      return {
        members,
        since,
        clock,
        renewed,
        counted,
        learned,
        watched,
        factors,
        sums: take(windows * model.sumsPerWindow),
        priors: take(windows * model.priorsPerWindow),
        tails: take(windows * tail.count),
        season: new Season(factors, model.halfLife),
      }
    },
  }
}

function renew(group: GroupState, model: GroupModel): void {
  group.renewed = group.clock
  const { factors, watched } = group
  const total = { counted: sumOf(group.counted), learned: sumOf(group.learned), watched: sumOf(watched) }
  const mean = model.factorOf(total, total)
  for (let h = 0; h < hoursPerWeek; h++) {
    if (at(watched, h) < knownAfter) continue
    const own = { counted: at(group.counted, h), learned: at(group.learned, h), watched: at(watched, h) }
    factors[h] = Math.max(leastFactor * mean, model.factorOf(own, total))
  }
  borrowFactors(group)
  model.renewPriors(group.sums, group.priors, group.sums.length / model.sumsPerWindow, group.members)
  group.season = new Season(factors, model.halfLife)
}

/** An hour hardly watched is taken to be like the busiest watched one at this time of day, or of any. */
function borrowFactors({ watched, factors }: GroupState): void {
  const busiest = new Float64Array(24)
  let any = 0
  for (let h = 0; h < hoursPerWeek; h++) {
    if (at(watched, h) < knownAfter) continue
    const factor = at(factors, h)
    any = Math.max(any, factor)
    busiest[h % 24] = Math.max(at(busiest, h % 24), factor)
  }
  for (let h = 0; h < hoursPerWeek; h++) {
    if (at(watched, h) < knownAfter) factors[h] = at(busiest, h % 24) || any || 1
  }
}

/** Watched itself, or on three other days at this time of day, of which one at least was no weekend. */
function isKnown({ watched }: GroupState, h: number): boolean {
  if (at(watched, h) >= knownAfter) return true
  let days = 0
  for (let other = h % 24; other < hoursPerWeek; other += 24) if (at(watched, other) >= knownAfter) days++
  return days >= 3
}

function decayHour(group: GroupState, model: GroupModel): void {
  const kept = 2 ** (-hour / (2 * model.halfLife))
  for (let h = 0; h < hoursPerWeek; h++) {
    group.counted[h] = at(group.counted, h) * kept
    group.learned[h] = at(group.learned, h) * kept
    group.watched[h] = at(group.watched, h) * kept
  }
  for (let start = 0; start < group.tails.length; start += tail.count) fadeTail(group.tails, start, kept)
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

function add(values: Float64Array, index: number, amount: number): void {
  values[index] = at(values, index) + amount
}

function at(values: Float64Array, index: number): number {
  return values[index] as number
}
