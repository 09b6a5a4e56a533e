import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shippedDetectors } from '../../src/config/schema.ts'
import { readDetectors } from '../../src/detection/definition/catalog.ts'
import { runMeasured } from './measured-process.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

/** What 30 days of a medium org may take on two cores, seconds, and at most in memory, bytes. */
const timeLimit = 300
const memoryLimit = 2e9

/**
 * Compares two whole sets of detectors, none of which is the same in both, over 30 days of a medium org: 12 GB of events in
 * the folder for temporary files. @throws when a limit is passed
 */
export async function benchBacktest(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'forcewatch-bench-'))
  try {
    const file = join(folder, 'medium.ndjson')
    await runMeasured(main, [
      'simulate',
      '--output',
      file,
      '--size',
      'medium',
      '--from',
      '2026-09-01',
      '--days',
      '30',
    ])
    const overlays = await changeEveryDetector(join(folder, 'overlays'))
    const report = join(folder, 'report.html')
    const args = ['backtest', '--candidate-overlays', overlays, '--file', file, '--json', '--html', report]
    const { stdout, seconds, cpuSeconds, peakBytes } = await runMeasured(main, args)
    const [summary = ''] = stdout.split('\n')
    const { events } = JSON.parse(summary) as { events: number }
    console.log(
      `backtest over 30 days of a medium org, ${events.toLocaleString('en')} events, two whole sets`,
    )
    console.log(`  time                ${Math.round(seconds)} s  (limit ${timeLimit} s on two cores)`)
    console.log(`  events per second   ${Math.round(events / seconds).toLocaleString('en')}`)
    console.log(`  CPU per event       ${((cpuSeconds / events) * 1e6).toFixed(1)} µs, all threads`)
    console.log(`  peak memory         ${Math.round(peakBytes / 1e6)} MB  (limit ${memoryLimit / 1e6} MB)`)
    console.log(`  report              ${Math.round((await stat(report)).size / 1000)} kB`)
    if (seconds > timeLimit) throw new Error(`the backtest took ${Math.round(seconds)} s`)
    if (peakBytes > memoryLimit)
      throw new Error(`the backtest took ${Math.round(peakBytes / 1e6)} MB of memory`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function changeEveryDetector(folder: string): Promise<string> {
  await mkdir(folder)
  for (const { definition } of (await readDetectors(shippedDetectors)).files) {
    const { id, fires } = definition
    const text = `id: ${id}\nfires: { at_least: ${2 * fires.at_least} }\n`
    await writeFile(join(folder, `${id}.yaml`), text)
  }
  return folder
}
