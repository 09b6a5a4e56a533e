import { writeFile } from 'node:fs/promises'
import { second } from '../../../src/duration.ts'
import { runChaos } from './chaos.ts'
import { type LastingReport, runLasting } from './lasting.ts'
import { type FaultRow, runFaults } from './one-by-one.ts'
import type { Recovery } from './recoveries.ts'
import { recoveryFile, toRecoveryPage } from './recovery-page.ts'
import type { StressReport } from './stressed-org.ts'

export type ChaosBenchOptions = { readonly seed: string; readonly seconds: number }

const hold = 5 * second
/** What the watchdog adds to the advised timeout, ms. */
const grace = 15 * second
const limits = {
  loud: 5 * second,
  silent: hold + grace + 5 * second,
  handshakesPerFault: 2,
  perMinute: 10,
} as const

/** Ten minutes of faults, by default; prints what came of them. @throws when something was lost, counted twice, left or late */
export async function benchChaos({ seed, seconds }: ChaosBenchOptions): Promise<void> {
  const setup = { rate: 500, interval: 5, hold }
  console.log(
    `chaos (seed ${seed}): 8 channels, ${setup.rate} events/s, ${seconds} s, a fault every ${setup.interval} s`,
  )
  const before = process.memoryUsage()
  const report = await runChaos({ seed, seconds, ...setup })
  const rows = [
    ...toRows(report),
    ['resident memory', `${megabytes(before.rss)} → ${megabytes(process.memoryUsage().rss)} MB`],
  ]
  for (const [name, value] of rows) console.log(`  ${name!.padEnd(28)} ${value}`)
  for (const { names, took } of slowest(report.recoveries))
    console.log(`    ${formatSeconds(took)}  ${names.join(', ')}`)
  const problems = whatIsWrong(report)
  if (report.handshakes > 1 + limits.handshakesPerFault * report.faults) problems.push('too many handshakes')
  if (problems.length > 0) throw new Error(`chaos: ${problems.join('; ')}`)
}

/**
 * Each fault alone, once and for more than a minute; prints how long its recovery took and how many handshakes it cost, and
 * writes it into docs/recovery.md. @throws as {@link benchChaos}, and when there were too many handshakes or logins
 */
export async function benchFaults(): Promise<void> {
  const setup = { rate: 100, hold, grace }
  console.log(`faults one by one: 8 channels, ${setup.rate} events/s`)
  const report = await runFaults(setup)
  const { rows, whole } = report
  for (const { kind, took, handshakes, meaning } of rows)
    console.log(
      `  ${kind.padEnd(28)} ${formatSeconds(took).padStart(7)}  ${handshakes} handshakes  ${meaning}`,
    )
  console.log(`  lost ${whole.lost}, counted twice ${whole.countedTwice} of ${whole.published} events`)
  const lasting = await runLasting({ rate: 2, hold })
  console.log(`  while one lasts: ${describeLasting(lasting)}`)
  const problems = [...whatIsWrong(whole), ...tooMany(rows, lasting)]
  if (problems.length > 0) throw new Error(`faults: ${problems.join('; ')}`)
  await writeFile(recoveryFile, toRecoveryPage({ ...report, lasting }, setup))
}

/** What must not be, in words. */
function whatIsWrong(report: StressReport): string[] {
  const { lost, countedTwice, offences, uncaught, leftBehind, recoveries } = report
  const [loud, silent] = [false, true].map((isSilent) => times(recoveries, isSilent))
  return [
    ...(lost > 0 ? [`${lost} events lost`] : []),
    ...(countedTwice > 0 ? [`${countedTwice} events counted twice`] : []),
    ...offences.slice(0, 5),
    ...uncaught,
    ...Object.entries(leftBehind).flatMap(([what, count]) =>
      count > 0 ? [`${count} ${what} left behind`] : [],
    ),
    ...(quantile(loud!, 0.95) > limits.loud ? ['recovery is slow'] : []),
    ...(quantile(silent!, 0.95) > limits.silent ? ['recovery after silence is slow'] : []),
  ]
}

function tooMany(rows: readonly FaultRow[], lasting: LastingReport): readonly string[] {
  const { handshakesPerFault, perMinute } = limits
  return [
    ...rows
      .filter(({ handshakes }) => handshakes > handshakesPerFault)
      .map(({ kind, handshakes }) => `${handshakes} handshakes for ${kind}`),
    ...[...lasting]
      .filter(([, { handshakes, logins }]) => Math.max(handshakes, logins) > perMinute)
      .map(
        ([kind, { handshakes, logins }]) =>
          `${handshakes} handshakes, ${logins} logins a minute while ${kind} lasts`,
      ),
  ]
}

function describeLasting(lasting: LastingReport): string {
  const most = (what: 'handshakes' | 'logins') => Math.max(...[...lasting.values()].map((row) => row[what]))
  return `at most ${most('handshakes')} handshakes and ${most('logins')} logins a minute (${lasting.size} faults)`
}

function toRows(report: StressReport): readonly (readonly [string, string])[] {
  const { recoveries, leftBehind, endings } = report
  const describe = (isSilent: boolean) => {
    const all = times(recoveries, isSilent)
    const figures = [0.5, 0.95, 1].map((part) => formatSeconds(quantile(all, part)))
    return `p50 ${figures[0]}, p95 ${figures[1]}, longest ${figures[2]} (${all.length})`
  }
  return [
    ['events published', report.published.toLocaleString('en')],
    ['lost', String(report.lost)],
    ['counted twice', String(report.countedTwice)],
    ['repeated in the log', String(report.repeated)],
    ['faults', String(report.faults)],
    [`recovery`, `${describe(false)}, limit p95 ${formatSeconds(limits.loud)}`],
    [`recovery after silence`, `${describe(true)}, limit p95 ${formatSeconds(limits.silent)}`],
    ['handshakes', `${report.handshakes}, at most ${report.handshakesPerMinute} a minute`],
    [
      'sessions ended',
      Object.entries(endings)
        .map(([reason, count]) => `${reason} ${count}`)
        .join(', '),
    ],
    ['offences of the client', String(report.offences.length)],
    ['uncaught exceptions', String(report.uncaught.length)],
    [
      'left behind',
      Object.entries(leftBehind)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
    ],
  ]
}

function times(recoveries: readonly Recovery[], isSilent: boolean): readonly number[] {
  return recoveries
    .filter((recovery) => recovery.isSilent === isSilent)
    .map(({ took }) => took)
    .sort((left, right) => left - right)
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0
}

function slowest(recoveries: readonly Recovery[]): readonly Recovery[] {
  return [...recoveries].sort((left, right) => right.took - left.took).slice(0, 8)
}

function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6)
}
