import { day, hour } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import { EntityRows } from '../entities/entity-rows.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'
import { rememberedUserDays, teaches } from './familiarity.ts'

/** A user's hours are known after so many days at work. */
const enoughDays = 10
/** From so many days on all counts are halved: the last ones say most. */
const mostDays = 60
/** An hour at which the user was at work on fewer of such days is none of theirs; what comes once a week still is. */
const usualShare = 0.15

const hoursPerDay = 24
/** Days of the week by local day number: the epoch was a Thursday. */
const [saturday, sunday] = [2, 3]
/** Of a user who is there every day so many are of either kind. */
const shareOfDays = { weekday: 5 / 7, weekend: 2 / 7 } as const

/** Counts of days, a byte each: by hour of Monday to Friday, by hour of Saturday and Sunday, and all. */
const weekendHours = hoursPerDay
const allDays = 2 * hoursPerDay
const countWords = Math.ceil((allDays + 1) / 4)
/** Words of a row: the newest local day, a bit for each of its hours, then the counts. */
const word = { day: 0, hours: 1, counts: 2 } as const
const layout = { fixed: word.counts + countWords, parts: 0, perPart: 0 } as const

/**
 * At which hours each user is at work by the org's clock, on weekdays and at weekends. Days are counted on which the user was
 * there, so that a leave forgets nothing; the day that goes on tells nothing about itself.
 */
export class UsualHours {
  readonly state: EntityRows

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityRows('usual-hours', users, layout)
  }

  /** Whether the user is hardly ever at work at this time; null while that is not known. Learns from the activity. */
  note(activity: Activity, offset: ZoneOffset): boolean | null {
    const { org, user, time } = activity
    if (user === null) return null
    const learns = teaches(activity)
    let row = this.state.find(org.id, user)
    if (row < 0 && !learns) return null
    if (row < 0) row = this.state.add(org.id, user)
    const { words } = this.state.chunkOf(row)
    const start = this.state.startOf(row)
    const localHour = Math.floor((time + offset(time)) / hour)
    if (learns && learn(words, start, localHour)) this.state.touch(row)
    return isUnusual(words, start, localHour)
  }

  /** Forgets whoever has been away for so long that nothing is known of them any more. `time`: how far event time has come, ms. */
  expire(time: number): void {
    const oldest = Math.floor(time / day) - rememberedUserDays
    for (let row = 0; row < this.state.end; row++) {
      if (!this.state.isUsed(row)) continue
      const newest = this.state.chunkOf(row).words[this.state.startOf(row) + word.day] as number
      if (newest < oldest) this.state.delete(row)
    }
  }
}

/** True when that changed anything. What comes late, from a day before the newest one, teaches nothing. */
function learn(words: Uint32Array, start: number, localHour: number): boolean {
  const today = Math.floor(localHour / hoursPerDay)
  const newest = words[start + word.day] as number
  if (today < newest) return false
  if (today > newest) closeDay(words, start, newest)
  const before = words[start + word.hours] as number
  const after = before | (1 << (localHour % hoursPerDay))
  words[start + word.day] = today
  words[start + word.hours] = after
  return after !== before
}

function closeDay(words: Uint32Array, start: number, newest: number): void {
  const hours = words[start + word.hours] as number
  words[start + word.hours] = 0
  if (hours === 0) return
  const first = isWeekend(newest) ? weekendHours : 0
  for (let h = 0; h < hoursPerDay; h++) if ((hours & (1 << h)) !== 0) countOne(words, start, first + h)
  countOne(words, start, allDays)
  if (countOf(words, start, allDays) < mostDays) return
  for (let i = start + word.counts; i < start + layout.fixed; i++)
    words[i] = ((words[i] as number) >>> 1) & 0x7f7f7f7f
}

/** An hour counts with those beside it: where clocks are changed, machines go on by another one. */
function isUnusual(words: Uint32Array, start: number, localHour: number): boolean | null {
  const days = countOf(words, start, allDays)
  if (days < enoughDays) return null
  const weekend = isWeekend(Math.floor(localHour / hoursPerDay))
  const enough = usualShare * days * (weekend ? shareOfDays.weekend : shareOfDays.weekday)
  const at = (h: number) => countOf(words, start, (weekend ? weekendHours : 0) + (h % hoursPerDay))
  const here = at(localHour)
  return here < enough && at(localHour + hoursPerDay - 1) + here + at(localHour + 1) < 3 * enough
}

function isWeekend(localDay: number): boolean {
  const weekday = localDay % 7
  return weekday === saturday || weekday === sunday
}

function countOf(words: Uint32Array, start: number, i: number): number {
  return ((words[start + word.counts + (i >> 2)] as number) >>> (8 * (i & 3))) & 0xff
}

function countOne(words: Uint32Array, start: number, i: number): void {
  const at = start + word.counts + (i >> 2)
  words[at] = (words[at] as number) + (1 << (8 * (i & 3)))
}
