import { day } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { pages } from '../activity/pages.ts'

/** Somebody who works by hand on fewer of their days is a program; a day of months ago is enough to tell. */
const byHand = { share: 0.1, days: 0.1 }
/** Within a week, ms, so many days are: of people a weekend shows nothing but the reports that run in their name. */
const newcomer = { until: 7 * day, days: 2.5 }

/**
 * Whether nobody works by hand under a name that has been known for so long, ms: judged by the days before, for a thief may use a
 * browser today. `newDays`: those of the `days` on which somebody did.
 */
export function isAutomated({ days, newDays }: { days: number; newDays: number }, age: number): boolean {
  const enough = age < newcomer.until ? newcomer.days : byHand.days
  return days >= enough && newDays < byHand.share * days
}

/** Pages, list views, leaving, and whatever comes out of a browser. */
export function isByHand({ type, action, client }: Activity): boolean {
  return pages.has(type) || action === 'logout' || (client?.includes(' on ') ?? false)
}
