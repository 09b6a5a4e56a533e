import { type Command, Option } from 'commander'
import { retention } from '../adapters.ts'
import { systemClock } from '../clock.ts'
import { decodeEvent } from '../detection/activity/decode.ts'
import { day, formatDuration } from '../duration.ts'
import { hasCode } from '../errors.ts'
import { AppUsage } from '../report/apps/app-usage.ts'
import {
  type AppsReport,
  describeBlindness,
  rightColumns,
  toAppCsv,
  toAppObjects,
  toAppRows,
  toAppSteps,
} from '../report/apps/format-apps.ts'
import { judgeApps } from '../report/apps/judge-apps.ts'
import { readScopes } from '../report/apps/read-scopes.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'
import { type EventSource, openFileSource, openLogSource } from './event-source.ts'
import { parseSpan } from './history.ts'
import { formatTable, print, printObjects } from './print.ts'
import { showProgress } from './progress.ts'

type Options = {
  readonly config?: string
  readonly file?: string
  readonly org: string
  readonly from: number
  readonly dormant: number
  readonly metadata?: string
  readonly format: 'text' | 'csv' | 'json'
  readonly json?: true
}

/** `forcewatch report apps` */
export function registerAppsReport(report: Command, context: CommandContext): void {
  report
    .command('apps')
    .description(
      'The connected apps of the orgs: in use, dormant, over-privileged, unknown or never seen, and what to do about them.',
    )
    .addOption(
      new Option('--from <duration>', 'how far back in the log')
        .default(retention, formatDuration(retention))
        .argParser(parseSpan),
    )
    .addOption(
      new Option('--dormant <duration>', 'after how long without use an app is dormant')
        .default(90 * day, '90d')
        .argParser(parseSpan),
    )
    .option(
      '--metadata <folder>',
      'metadata of connected and external client apps that an administrator retrieved: tells their OAuth scopes',
    )
    .option(
      '--file <file>',
      'records of a file, one message a line, instead of the log; - for standard input',
    )
    .option(
      '--org <id>',
      'with --file: organisation id that the records are taken to come from',
      '00D000000000000AAA',
    )
    .addOption(
      new Option('--format <format>', 'how it is printed').choices(['text', 'csv', 'json']).default('text'),
    )
    .option('--json', 'one object a line; the same as --format json')
    .addOption(configOption().default(undefined, './forcewatch.yaml, unless --file is given'))
    .action((options: Options) => reportApps(options, context))
}

async function reportApps(options: Options, context: CommandContext): Promise<void> {
  const scopes = options.metadata === undefined ? undefined : await readScopes(options.metadata)
  const usage = await readUsage(options, context)
  const judging = { now: systemClock.now(), dormantAfter: options.dormant, ...(scopes && { scopes }) }
  const reports = usage.map((each): AppsReport => ({ usage: each, apps: judgeApps(each, judging) }))
  const format = options.json ? 'json' : options.format
  if (format === 'json') printObjects([...toAppObjects(reports)])
  else if (format === 'csv') print(toAppCsv(reports))
  else
    for (const [index, report] of reports.entries())
      printText(report, { further: index > 0, scopesTold: scopes !== undefined })
}

function printText(
  { usage, apps }: AppsReport,
  { further, scopesTold }: { readonly further: boolean; readonly scopesTold: boolean },
): void {
  if (further) print('\n')
  print(`org ${usage.org.name} (${usage.org.id})\n`)
  for (const line of describeBlindness(usage, scopesTold)) print(`${line}\n`)
  print(`\n${formatTable(toAppRows(apps), rightColumns)}`)
  print(toAppSteps(apps))
}

async function readUsage(options: Options, context: CommandContext) {
  const source = await openSource(options, context)
  const progress = showProgress({ stream: process.stderr, clock: systemClock, share: () => source.share() })
  const usage = new AppUsage()
  let events = 0
  try {
    for await (const records of source.records) {
      for (const record of records) note(usage, record)
      events += records.length
      progress.update(events)
    }
  } finally {
    progress.end()
    await source.close()
  }
  return usage.result()
}

/** A record that nobody can read was set aside by the service, and is no matter of this report. */
function note(usage: AppUsage, record: Parameters<typeof decodeEvent>[0]): void {
  try {
    usage.note(decodeEvent(record))
  } catch (error) {
    if (!hasCode(error, 'RECORD_MALFORMED')) throw error
  }
}

async function openSource(
  { config, file, org, from }: Options,
  context: CommandContext,
): Promise<EventSource> {
  if (file !== undefined) return openFileSource(file, org)
  const opened = openConfig(config ?? './forcewatch.yaml', context)
  return openLogSource({ ...opened, from: systemClock.now() - from, clock: systemClock })
}
