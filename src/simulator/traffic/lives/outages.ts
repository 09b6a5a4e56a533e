import type { IntegrationKind } from '../integration.ts'
import type { Machine, Routine } from '../machine.ts'
import type { Spells } from './chance.ts'

/** Work of which each piece must be done, be it late. What the others missed comes with the next question, or nobody asks it any more. */
const dutiful: ReadonlySet<IntegrationKind> = new Set(['nightly-load', 'bi', 'backup'])
/** After an incident what has piled up is worked off so many times as fast. */
const haste = 10

/** A machine that follows its routine, except during incidents of its vendor. */
export function withOutages(kind: IntegrationKind, routine: Routine, outages: Spells): Machine {
  return {
    plan: (from, to) =>
      routine.plan(from, to).flatMap(({ time, run }) => {
        const outage = outages(time)
        if (!outage) return [{ time, run: () => run(time) }]
        if (!dutiful.has(kind)) return []
        const late = outage.until + (time - outage.since) / haste
        return [{ time: late, run: () => run(late) }]
      }),
  }
}
