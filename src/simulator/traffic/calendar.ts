import { day, hour } from '../../duration.ts'
import type { Random } from '../random.ts'

/** When simulated orgs are founded, ms since the epoch. */
export const founded = Date.UTC(2024, 0, 8, 9)

const holidays = ['01-01', '05-01', '12-24', '12-25', '12-26', '12-31']

/** Midnight (UTC) of the day that a time belongs to. */
export function startOfDay(time: number): number {
  return Math.floor(time / day) * day
}

/** 0 = Sunday … 6 = Saturday, UTC. */
export function weekdayOf(time: number): number {
  return new Date(time).getUTCDay()
}

function isWeekend(time: number): boolean {
  return weekdayOf(time) % 6 === 0
}

/** How busy people are on a day, 1 on an ordinary Tuesday: Mondays more, weekends and holidays little, month ends most. */
export function busyness(time: number): number {
  if (isWeekend(time)) return 0.04
  if (holidays.includes(new Date(time).toISOString().slice(5, 10))) return 0.1
  const monday = weekdayOf(time) === 1 ? 1.25 : 1
  return isMonthEnd(time) ? monday * 1.8 : monday
}

/** The last weekday of a month. */
function isMonthEnd(time: number): boolean {
  const next = weekdayOf(time) === 5 ? time + 3 * day : time + day
  return new Date(next).getUTCMonth() !== new Date(time).getUTCMonth()
}

/** Relative activity of the 24 local hours of an office. */
const officeHours = [
  0.02, 0.01, 0.01, 0.01, 0.01, 0.03, 0.1, 0.4, 1.2, 1.9, 2.1, 2, 1.2, 1.5, 2, 1.9, 1.7, 1.1, 0.5, 0.2, 0.12,
  0.1, 0.06, 0.03,
]
const officeTotal = officeHours.reduce((sum, weight) => sum + weight, 0)

/** Share of a working day's activity that falls into the local hour of `time`, relative to an even spread (mean 1). */
export function officeIntensity(time: number, zoneOffset: number): number {
  const localHour = Math.floor(((((time + zoneOffset) % day) + day) % day) / hour)
  return ((officeHours[localHour] ?? 0) * 24) / officeTotal
}

/** A moment of office work on the UTC day that starts at `dayStart`, for a person in this zone with a habit of coming early or late. */
export function drawWorkTime(random: Random, dayStart: number, zoneOffset: number, habit: number): number {
  let rest = random.next() * officeTotal
  let localHour = 0
  while (localHour < 23) {
    rest -= officeHours[localHour] ?? 0
    if (rest < 0) break
    localHour++
  }
  const local = (localHour + random.next()) * hour + habit
  return dayStart + ((((local - zoneOffset) % day) + day) % day)
}
