import { linearRegression, linearRegressionLine } from 'simple-statistics'
import { systemClock as clock } from '../../../src/clock.ts'
import { hour, second } from '../../../src/duration.ts'
import { type BusyOrg, untilReceived, withBusyOrg } from './busy-org.ts'
import { probeHeap } from './heap-probe.ts'

export type SoakOptions = {
  readonly seconds: number
  /** Events a second. */
  readonly rate: number
}

/** Between two portions of events, ms. */
const beat = 100
/** Between two looks at the memory, ms. */
const look = 30 * second
/** Memory counts from here on: before, caches and compiled code grow. Share of the whole time. */
const settled = 1 / 3
/** A leak keeps a small object for each event at least, 16 bytes or more; what V8 notes about running code takes less than this. */
const mostPerEvent = 1
/** Resident memory is flat when it would take longer than this to add a tenth, h. */
const flat = 5

/** Bytes after a garbage collection, so that what waits for one does not count. */
type Sample = { readonly hours: number; readonly heap: number; readonly resident: number }

/** Half an hour of a busy stream, by default; prints how heap and resident memory of the ingest process go. @throws when they grow or events are missing */
export async function benchSoak({ seconds, rate }: SoakOptions): Promise<void> {
  console.log(`soak: ${rate.toLocaleString('en')} events/s for ${seconds} s`)
  await withBusyOrg(async (org) => {
    const { published, samples } = await stream(org, { seconds, rate })
    await untilReceived(org, published)
    const received = await org.received()
    console.log(`  events published    ${published.toLocaleString('en')}`)
    console.log(`  events received     ${received.toLocaleString('en')}`)
    const heap = report('heap', samples)
    const resident = report('resident', samples)
    const grows = [
      ...(heap.slope > (mostPerEvent * rate * hour) / second / 1e6 ? ['heap'] : []),
      ...(resident.slope * flat > resident.level / 10 ? ['resident'] : []),
    ]
    if (received !== published) throw new Error(`${received} of ${published} events were received`)
    if (grows.length > 0) throw new Error(`memory grows: ${grows.join(', ')}`)
  })
}

async function stream(org: BusyOrg, { seconds, rate }: SoakOptions) {
  const probe = await probeHeap(org.service)
  const begun = clock.monotonic()
  const samples: Sample[] = []
  let published = 0
  let lookedAt = begun
  for (let now = begun; now < begun + seconds * second; now = clock.monotonic()) {
    const due = Math.floor(((now - begun) / second) * rate)
    await org.publish(due - published)
    published = due
    if (now - lookedAt >= look) {
      lookedAt = now
      samples.push({
        hours: (now - begun) / hour,
        heap: await probe.reachable(),
        resident: await org.figure('process_resident_memory_bytes'),
      })
    }
    await clock.sleep(beat)
  }
  probe.close()
  return { published, samples }
}

/** Prints how memory went in the settled part, and answers it: the slope in MB an hour, and the MB at its beginning. */
function report(kind: 'heap' | 'resident', samples: readonly Sample[]) {
  const rows = samples.slice(Math.floor(samples.length * settled))
  const line = linearRegression(rows.map((sample) => [sample.hours, sample[kind] / 1e6]))
  const level = linearRegressionLine(line)(rows[0]!.hours)
  const peak = Math.max(...samples.map((sample) => sample[kind])) / 1e6
  const slope = `${line.m >= 0 ? '+' : ''}${line.m.toFixed(1)} MB an hour`
  console.log(
    `  ${kind.padEnd(18)}  ${slope} from ${level.toFixed(0)} MB (after a garbage collection, peak ${peak.toFixed(0)} MB)`,
  )
  return { slope: line.m, level }
}
