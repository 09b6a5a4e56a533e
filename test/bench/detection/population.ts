import { day, hour, minute } from '../../../src/duration.ts'
import { type Chance, createChance } from './random.ts'

/** One user of a made-up population; rates are per window of ten minutes, in the mean of a week. */
export type Member = {
  readonly id: string
  readonly isMachine: boolean
  readonly rate: number
  /** Shape of the gamma noise by which each hour is busier or calmer. */
  readonly calmness: number
  /** Ms by which the member's day is ahead of UTC, habits included. */
  readonly zone: number
  readonly joins: number
  /** Median and log-spread of what one window moves, for amounts. */
  readonly usualAmount: number
  readonly amountSpread: number
}

/** What a member does in one fixed window. */
export type Activity10 = {
  readonly member: Member
  /** Start of the window, ms. */
  readonly start: number
  readonly count: number
  readonly amount: number
  readonly isAttack: boolean
}

export type PopulationOptions = {
  readonly seed: number
  readonly members: number
  readonly days: number
  /** Attacks begin after so many days, ms. */
  readonly quietUntil: number
  readonly attacks: number
}

export type Population = {
  readonly members: readonly Member[]
  readonly from: number
  /** Number of windows that a member has been present for, from `quietUntil` on, attacked ones left out. */
  readonly benignWindows: number
  /** Every window in which somebody did something, in the order of time. */
  windows(): Generator<Activity10>
}

export const windowLength = 10 * minute
/** A Monday. */
const firstDay = Date.UTC(2026, 8, 7)

const zones = [-8, -5, 0, 1, 5.5, 9]
const zoneShares = [0.15, 0.25, 0.1, 0.3, 0.1, 0.1]
/** Hours of an office day: nothing at night, a dip at noon. Made up, and not the simulator's. */
const officeDay = [
  0, 0, 0, 0, 0, 0.1, 0.3, 0.9, 2, 3, 3.2, 2.8, 1.6, 2.4, 3, 2.7, 2.2, 1.2, 0.5, 0.3, 0.3, 0.2, 0.1, 0,
]
const weekendShare = 0.08
const profile = weekProfile()

/** Rare honest bursts: an import, a script that ran twice. */
const burstChance = 1e-4
const burstIndex = 1.5

/**
 * A population as the evaluation needs it: a tenth machines at all hours, people with office hours in six zones, log-normal
 * rates, gamma noise by the hour, rare Pareto bursts, a fifth joins late, amounts with a heavy tail, and attacks of known
 * place and time: 15 events plus 5, 20 or 80 times the member's rate within one window (amounts: 3,000 plus 30, 150 or 600 times
 * the usual).
 */
export function createPopulation(options: PopulationOptions): Population {
  const members = createMembers(createChance(options.seed), options)
  const attacks = planAttacks(createChance(options.seed + 1), members, options)
  const end = firstDay + options.days * day
  const present = members.map(({ joins }) =>
    Math.floor((end - Math.max(joins, firstDay + options.quietUntil)) / windowLength),
  )
  return {
    members,
    from: firstDay,
    benignWindows: present.reduce((sum, windows) => sum + windows, 0) - attacks.size,
    windows: () => live(createChance(options.seed + 2), members, attacks, end),
  }
}

function createMembers(chance: Chance, { members, days }: PopulationOptions): Member[] {
  return Array.from({ length: members }, (_, number) => {
    const isMachine = number % 10 === 9
    const isLate = chance.next() < 0.2
    return {
      id: `005bench${String(number).padStart(7, '0')}AAA`,
      isMachine,
      rate: Math.min(30, isMachine ? chance.logNormal(1, 1) : chance.logNormal(0.25, 1)),
      calmness: isMachine ? 4 + 8 * chance.next() : 1 + 3 * chance.next(),
      zone: isMachine ? 0 : drawZone(chance) * hour + 0.7 * hour * chance.normal(),
      joins: firstDay + (isLate ? Math.floor(chance.next() * days * 0.6) * day + 9 * hour : 0),
      usualAmount: chance.logNormal(isMachine ? 400 : 60, 1),
      amountSpread: 0.4 + 0.8 * chance.next(),
    }
  })
}

type Attack = { readonly size: number }

/** Key: member's number and window's number. No member is attacked twice a day. */
function planAttacks(
  chance: Chance,
  members: readonly Member[],
  options: PopulationOptions,
): Map<string, Attack> {
  const attacks = new Map<string, Attack>()
  const days = new Set<string>()
  const perDay = day / windowLength
  while (attacks.size < options.attacks) {
    const member = chance.below(members.length)
    const window =
      Math.floor(options.quietUntil / windowLength) +
      chance.below((options.days * day - options.quietUntil) / windowLength)
    const once = `${member}/${Math.floor(window / perDay)}`
    if (days.has(once) || firstDay + window * windowLength < (members[member] as Member).joins + 2 * day)
      continue
    days.add(once)
    attacks.set(`${member}/${window}`, { size: chance.below(3) })
  }
  return attacks
}

const attackRates = [5, 20, 80] as const
const attackAmounts = [30, 150, 600] as const

function* live(
  chance: Chance,
  members: readonly Member[],
  attacks: ReadonlyMap<string, Attack>,
  end: number,
): Generator<Activity10> {
  const noise = new Float64Array(members.length).fill(1)
  for (let start = firstDay, window = 0; start < end; start += windowLength, window++) {
    const isNewHour = start % hour === 0
    for (let number = 0; number < members.length; number++) {
      const member = members[number] as Member
      if (start < member.joins) continue
      if (isNewHour) noise[number] = chance.gamma(member.calmness)
      let count = chance.poisson(member.rate * shareAt(member, start) * (noise[number] as number))
      if (chance.next() < burstChance)
        count += Math.round(Math.min(3000, (2 + member.rate) * chance.pareto(burstIndex)))
      const attack = attacks.get(`${number}/${window}`)
      if (count === 0 && !attack) continue
      let amount = count === 0 ? 0 : drawAmount(chance, member)
      if (attack) {
        count += Math.round(15 + (attackRates[attack.size] as number) * member.rate)
        amount += 3000 + (attackAmounts[attack.size] as number) * member.usualAmount
      }
      yield { member, start, count, amount: Math.round(amount) + 1, isAttack: attack !== undefined }
    }
  }
}

/** One window in five hundred moves far more than usual, without a limit to speak of. */
function drawAmount(chance: Chance, { usualAmount, amountSpread }: Member): number {
  const amount = chance.logNormal(usualAmount, amountSpread)
  return chance.next() < 0.002 ? Math.min(5e6, amount * chance.pareto(burstIndex)) : amount
}

/** How busy a member is at `time`, 1 in the mean of a week. */
export function shareAt({ isMachine, zone }: Pick<Member, 'isMachine' | 'zone'>, time: number): number {
  return isMachine
    ? 1
    : (profile[Math.floor(((((time + zone) % (7 * day)) + 7 * day) % (7 * day)) / hour)] as number)
}

/** Indexed by hours since Thursday 00:00, where the epoch's weeks begin. */
function weekProfile(): Float64Array {
  const hours = Float64Array.from({ length: 168 }, (_, h) => {
    const weekday = Math.floor(h / 24)
    return (officeDay[h % 24] as number) * (weekday === 2 || weekday === 3 ? weekendShare : 1) + 0.01
  })
  const mean = hours.reduce((sum, value) => sum + value, 0) / hours.length
  return hours.map((value) => value / mean)
}

/** Offset of an office from UTC, hours. */
export function drawZone(chance: Chance): number {
  let rest = chance.next()
  for (let index = 0; index < zones.length; index++) {
    rest -= zoneShares[index] as number
    if (rest < 0) return zones[index] as number
  }
  return 0
}
