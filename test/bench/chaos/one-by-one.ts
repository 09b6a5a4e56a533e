import { systemClock as clock } from '../../../src/clock.ts'
import { minute, second } from '../../../src/duration.ts'
import { type FaultKind, faultTable } from '../../../src/simulator/server/faults/fault-table.ts'
import { kinds, singleBlow } from './fault-schedule.ts'
import type { Recovery } from './recoveries.ts'
import { channels, type StressReport, stress } from './stressed-org.ts'

/** What one fault cost. */
export type FaultRow = {
  readonly kind: FaultKind
  readonly meaning: string
  /** From the end of the fault until every event published by then was safe, ms. */
  readonly took: number
  readonly isSilent: boolean
  readonly handshakes: number
}

export type FaultsReport = { readonly rows: readonly FaultRow[]; readonly whole: StressReport }

/** A good time between two faults: what the one before has left behind, such as a pause that grows, is forgotten. */
const rest = 3 * second
const longest = 3 * minute

/** Lets every fault that is over by itself strike alone, one after the other, and tells how long each recovery took. */
export async function runFaults(options: {
  readonly rate: number
  readonly hold: number
}): Promise<FaultsReport> {
  const rows: FaultRow[] = []
  const whole = await stress({ seed: 'faults', ...options }, async (org) => {
    for (const [index, kind] of kinds.entries()) {
      await org.stream((elapsed) => elapsed >= rest)
      const before = {
        handshakes: org.simulator.handshakes().length,
        finished: org.recoveries.finished.length,
      }
      const blow = singleBlow(kind, channels[index % channels.length]!)
      org.strike(blow)
      await org.stream((elapsed) => org.simulator.faults.areOver || elapsed >= longest)
      org.recoveries.struck(blow, clock.monotonic())
      let recovery: Recovery | undefined
      await org.stream((elapsed) => {
        recovery = org.recoveries.finished[before.finished]
        return recovery !== undefined || elapsed >= longest
      })
      org.simulator.faults.clear()
      rows.push({
        kind,
        meaning: faultTable[kind].meaning,
        took: recovery?.took ?? Number.POSITIVE_INFINITY,
        isSilent: recovery?.isSilent ?? false,
        handshakes: org.simulator.handshakes().length - before.handshakes,
      })
    }
    await org.untilSafe(minute)
  })
  return { rows, whole }
}
