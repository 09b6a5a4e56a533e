import { day } from '../../duration.ts'
import type { Activity, ExportDays as Days } from '../activity/activity.ts'
import type { ZoneOffset } from '../algorithms/zone-offset.ts'
import type { MemoryTable } from '../baseline/novelty/memory-table.ts'
import { awayAt, knownSince } from '../baseline/novelty/value-memory.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** The days of late, and those before them by which they are judged. */
const recentDays = 14
/** Longer than most holidays: whoever is back from one exports as they did before it. */
const daysBefore = 42
/** Of who has not been known for so long, ms, nothing is told: what they did before was not seen. */
const knownAfter = 42 * day
/** A list of so many records is opened to take it along. */
const longList = 1000

/**
 * On which days each user exported a report or opened a long list. Whoever steals a little day after day does what others do as
 * well, but did not do it before.
 */
export class ExportDays {
  /** By user, numbers of local days, ascending. */
  readonly state: EntityState<number[]>
  readonly #known: MemoryTable

  /** @param known who is known, since when */
  constructor(known: MemoryTable, users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('export-days', users)
    this.#known = known
  }

  /**
   * On how many days the user did so of late, and before; null of any other activity, and of who is not known for long enough, or was
   * away for so long that there is no before.
   */
  note({ org, user, time, action, rows }: Activity, offset: ZoneOffset): Days | null {
    if (action !== 'report-export' && action !== 'list-view') return null
    if (user === null || rows < (action === 'list-view' ? longList : 1)) return null
    const today = Math.floor((time + offset(time)) / day)
    const before = this.state.get(org.id, user) ?? []
    const days = before.includes(today) ? before : withDay(before, today)
    if (days !== before) this.state.set(org.id, user, days)
    const memory = this.#known.find(org.id, user)
    if (!memory || time - knownSince(memory) < knownAfter) return null
    if (awayAt(memory, time, (recentDays + daysBefore) * day) > 0) return null
    const recent = days.filter((past) => past <= today && past > today - recentDays).length
    return { recent, before: days.filter((past) => past <= today - recentDays).length }
  }

  /** Forgets whoever has not done so in the days that count, at `time`. */
  expire(time: number): void {
    const oldest = Math.floor(time / day) - recentDays - daysBefore
    for (const [org, user, days] of this.state.entries())
      if ((days.at(-1) ?? 0) < oldest) this.state.delete(org, user)
  }
}

function withDay(days: readonly number[], today: number): number[] {
  const newest = Math.max(today, days.at(-1) ?? today)
  return [...days, today].filter((past) => past > newest - recentDays - daysBefore).sort((a, b) => a - b)
}
