import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from 'simple-statistics'
import { runMeasured, type Usage } from './measured-process.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname
const parseLines = new URL('./parse-lines.ts', import.meta.url).pathname

/** The largest peak of resident memory that a replay may have, however long the file is. */
const memoryLimit = 700e6

/**
 * Replays events of a medium org and prints events per second and peak memory, beside reading and JSON.parse alone on the
 * same bytes (in turn, medians). @throws when the memory limit is passed
 */
export async function benchReplay({ days, rounds }: { days: number; rounds: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'forcewatch-bench-'))
  try {
    const file = join(folder, 'medium.ndjson')
    const span = ['--from', '2026-10-05', '--days', String(days)]
    const { stdout } = await runMeasured(main, [
      'simulate',
      '--output',
      file,
      '--size',
      'medium',
      ...span,
      '--json',
    ])
    const { events } = JSON.parse(stdout) as { events: number }
    const parses: Usage[] = []
    const replays: Usage[] = []
    for (let round = 0; round < rounds; round++) {
      parses.push(await runMeasured(parseLines, [file]))
      replays.push(await runMeasured(main, ['replay', file, '--json']))
    }
    print(events, parses, replays)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function print(events: number, parses: readonly Usage[], replays: readonly Usage[]): void {
  const parseCpu = median(parses.map(({ cpuSeconds }) => cpuSeconds))
  const replayCpu = median(replays.map(({ cpuSeconds }) => cpuSeconds))
  const seconds = median(replays.map((usage) => usage.seconds))
  const peak = Math.max(...replays.map(({ peakBytes }) => peakBytes))
  const alerts = replays[0]!.stdout.split('\n').filter(Boolean).length
  console.log(
    `replay of ${events.toLocaleString('en')} events of a medium org (${replays.length} rounds, medians)`,
  )
  console.log(`  events per second   ${Math.round(events / seconds).toLocaleString('en')}`)
  console.log(`  CPU per event       ${((replayCpu / events) * 1e6).toFixed(1)} µs`)
  console.log(
    `  JSON.parse alone    ${((parseCpu / events) * 1e6).toFixed(1)} µs  (ratio ${(parseCpu / replayCpu).toFixed(2)})`,
  )
  console.log(`  peak memory         ${Math.round(peak / 1e6)} MB  (limit ${memoryLimit / 1e6} MB)`)
  console.log(`  alerts              ${alerts}`)
  if (peak > memoryLimit) throw new Error(`replay took ${Math.round(peak / 1e6)} MB of memory at its peak`)
}
