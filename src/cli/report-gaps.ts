import type { Command } from 'commander'
import { openStore } from '../adapters.ts'
import { systemClock } from '../clock.ts'
import { ForcewatchError } from '../errors.ts'
import { backfillScope, readBackfillProgress } from '../salesforce/backfill/backfill-state.ts'
import { type GapClosing, readClosings, reconcileScope } from '../salesforce/reconcile/reconcile-state.ts'
import { type Gap, ingestScope, readGaps } from '../salesforce/replay-state.ts'
import type { StateStore } from '../store/state-store.ts'
import { type CommandContext, configOption, openConfig } from './command-context.ts'
import { formatTable, print, printObjects } from './print.ts'

type Options = { readonly config: string; readonly org?: string; readonly json?: true }

/** A gap as the report tells it; without `closed` nobody has compared it with the storage object yet. */
type KnownGap = Gap & { readonly org: string; readonly closed?: GapClosing }

/** `forcewatch report gaps` */
export function registerGapsReport(report: Command, context: CommandContext): void {
  report
    .command('gaps')
    .description(
      'Stretches of time in which a channel may have lost events, or that a backfill could not read, and whether storage objects have filled them since.',
    )
    .option('--org <name>', 'only this org')
    .option('--json', 'one object a line')
    .addOption(configOption())
    .action((options: Options) => reportGaps(options, context))
}

async function reportGaps(options: Options, context: CommandContext): Promise<void> {
  const { config, logger } = openConfig(options.config, context)
  const names = config.orgs.map(({ name }) => name)
  if (options.org !== undefined && !names.includes(options.org))
    throw new ForcewatchError('USAGE', `there is no org ${options.org} in the configuration`, {
      remedy: `Its orgs are ${names.join(', ')}.`,
    })
  const store = openStore(config, { clock: systemClock, logger })
  try {
    const wanted = names.filter((name) => options.org === undefined || name === options.org)
    const gaps = (await Promise.all(wanted.map((name) => gapsOf(store, name)))).flat()
    if (options.json) printObjects(gaps)
    else print(format(gaps))
  } finally {
    await store.close()
  }
}

/** Newest first. */
async function gapsOf(store: StateStore, org: string): Promise<readonly KnownGap[]> {
  const gaps = await readGaps(store.read(ingestScope(org)))
  const closings = await readClosings(store.read(reconcileScope(org)))
  const unread = (await readBackfillProgress(store.read(backfillScope(org))))?.unread ?? []
  const notFilled = unread.map(({ channel, from, to, reason }) => {
    const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
    return { org, channel, ...range, reason: `backfill: ${reason}` }
  })
  const known = [...gaps].map(([key, gap]): KnownGap => {
    const closed = closings.get(key)
    return { org, ...gap, ...(closed ? { closed } : {}) }
  })
  return [...known, ...notFilled].sort((a, b) => (a.to < b.to ? 1 : -1))
}

function format(gaps: readonly KnownGap[]): string {
  if (gaps.length === 0) return 'No gap is on record.\n'
  const rows = gaps.map(({ org, channel, from, to, reason, closed }) => {
    const outcome = closed
      ? `closed ${minuteOf(closed.at)}: ${closed.found} missing, ${closed.injected} filled in`
      : 'open'
    return [org, channel.replace('/event/', ''), minuteOf(from), minuteOf(to), outcome, reason]
  })
  return formatTable([['org', 'channel', 'from (UTC)', 'to (UTC)', 'storage', 'why'], ...rows])
}

function minuteOf(iso: string | undefined): string {
  return iso === undefined ? '–' : iso.slice(0, 16).replace('T', ' ')
}
