import { type Command, InvalidArgumentError } from 'commander'
import pc from 'picocolors'
import type { AlertRecord } from '../backtest/alert-record.ts'
import type { JobSpec } from '../backtest/job.ts'
import { formatPeriod, formatRate, partsOf, plural } from '../backtest/report/words.ts'
import {
  judgeSettings,
  type Setting,
  settingsFor,
  type Trial,
  type Tuning,
  toOverlay,
  toVariant,
} from '../backtest/tuning.ts'
import { proposed, readVariant } from '../backtest/variant.ts'
import { formatBudget, hasBudget, parseBudget } from '../detection/definition/budget.ts'
import { compileDetectors, parseDetectors } from '../detection/definition/catalog.ts'
import { readDetectorTexts } from '../detection/definition/detector-texts.ts'
import { ForcewatchError } from '../errors.ts'
import { nearestWord } from '../yaml-source.ts'
import type { CommandContext } from './command-context.ts'
import { type HistoryOptions, historyOptions, openHistory, runOverHistory } from './history.ts'
import { formatTable, print, printObjects } from './print.ts'

type Options = HistoryOptions & { readonly budget: number; readonly json?: true }

/** `forcewatch tune` */
export function registerTune(program: Command, context: CommandContext): void {
  const command = program
    .command('tune')
    .description(
      "Find out whether a detector keeps to so many alerts on the org's own history, and a threshold that does.",
    )
    .argument('<detector>', 'id of the detector')
    .requiredOption(
      '--budget <budget>',
      'how many alerts you want to see at most, such as 2/week',
      readBudget,
    )
    .option('--json', 'one object a line')
  for (const option of historyOptions()) command.addOption(option)
  command.action((detector: string, options: Options) => tune(detector, options, context))
}

async function tune(id: string, options: Options, context: CommandContext): Promise<void> {
  const history = openHistory(options, context)
  const texts = await readDetectorTexts(history.place)
  const read = parseDetectors(texts)
  const compiled = compileDetectors(read).detectors.find((detector) => detector.id === id)
  const definition = read.files.find((file) => file.definition.id === id)?.definition
  if (!definition || !compiled)
    throw noDetector(
      id,
      read.files.map((file) => file.definition.id),
    )
  const settings = settingsFor(definition, options.budget)
  const variants = settings.map((setting, index) => toVariant(id, setting, index))
  const files = variants.map((variant) => readVariant(variant, texts))
  const job = (own: JobSpec['variants']): JobSpec => ({
    texts,
    // One that watches the detections of others needs them beside it.
    ...(compiled.watchesDetections ? {} : { only: [] }),
    ...(own && { variants: own }),
    ...history.zones,
  })
  const jobs = [0, 1].map((half) => job(variants.filter((_, index) => index % 2 === half)))
  const results = await runOverHistory(history, jobs)
  const tuning = judgeSettings(settings, results, { wish: options.budget, detector: id })
  const { warnings = [] } = files[settings.indexOf(tuning.proposal.trial.setting)] ?? {}
  const told = {
    id,
    tuning,
    hasBudget: hasBudget(definition.baseline.model),
    lifted: warnings.filter(({ file }) => file === proposed).map(({ message }) => message),
  }
  if (options.json) printObjects(toObjects(told))
  else print(toText(told, options.budget))
}

/** `lifted`: the ceilings that rise with the floor that is proposed. */
type Told = {
  readonly id: string
  readonly tuning: Tuning
  readonly hasBudget: boolean
  readonly lifted: readonly string[]
}

function toText({ id, tuning, hasBudget, lifted }: Told, wish: number): string {
  const { period, counted, trials, proposal } = tuning
  const { trial } = proposal
  const isChange = trial.setting.kind !== 'as it is'
  const from = counted.from > period.from ? '; alerts count from the second week on' : ''
  return [
    `${formatPeriod(period)}${from}. ${pc.bold(id)} with other thresholds:`,
    '',
    formatTable(toRows(tuning, hasBudget), new Set([0, 1, 2, 3, 4].slice(hasBudget ? 0 : 1))),
    describeProposal(tuning, wish),
    ...(isChange ? ['', toOverlay(id, trial.setting).replace(/^/gm, '  ').trimEnd()] : []),
    ...(lifted.length > 0 ? ['', 'Ceilings rise with it:', ...lifted.map((line) => `  ${line}`)] : []),
    '',
    ...(trial.alerts.length > 0 ? ['With it there would have been:', ...toLines(trial.alerts)] : []),
    ...(trials.some(({ ceiling }) => ceiling > 0)
      ? [
          '',
          'Alerts in brackets come from always_above, which no budget changes, and at_least only above it.',
        ]
      : []),
    '',
  ].join('\n')
}

function toRows(
  { trials, truePositives, proposal }: Tuning,
  hasBudget: boolean,
): readonly (readonly string[])[] {
  const heads = [
    ...(hasBudget ? ['BUDGET'] : []),
    'AT LEAST',
    'ALERTS',
    'PER WEEK',
    'ENTITIES',
    ...(truePositives > 0 ? ['TRUE LOST'] : []),
    '',
  ]
  const rows = trials
    .toSorted(byKind)
    .map((trial) => [
      ...(hasBudget ? [formatBudget(trial.setting.budget)] : []),
      trial.setting.atLeast.toLocaleString('en'),
      trial.ceiling > 0 ? `${trial.alerts.length} (${trial.ceiling})` : String(trial.alerts.length),
      formatRate(trial.total.perWeek),
      String(new Set(trial.alerts.map(({ entity }) => entity.id)).size),
      ...(truePositives > 0 ? [`${trial.truePositivesLost} of ${truePositives}`] : []),
      [trial.setting.kind === 'as it is' ? 'as it is' : '', trial === proposal.trial ? '←' : '']
        .filter(Boolean)
        .join(' '),
    ])
  return [heads, ...rows]
}

/** Budgets from strict to generous, then floors from low to high; the setting in force among the budgets. */
function byKind(a: Trial, b: Trial): number {
  const group = ({ setting }: Trial) => (setting.kind === 'floor' ? 1 : 0)
  return group(a) - group(b) || a.setting.budget - b.setting.budget || a.setting.atLeast - b.setting.atLeast
}

function describeProposal({ proposal: { trial, kind } }: Tuning, wish: number): string {
  const wanted = formatBudget(wish)
  const rate = `${formatRate(trial.total.perWeek)} a week`
  switch (kind) {
    case 'as it is':
      return `Leave it as it is: ${rate}, no more than ${wanted}.`
    case 'chance':
      return `Leave it as it is: ${rate}, which by chance comes of ${wanted} too.`
    case 'fits':
      return `For ${wanted}, ${describeSetting(trial.setting)} brings ${rate}. As an overlay:`
    default:
      return `Even ${describeSetting(trial.setting)} brings ${rate}, more than ${wanted}: look at who fires, and write exceptions.${trial.setting.kind === 'as it is' ? '' : ' As an overlay:'}`
  }
}

function describeSetting({ kind, budget, atLeast }: Setting): string {
  if (kind === 'as it is') return 'as it is, it'
  return kind === 'floor' ? `at_least ${atLeast.toLocaleString('en')}` : `budget ${formatBudget(budget)}`
}

const shown = 12

function toLines(alerts: readonly AlertRecord[]): readonly string[] {
  const lines = alerts
    .toSorted((a, b) => a.openedAt - b.openedAt)
    .map((alert) => {
      const { time, level, summary } = partsOf(alert)
      return `  ${time}  ${level.padEnd(8)}  ${summary}`
    })
  return lines.length <= shown
    ? lines
    : [...lines.slice(0, shown), `  … and ${plural(lines.length - shown, 'more', 'more')}`]
}

function toObjects({ id, tuning, hasBudget, lifted }: Told): readonly object[] {
  const { period, trials, proposal } = tuning
  const describe = ({ setting, total, ceiling, truePositivesLost }: Trial) => ({
    detector: id,
    ...(hasBudget && { budget: formatBudget(setting.budget) }),
    at_least: setting.atLeast,
    changes: setting.kind,
    alerts: total.alerts,
    per_week: Number(total.perWeek.toFixed(3)),
    from_ceiling: ceiling,
    true_positives_lost: truePositivesLost,
  })
  const { trial, kind } = proposal
  return [
    ...trials.map((each) => ({ kind: 'trial', ...describe(each) })),
    {
      kind: 'proposal',
      outcome: kind,
      from: new Date(period.from).toISOString(),
      to: new Date(period.to).toISOString(),
      ...describe(trial),
      overlay: trial.setting.kind === 'as it is' ? null : toOverlay(id, trial.setting),
      lifted,
    },
  ]
}

function noDetector(id: string, known: readonly string[]): ForcewatchError {
  const meant = nearestWord(id, known)
  return new ForcewatchError('USAGE', `there is no detector ${id} that is not disabled`, {
    remedy: meant ? `Did you mean ${meant}?` : `There are ${known.join(', ')}.`,
  })
}

function readBudget(text: string): number {
  const budget = parseBudget(text)
  if (budget === undefined)
    throw new InvalidArgumentError('It must be a number in a time, such as 2/week or 1/month.')
  return budget
}
