import { day, week } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import type { MemoryTable } from '../baseline/novelty/memory-table.ts'
import { knownSince } from '../baseline/novelty/value-memory.ts'
import { watchedAfter } from './familiarity.ts'

/** Who was never seen before is new for so long, ms. */
const newFor = week
/** Accounts are made so long before they are used, ms; older ones have been unused. */
const madeBefore = 30 * day

/**
 * Since when, ms, the user of the activity has been there, if that is a week at most and the account is new as far as the
 * directory tells; null for everybody else. In an org's own first week the day on which the account was made counts. `users`: who
 * is known.
 */
export function newUserSince({ org, user, time, person }: Activity, users: MemoryTable): number | null {
  const memory = user === null ? undefined : users.find(org.id, user)
  if (!memory || time - knownSince(memory) >= newFor) return null
  const created = person?.created ?? null
  const isSeenFirst = knownSince(memory) - (users.firstOf(org.id) ?? time) >= watchedAfter
  const began = isSeenFirst ? knownSince(memory) : created
  if (began === null || time - began >= newFor) return null
  return created === null || time - created < madeBefore ? began : null
}
