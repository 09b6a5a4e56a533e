import type { Clock } from '../clock.ts'
import { minute } from '../duration.ts'

/** Time as an org has it: events and their storage are dated by its clock, which ours may be hours away from. */
export interface OrgClock extends Clock {
  /** It is this time for the org just now, ms since the epoch; undefined when it did not say. */
  tell(time: number | undefined): void
}

/** What an answer took to be made and read is no difference of clocks, ms. */
const tolerance = 1 * minute

/** Shows our time until the org tells another one. Its timers are ours. */
export function createOrgClock(clock: Clock): OrgClock {
  let ahead = 0
  return {
    ...clock,
    now: () => clock.now() + ahead,
    tell(time) {
      if (time === undefined) return
      const difference = time - clock.now()
      if (Math.abs(difference - ahead) >= tolerance) ahead = Math.abs(difference) < tolerance ? 0 : difference
    },
  }
}
