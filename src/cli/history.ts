import { InvalidArgumentError, Option } from 'commander'
import type { JobResult, JobSpec } from '../backtest/job.ts'
import { runJobs } from '../backtest/run-jobs.ts'
import { systemClock } from '../clock.ts'
import { shippedDetectors } from '../config/schema.ts'
import type { DetectorPlace } from '../detection/definition/detector-texts.ts'
import { day, parseDuration } from '../duration.ts'
import { ForcewatchError } from '../errors.ts'
import {
  type CommandContext,
  configOption,
  openConfig,
  overlaysOption,
  parseTimeZone,
} from './command-context.ts'
import { type EventSource, openFileSource, openLogSource } from './event-source.ts'
import { showProgress } from './progress.ts'

/** Options of the commands that run over a history: which detectors, which events. */
export type HistoryOptions = {
  readonly config?: string
  readonly detectors?: string
  readonly overlays?: string
  readonly file?: string
  readonly from?: number
  readonly org: string
  readonly timeZone?: string
}

/** What {@link HistoryOptions} are read from. */
export function historyOptions(): readonly Option[] {
  return [
    new Option(
      '--detectors <dir>',
      "today's detector files; default: those of the configuration, or those shipped",
    ),
    overlaysOption(),
    new Option(
      '--file <file>',
      'events of a file, one CometD message a line, instead of the log; - for standard input',
    ),
    new Option('--from <duration>', 'how far back in the log').default(undefined, '30d').argParser(parseSpan),
    new Option('--org <id>', 'with --file: organisation id that the events are taken to come from').default(
      '00D000000000000AAA',
    ),
    new Option('--time-zone <zone>', "with --file: IANA time zone of the org's office hours")
      .default(undefined, "the org's own where the events tell, else UTC")
      .argParser(parseTimeZone),
    configOption().default(undefined, './forcewatch.yaml, unless --file is given'),
  ]
}

/** The events, the detectors that are in force, and the time zones of the orgs. */
export type History = {
  readonly place: DetectorPlace
  readonly zones: Pick<JobSpec, 'timeZones' | 'timeZone'>
  readonly open: () => Promise<EventSource>
}

/** @throws CONFIG_INVALID, USAGE */
export function openHistory(options: HistoryOptions, context: CommandContext): History {
  const { file, org, timeZone, from } = options
  if (file !== undefined && from !== undefined) {
    throw new ForcewatchError('USAGE', '--from says how far back in the log, and a file is read as a whole', {
      remedy: 'Leave out --from, or leave out --file to read the log.',
    })
  }
  const opened =
    file === undefined || options.config !== undefined
      ? openConfig(options.config ?? './forcewatch.yaml', context)
      : undefined
  const configured = opened?.config.detectors ?? { directory: shippedDetectors }
  const place = {
    directory: options.detectors ?? configured.directory,
    overlays: options.overlays ?? opened?.config.detectors.overlays,
  }
  const zones =
    opened?.config.orgs.flatMap((each) =>
      each.timeZone === undefined ? [] : [[each.name, each.timeZone] as const],
    ) ?? []
  return {
    place,
    zones: { timeZones: Object.fromEntries(zones), timeZone },
    async open() {
      if (file !== undefined || !opened) return openFileSource(file ?? '-', org)
      const since = systemClock.now() - (from ?? usualSpan)
      return openLogSource({ ...opened, from: since, clock: systemClock })
    },
  }
}

const usualSpan = 30 * day

/** Runs jobs over a history and shows how far they have come. @throws USAGE when there is no event in it */
export async function runOverHistory(
  history: History,
  jobs: readonly JobSpec[],
): Promise<readonly JobResult[]> {
  const source = await history.open()
  const progress = showProgress({ stream: process.stderr, clock: systemClock, share: () => source.share() })
  try {
    const results = await runJobs({
      source: source.records,
      jobs,
      onProgress: (events) => progress.update(events),
    })
    if (results[0]?.days.size === 0) throw nothingToJudge(results[0])
    return results
  } finally {
    progress.end()
    await source.close()
  }
}

function nothingToJudge({ events, reasons }: JobResult): ForcewatchError {
  const what = events === 0 ? '' : `; ${reasons[0] ?? `its ${events} records are none`}`
  return new ForcewatchError('USAGE', `there is no event in the history${what}`, {
    remedy: 'Go further back with --from, or name a file of events, one CometD message a line, with --file.',
  })
}

/** For an option's value: a duration that is longer than nothing, ms. */
export function parseSpan(text: string): number {
  const span = parseDuration(text)
  if (span === undefined || span === 0) throw new InvalidArgumentError('It must be a duration such as 30d.')
  return span
}
