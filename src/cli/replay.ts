import type { Command } from 'commander'
import pc from 'picocolors'
import type { Alert } from '../alerting/alert.ts'
import { systemClock } from '../clock.ts'
import { shippedDetectors } from '../config/schema.ts'
import { loadDetectors } from '../detection/definition/catalog.ts'
import { compareLevels } from '../detection/detection.ts'
import { createLogger } from '../logger.ts'
import { toDetectionLine } from '../notify/alert-line.ts'
import { createReplay } from '../replay.ts'
import { type CommandContext, overlaysOption, parseTimeZone } from './command-context.ts'
import { readFileLines } from './read-lines.ts'

type ReplayCommandOptions = {
  readonly json?: true
  readonly detectors: string
  readonly overlays?: string
  readonly org: string
  readonly timeZone?: string
}

/** `forcewatch replay` */
export function registerReplay(program: Command, { scrubber }: CommandContext): void {
  program
    .command('replay')
    .description(
      'Run events of a file through the detectors by event time, and print each alert when it opens or rises.',
    )
    .argument(
      '<file>',
      'one CometD message a line, {"channel","data":{"schema","payload","event"}}; - for standard input',
    )
    .option('--detectors <directory>', 'detector files', shippedDetectors)
    .addOption(overlaysOption())
    .option('--org <id>', 'organisation id that the events are taken to come from', '00D000000000000AAA')
    .option(
      '--time-zone <zone>',
      "IANA time zone of the org's office hours; default: the org's own where the events tell, else UTC",
      parseTimeZone,
    )
    .option('--json', 'one object a line')
    .action(async (file: string, options: ReplayCommandOptions) => {
      const logger = createLogger({ level: 'warn', format: 'text' }, scrubber)
      const replay = createReplay({
        detectors: await loadDetectors(options.detectors, options.overlays),
        timeZoneOf: () => options.timeZone,
        onAlert(alert, previous) {
          if (previous && compareLevels(alert.level, previous.level) <= 0) return
          process.stdout.write(`${options.json ? JSON.stringify(toLine(alert)) : toText(alert)}\n`)
        },
        clock: systemClock,
        logger,
      })
      const place = { key: options.org, headers: { org: options.org, origin: 'stream' } }
      let events = 0
      let malformed = 0
      for await (const lines of readFileLines(file)) {
        for (const { number, bytes } of lines) {
          const fed = replay.feed({ ...place, value: bytes })
          events++
          if (fed.kind === 'processed') continue
          malformed++
          process.stderr.write(scrubber.scrub(`${file}:${number}: ${fed.reason}\n`))
        }
      }
      process.stderr.write(
        `${events.toLocaleString('en')} events, ${malformed.toLocaleString('en')} of them malformed\n`,
      )
    })
}

/** What is printed: the detection that made the alert open or rise. */
function toLine({ level, latest }: Alert) {
  return { ...toDetectionLine(latest), level }
}

const colours = {
  critical: pc.magenta,
  high: pc.red,
  medium: pc.yellow,
  low: pc.cyan,
  informational: pc.dim,
} as const

function toText(alert: Alert): string {
  const { time, detector, level, summary } = toLine(alert)
  return `${time.slice(0, 19).replace('T', ' ')}  ${colours[level](level.padEnd(8))}  ${detector.padEnd(16)}  ${summary}`
}
