import pc from 'picocolors'
import type { AlertRecord } from '../alert-record.ts'
import { byWeight, type Comparison, type DetectorComparison } from '../comparison.ts'
import {
  describeException,
  describeLostVerdict,
  describeOverride,
  differs,
  formatPeriod,
  formatRate,
  isIdle,
  nameOf,
  partsOf,
  plural,
  verdictOn,
} from './words.ts'

/** Alerts of one kind that are shown. */
const shown = 12

/** A comparison for a terminal. */
export function toText(comparison: Comparison): string {
  const { period, events, malformed, current, candidate, detectors } = comparison
  const broken = malformed === 0 ? '' : `, ${malformed.toLocaleString('en')} of them malformed`
  return [
    `${formatPeriod(period)}; ${plural(events, 'event', 'events')}${broken}. Both sets start with nothing learned.`,
    `Alerts per week: ${formatRate(current.perWeek)} now, ${formatRate(candidate.perWeek)} with the candidate. ${verdictOn(comparison)}`,
    '',
    ...toTable(detectors),
    ...detectors.flatMap(describeDetector),
    ...describeVerdicts(comparison),
    '',
  ].join('\n')
}

function toTable(detectors: readonly DetectorComparison[]): readonly string[] {
  const heads = ['DETECTOR', 'CHANGE', 'NOW/WEEK', 'THEN/WEEK', 'APPEAR', 'DISAPPEAR']
  const rows = detectors.map((detector) => [
    detector.detector,
    detector.change === 'same' ? '' : detector.change,
    detector.current ? formatRate(detector.current.perWeek) : '–',
    detector.candidate ? formatRate(detector.candidate.perWeek) : '–',
    detector.appear.length === 0 ? '' : `+${detector.appear.length}`,
    detector.disappear.length === 0 ? '' : `-${detector.disappear.length}`,
  ])
  const widths = heads.map((_, column) =>
    Math.max(...[heads, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  return [heads, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

function describeDetector(detector: DetectorComparison): readonly string[] {
  const { appear, disappear, levelChanges, topEntities, exceptions, overrides } = detector
  const idle = overrides.filter(isIdle)
  const lines = [
    ...toLines(pc.red('+'), appear),
    ...toLines(pc.green('-'), disappear),
    ...limit(
      levelChanges.map((pair) => `  ${pc.yellow('~')} ${toLine(pair.candidate)} (${pair.current.level} now)`),
    ),
    ...(differs(detector) && topEntities.length > 0 ? [`  most alerts: ${describeTop(detector)}`] : []),
    ...[...exceptions.map(describeException), ...idle.map(describeOverride)].map((line) => `  ${line}`),
  ]
  return lines.length === 0 ? [] : ['', pc.bold(detector.detector), ...lines]
}

function toLines(mark: string, alerts: readonly AlertRecord[]): readonly string[] {
  return limit(alerts.toSorted(byWeight).map((alert) => `  ${mark} ${toLine(alert)}`))
}

function toLine(alert: AlertRecord): string {
  const { time, level, summary } = partsOf(alert)
  return `${time}  ${level.padEnd(8)}  ${summary}`
}

function limit(lines: readonly string[]): readonly string[] {
  if (lines.length <= shown) return lines
  return [...lines.slice(0, shown), `    … and ${lines.length - shown} more (--json and --html have all)`]
}

function describeTop({ topEntities }: DetectorComparison): string {
  return topEntities
    .map(({ entity, current, candidate }) => `${nameOf(entity)} (${current} now, ${candidate} then)`)
    .join(', ')
}

function describeVerdicts({ lostVerdicts, verdicts }: Comparison): readonly string[] {
  if (verdicts === 0) return ['', 'No alert of this history has been judged a true positive.']
  const head = `${plural(lostVerdicts.length, 'verdict is', 'verdicts are')} lost, of ${plural(verdicts, 'true positive', 'true positives')}.`
  return ['', head, ...lostVerdicts.map((lost) => `  ${pc.red('!')} ${describeLostVerdict(lost)}`)]
}
