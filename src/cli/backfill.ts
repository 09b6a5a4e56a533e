import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { openLog, openStore, toOrgOptions, topicNames, topicSpecs } from '../adapters.ts'
import { systemClock } from '../clock.ts'
import type { OrgConfig } from '../config/schema.ts'
import { day } from '../duration.ts'
import { exitCodes, ForcewatchError } from '../errors.ts'
import { createMetrics } from '../metrics.ts'
import { backfill } from '../salesforce/backfill/backfill.ts'
import type { BackfillResult } from '../salesforce/backfill/backfill-options.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'
import { count, print } from './print.ts'
import { showProgress } from './progress.ts'

type Options = { readonly config: string; readonly days: number; readonly org?: string }

/** `forcewatch backfill` */
export function registerBackfill(program: Command, context: CommandContext): void {
  program
    .command('backfill')
    .description(
      'Fill the log with what the orgs have stored of the last days, so that baselines are warm from the first day. Nobody is notified of it. Before the first `run`; it goes on where it was interrupted.',
    )
    .requiredOption('--days <number>', 'how far back', parseDays)
    .option('--org <name>', 'only this org')
    .addOption(configOption())
    .action((options: Options) => backfillOrgs(options, context))
}

async function backfillOrgs(options: Options, context: CommandContext): Promise<void> {
  const { config, logger } = openConfig(options.config, context)
  const orgs = config.orgs.filter(({ name }) => options.org === undefined || name === options.org)
  if (orgs.length === 0) throw unknownOrg(options.org, config.orgs)
  const leaving = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leaving.abort())
  const clock = systemClock
  const log = openLog(config, { clock, logger })
  const store = openStore(config, { clock, logger })
  try {
    await log.createTopics(topicSpecs(config))
    for (const org of orgs) {
      if (leaving.signal.aborted) break
      let share = 0
      const progress = showProgress({ stream: process.stderr, clock, share: () => share })
      try {
        const result = await backfill({
          org: toOrgOptions(org),
          log,
          topic: topicNames(config).events,
          store,
          length: options.days * day,
          owner: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
          clock,
          logger,
          metrics: createMetrics(),
          signal: leaving.signal,
          onProgress({ from, to, reached, events }, waiting) {
            share = to > from ? (reached - from) / (to - from) : 1
            progress.update(events)
            if (waiting) logger.info({ org: org.name }, "waiting: the org's API requests are short")
          },
        })
        progress.end()
        print(describe(org.name, result))
        if (result.reached < result.to) process.exitCode = exitCodes.failed
      } finally {
        progress.end()
      }
    }
  } finally {
    await store.close()
    await log.close()
  }
}

function describe(
  org: string,
  { from, to, reached, events, late, byStream, unread, calls }: BackfillResult,
): string {
  const done = reached >= to ? 'filled' : 'interrupted (run it again to go on)'
  const kinds = [...byStream].sort(([, a], [, b]) => b - a)
  return [
    `${org}: ${done} ${dateOf(from)} to ${dateOf(reached)}: ${count(events, 'event')}, ${count(calls, 'API request')}`,
    ...kinds.map(([stream, number]) => `  ${stream}  ${number.toLocaleString('en')}`),
    ...unread.map(
      ({ channel, reason, ...range }) =>
        `  not read: ${channel.replace('/event/', '')} from ${dateOf(range.from)} to ${dateOf(range.to)}: ${reason}`,
    ),
    ...(unread.length > 0
      ? ['  The next run of this command reads it first; `report gaps` lists it until then.']
      : []),
    ...(late
      ? [
          '  This org has been watched before: detection is past these events. They serve backtest and tune, and teach nothing.',
        ]
      : []),
    '',
  ].join('\n')
}

function dateOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function parseDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > 180)
    throw new InvalidArgumentError('It must be a whole number of days from 1 to 180.')
  return days
}

function unknownOrg(name: string | undefined, orgs: readonly OrgConfig[]): ForcewatchError {
  return new ForcewatchError('USAGE', `there is no org ${name} in the configuration`, {
    remedy: `Its orgs are ${orgs.map((org) => org.name).join(', ')}.`,
  })
}
