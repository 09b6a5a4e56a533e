import { baselines, expectedOtherOf } from './drift-reference.ts'
import { type DriftRow, drift, lagDays } from './drift-row.ts'

/** What an entity's other work tells: whether it was at work on a day, and whether there is more or less to do than there was. */

/** Activities of other work that must be expected before they tell something. */
export const enoughOther = 20
/** What there is to do lately is what was done in so many days, today included. */
const latelyDays = 7
/**
 * What is expected grows and shrinks with other work within these bounds. Other work explains a part of a growth only: whoever opens
 * many pages would otherwise be free to take as much more, and who opens few would be growing by what they always take.
 */
const explained = { least: 2 / 3, most: 3 / 2 } as const

/**
 * Whether somebody was not at work who does much else on such days, by the reference or of late: a holiday, and the reports that run
 * in their name meanwhile, say nothing of how much they take at work, and a reference of holidays would call every week after them
 * growth.
 */
export function isDayOff(row: DriftRow, isRest: boolean, other: number): boolean {
  if (other > 0 || isRest) return false
  const usual = Math.max(expectedOtherOf(row, isRest), expectedOtherOf(row, isRest, baselines.fast))
  return usual >= enoughOther
}

/**
 * By what factor more or less than in the reference is to be expected of the open day `today` for what the entity has to do
 * lately, 2/3 to 3/2; 1 where too little other work is usual to tell.
 */
export function workloadOf(row: DriftRow, today: number, isRestDay: (day: number) => boolean): number {
  let done = 0
  let expected = 0
  const first = Math.max(today - latelyDays + 1, row.get(drift.since))
  for (let past = first; past <= today; past++) {
    const other = row.get(past === today ? drift.otherToday : drift.otherRing + (past % lagDays))
    const isRest = isRestDay(past)
    if (isDayOff(row, isRest, other)) continue
    done += other
    expected += expectedOtherOf(row, isRest)
  }
  const growth = (done + enoughOther) / (expected + enoughOther)
  return Math.min(explained.most, Math.max(explained.least, growth))
}
