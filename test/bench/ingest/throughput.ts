import { median } from 'simple-statistics'
import type { Compression } from '../../../src/log/kafka/codecs.ts'
import { runMeasured } from '../measured-process.ts'
import { untilReceived, withBusyOrg } from './busy-org.ts'
import type { Produced } from './produce.ts'

const events = 100_000
const rounds = 3
/** What compilers and caches need before figures stay as they are. */
const warmUp = 20_000
const produce = new URL('./produce.ts', import.meta.url).pathname
/** Least share of what kafkajs alone would take. */
const goal = 0.5

/**
 * CPU per event of the ingest stage (CometD to Kafka, cursors in Redis) against kafkajs alone producing the same records, in
 * turn, medians; kafkajs alone compresses nothing. Prints both. @throws when the ratio is below the goal
 */
export async function benchThroughput(compression: Compression): Promise<void> {
  await withBusyOrg(async (org) => {
    const { installation, broker } = org
    const ingested: number[] = []
    const produced: number[] = []
    const seconds: number[] = []
    await org.publish(warmUp)
    await untilReceived(org, warmUp)
    for (let round = 1; round <= rounds; round++) {
      const before = await org.figure('process_cpu_seconds_total')
      const started = performance.now()
      await org.publish(events)
      await untilReceived(org, warmUp + round * events)
      seconds.push((performance.now() - started) / 1000)
      ingested.push(((await org.figure('process_cpu_seconds_total')) - before) / events)
      const topics = [installation.topics.events, `copy-${round}`]
      const { stdout } = await runMeasured(produce, [broker, ...topics])
      const { cpu, records } = JSON.parse(stdout) as Produced
      produced.push(cpu / records)
    }
    const [ingest, alone] = [median(ingested), median(produced)]
    console.log(
      `ingest of ${events.toLocaleString('en')} events, compression ${compression} (${rounds} rounds in turn, medians)`,
    )
    console.log(`  CPU per event       ${(ingest * 1e6).toFixed(1)} µs`)
    console.log(
      `  kafkajs alone       ${(alone * 1e6).toFixed(1)} µs  (ratio ${(alone / ingest).toFixed(2)}, goal ${goal})`,
    )
    console.log(`  events per second   ${Math.round(events / median(seconds)).toLocaleString('en')}`)
    if (alone / ingest < goal) throw new Error('ingest takes more than twice what kafkajs alone takes')
  }, compression)
}
