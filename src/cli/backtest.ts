import { open, writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { compareResults } from '../backtest/comparison.ts'
import type { JobSpec } from '../backtest/job.ts'
import { planBacktest } from '../backtest/plan.ts'
import { toHtml } from '../backtest/report/html.ts'
import { toObjects } from '../backtest/report/json.ts'
import { toText } from '../backtest/report/text.ts'
import { systemClock } from '../clock.ts'
import { compileDetectors, lintDetectors, parseDetectors } from '../detection/definition/catalog.ts'
import { readDetectorTexts } from '../detection/definition/detector-texts.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { formatProblem } from '../yaml-source.ts'
import type { CommandContext } from './command-context.ts'
import { type HistoryOptions, historyOptions, openHistory, runOverHistory } from './history.ts'
import { print, printObjects } from './print.ts'

type Options = HistoryOptions & {
  readonly candidate?: string
  readonly candidateOverlays?: string
  readonly json?: true
  readonly html?: string
}

/** `forcewatch backtest` */
export function registerBacktest(program: Command, context: CommandContext): void {
  const command = program
    .command('backtest')
    .description(
      "Run the org's own history through today's detectors and a candidate's, and print what would change.",
    )
    .option('--candidate <dir>', 'detector files to try; those of today when only overlays are tried')
    .option('--candidate-overlays <dir>', 'overlays to try; those of today when absent')
    .option('--json', 'one object a line')
    .option('--html <file>', 'also write a report with charts, in one file')
  for (const option of historyOptions()) command.addOption(option)
  command.action((options: Options) => backtest(options, context))
}

async function backtest(options: Options, context: CommandContext): Promise<void> {
  if (options.candidate === undefined && options.candidateOverlays === undefined) {
    throw new ForcewatchError('USAGE', 'there is nothing to compare with', {
      remedy: 'Name detector files with --candidate, or overlays with --candidate-overlays.',
    })
  }
  const history = openHistory(options, context)
  const { directory, overlays } = history.place
  const texts = {
    current: await readDetectorTexts(history.place),
    candidate: await readDetectorTexts({
      directory: options.candidate ?? directory,
      overlays: options.candidateOverlays ?? overlays,
    }),
  }
  const read = { current: parseDetectors(texts.current), candidate: parseDetectors(texts.candidate) }
  for (const side of [read.current, read.candidate]) compileDetectors(side)
  for (const warning of lintDetectors(read.candidate, systemClock.now()))
    process.stderr.write(`${formatProblem(warning)} (warning)\n`)
  const plan = planBacktest(read.current, read.candidate)
  const { html } = options
  if (html !== undefined) await writing(html, async () => (await open(html, 'a')).close())
  const job = (side: 'current' | 'candidate'): JobSpec => ({
    texts: texts[side],
    only: plan[side],
    ...history.zones,
  })
  const jobs = [job('current'), ...(plan.candidate.length > 0 ? [job('candidate')] : [])]
  const [current, candidate] = await runOverHistory(history, jobs)
  if (!current) throw new Error('a job ended without a result')
  for (const reason of current.reasons) process.stderr.write(context.scrubber.scrub(`${reason}\n`))
  const comparison = compareResults(plan, { current, candidate })
  if (options.json) printObjects(toObjects(comparison))
  else print(toText(comparison))
  if (html === undefined) return
  await writing(html, () => writeFile(html, toHtml(comparison)))
  process.stderr.write(`The report is in ${html}\n`)
}

async function writing(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    throw new ForcewatchError('USAGE', `cannot write ${file}: ${messageOf(error)}`, {
      remedy: 'Give --html a path that can be written to.',
      cause: error,
    })
  }
}
