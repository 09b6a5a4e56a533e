import { stat } from 'node:fs/promises'
import { openLog, topicNames } from '../adapters.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { EventRecord } from '../detection/activity/decode.ts'
import { ForcewatchError } from '../errors.ts'
import type { LogRecord } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import { readFileLines } from './read-lines.ts'

/** Events in order, in portions, with how much of them has been handed out. */
export type EventSource = {
  readonly records: AsyncIterable<readonly EventRecord[]>
  /** From 0 to 1; undefined when nobody knows how much there is. */
  share(): number | undefined
  close(): Promise<void>
}

/** One CometD message a line, of a file or (`-`) of standard input, as if they came from the org `org`. */
export async function openFileSource(file: string, org: string): Promise<EventSource> {
  const size = file === '-' ? undefined : (await stat(file).catch(() => undefined))?.size
  const envelope = { key: org, headers: { org, origin: 'stream' } }
  let read = 0
  async function* records() {
    for await (const lines of readFileLines(file)) {
      for (const { bytes } of lines) read += bytes.length + 1
      yield lines.map(({ bytes }) => ({ ...envelope, value: bytes }))
    }
  }
  return {
    records: records(),
    share: () => (size === undefined ? undefined : Math.min(1, read / Math.max(size, 1))),
    close: async () => undefined,
  }
}

type LogSourceOptions = {
  readonly config: Config
  /** Only what was appended since then, ms since the epoch. */
  readonly from: number
  readonly clock: Clock
  readonly logger: Logger
}

/** Records of topic `events` of the log that the configuration names, up to its present end. @throws USAGE when there is none */
export async function openLogSource({ config, from, ...ports }: LogSourceOptions): Promise<EventSource> {
  const log = openLog(config, ports)
  try {
    const topic = topicNames(config).events
    const ends = new Map((await log.offsets(topic)).map(({ partition, next }) => [partition, next]))
    const starts = await log.offsetsAt(topic, from)
    const ranges = starts.map(({ partition, offset }) => ({
      partition,
      start: offset,
      end: ends.get(partition) ?? offset,
    }))
    const total = ranges.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0)
    if (total === 0) throw nothingThere(topic, starts.length > 0)
    let read = 0
    async function* records() {
      for await (const portion of inPortions(merge(ranges.filter(isFilled).map(readRange)))) {
        read += portion.length
        yield portion
      }
    }
    const readRange = ({ partition, start }: Range) =>
      log.read({ topic, partition }, start)[Symbol.asyncIterator]()
    return { records: records(), share: () => Math.min(1, read / total), close: () => log.close() }
  } catch (error) {
    await log.close()
    throw error
  }
}

type Range = { readonly partition: number; readonly start: number; readonly end: number }

function isFilled({ start, end }: Range): boolean {
  return end > start
}

/** The records of several partitions by the time at which they were appended. */
async function* merge(partitions: readonly AsyncIterator<LogRecord>[]): AsyncGenerator<LogRecord> {
  const heads = await Promise.all(partitions.map(async (rest) => ({ rest, head: await rest.next() })))
  for (;;) {
    let first: (typeof heads)[number] | undefined
    for (const each of heads) {
      if (each.head.done) continue
      if (!first || each.head.value.timestamp < first.head.value.timestamp) first = each
    }
    if (!first) return
    yield first.head.value
    first.head = await first.rest.next()
  }
}

const portionSize = 1000

async function* inPortions(records: AsyncIterable<LogRecord>): AsyncGenerator<readonly LogRecord[]> {
  let portion: LogRecord[] = []
  for await (const record of records) {
    portion.push(record)
    if (portion.length < portionSize) continue
    yield portion
    portion = []
  }
  yield portion
}

function nothingThere(topic: string, exists: boolean): ForcewatchError {
  const what = exists ? `topic ${topic} holds no event of that time` : `there is no topic ${topic} in the log`
  return new ForcewatchError('USAGE', what, {
    remedy: exists
      ? 'Go further back with --from, or replay a file with --file.'
      : 'Name the configuration of the service with --config, or replay a file with --file.',
  })
}
