import { inspect, stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { openLog, topicNames } from '../adapters.ts'
import { systemClock } from '../clock.ts'
import { ForcewatchError } from '../errors.ts'
import type { Log, LogRecord } from '../log/log.ts'
import { type CommandContext, configOption, openConfig, parseWholeNumber } from './command-context.ts'

type ReadOptions = {
  readonly config: string
  readonly from: number
  readonly partition?: number
  readonly json?: true
}

/** `forcewatch log read` */
export function registerLog(program: Command, context: CommandContext): void {
  const log = program
    .command('log')
    .description('Look into the log: events, detections, alerts, dead-letter.')
  log
    .command('read')
    .description('Print the records of a topic up to its present end, partition by partition.')
    .argument('<topic>', 'events, detections, alerts or dead-letter, or the name of a topic in the log')
    .option('--from <offset>', 'first offset to print', parseWholeNumber, 0)
    .option('--partition <number>', 'only this partition', parseWholeNumber)
    .option('--json', 'one object a line')
    .addOption(configOption())
    .action((topic: string, options: ReadOptions) => readLog(topic, options, context))
}

async function readLog(name: string, options: ReadOptions, context: CommandContext): Promise<void> {
  const { config, logger } = openConfig(options.config, context)
  const log = openLog(config, { clock: systemClock, logger })
  try {
    const names: Readonly<Record<string, string>> = topicNames(config)
    const topic = names[name === 'dead-letter' ? 'deadLetter' : name] ?? name
    const format = options.json ? formatAsJson : formatForPeople
    for await (const record of recordsOf(log, topic, options)) {
      if (!process.stdout.write(context.scrubber.scrub(`${format(record)}\n`))) await drained(process.stdout)
    }
  } finally {
    await log.close()
  }
}

async function* recordsOf(
  log: Log,
  topic: string,
  { from, partition: only }: ReadOptions,
): AsyncGenerator<LogRecord> {
  const partitions = await log.offsets(topic)
  const wanted = partitions.filter(({ partition }) => only === undefined || partition === only)
  if (wanted.length === 0) throw nothingThere(topic, partitions.length, only)
  for (const { partition, first, next } of wanted) {
    const start = Math.max(from, first)
    if (start < next) yield* log.read({ topic, partition }, start)
  }
}

function nothingThere(topic: string, partitions: number, partition: number | undefined): ForcewatchError {
  if (partitions > 0) {
    return new ForcewatchError('USAGE', `topic ${topic} has no partition ${partition}`, {
      remedy: `Its partitions are 0 to ${partitions - 1}.`,
    })
  }
  return new ForcewatchError('USAGE', `there is no topic ${topic} in the log`, {
    remedy:
      'Use events, detections, alerts, dead-letter, or start `forcewatch run` once, which creates them.',
  })
}

function formatAsJson(record: LogRecord): string {
  const { topic, partition, offset, timestamp, key, headers } = record
  const time = new Date(timestamp).toISOString()
  return JSON.stringify({ topic, partition, offset, time, key, headers, value: readValue(record.value) })
}

function formatForPeople(record: LogRecord): string {
  const { topic, partition, offset, timestamp, key, headers } = record
  const marks = Object.entries(headers).map(([name, value]) => `${name}=${value}`)
  const head = [`${topic}/${partition} @${offset}`, new Date(timestamp).toISOString(), key, ...marks].join(
    '  ',
  )
  const value = inspect(readValue(record.value), {
    depth: null,
    breakLength: 110,
    maxArrayLength: null,
    maxStringLength: null,
  })
  return `${printable(head)}\n${value.replace(/^/gm, '  ')}`
}

/** The value as JSON tells it; as text where it is no JSON. */
function readValue(bytes: Buffer): unknown {
  const text = bytes.toString()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Without anything that a terminal would obey. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ')
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve))
}
