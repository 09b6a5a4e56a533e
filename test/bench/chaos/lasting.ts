import { setMaxListeners } from 'node:events'
import { minute, second } from '../../../src/duration.ts'
import type { Fault } from '../../../src/simulator/server/faults/fault.ts'
import { type FaultKind, faultTable } from '../../../src/simulator/server/faults/fault-table.ts'
import { singleBlow } from './fault-schedule.ts'
import { channels, mostInAMinute, type StressedOrg, type StressOptions, stress } from './stressed-org.ts'

/** What a fault cost while it lasted. */
export type LastingRow = {
  /** The most within one minute. */
  readonly handshakes: number
  /** Requests for a token a minute. */
  readonly logins: number
}

export type LastingReport = ReadonlyMap<FaultKind, LastingRow>

/** Longer than the minute that is looked at. */
const duration = 75 * second
/** Orgs at the same time. */
const atOnce = 20

/** Lets every fault that is not over at once last for more than a minute, each at an org of its own. */
export async function runLasting(options: Pick<StressOptions, 'rate' | 'hold'>): Promise<LastingReport> {
  const kinds = (Object.keys(faultTable) as FaultKind[]).filter(mayLast)
  const report = new Map<FaultKind, LastingRow>()
  setMaxListeners(2 * atOnce, process)
  for (let start = 0; start < kinds.length; start += atOnce) {
    const some = kinds.slice(start, start + atOnce)
    await Promise.all(
      some.map((kind) =>
        stress({ ...options, seed: kind }, async (org) => void report.set(kind, await endure(org, kind))),
      ),
    )
  }
  return report
}

/** Of an event that is not streamed nobody is told. */
function mayLast(kind: FaultKind): boolean {
  const { at }: Fault = faultTable[kind]
  return kind === 'outage' || (at !== 'now' && at !== 'publish')
}

async function endure({ simulator, stream, strike }: StressedOrg, kind: FaultKind): Promise<LastingRow> {
  await stream((elapsed) => elapsed >= second)
  const handshakes = simulator.handshakes().length
  const logins = simulator.requests().token
  strike(singleBlow(kind, channels[0]!, duration))
  await stream((elapsed) => elapsed >= duration)
  return {
    handshakes: mostInAMinute(simulator.handshakes().slice(handshakes)),
    logins: Math.round(((simulator.requests().token - logins) * minute) / duration),
  }
}
