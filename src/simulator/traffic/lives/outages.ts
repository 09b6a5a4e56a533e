import type { Machine, Routine } from '../machine.ts'
import type { Spells } from './chance.ts'

/** After an incident what has piled up is worked off so many times as fast. */
const haste = 10

/** A machine that follows its routine, except that what falls into an incident of its vendor is done right after it. */
export function withOutages(routine: Routine, outages: Spells): Machine {
  return {
    plan: (from, to) =>
      routine.plan(from, to).map(({ time, run }) => {
        const outage = outages(time)
        const done = outage ? outage.until + (time - outage.since) / haste : time
        return { time: done, run: () => run(done) }
      }),
  }
}
