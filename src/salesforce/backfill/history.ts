import { CsvError } from 'csv-parse'
import type { NewRecord } from '../../log/log.ts'
import { needsOf, streamName } from '../channels.ts'
import { errorCodeOf, toReadProblem } from '../directory/read-users.ts'
import { mayPass } from '../may-pass.ts'
import type { OrgRest } from '../storage/org-rest.ts'
import { columnsOf, readStored } from '../storage/read-stored.ts'
import { toStoredRecord } from '../storage/stored-record.ts'
import type { Unread } from './backfill-state.ts'
import { logFileTypesOf, streamOf, toLogFileEvent } from './log-file-events.ts'
import { endOf, type LogFile, listLogFiles, logFiles, readLogFile } from './log-files.ts'

/** A stretch of event time, ms since the epoch. */
export type Chunk = { readonly from: number; readonly to: number }

/** A record with the time of its event, and where it was found. */
export type DatedRecord = { readonly time: number; readonly record: NewRecord; readonly stream: string }

/** More events than this are not held in memory: the caller asks for less. */
export class TooManyEvents extends Error {
  constructor(most: number) {
    super(`more than ${most} events in a stretch of time`)
  }
}

/** Events of a stretch, oldest first. */
export type Found = {
  readonly events: readonly DatedRecord[]
  /** Streams of which a storage object has given an event so far. */
  readonly stored: ReadonlySet<string>
  readonly unread: readonly Unread[]
  /** Whether there were log files. */
  readonly filed: boolean
}

type Collected = { readonly events: DatedRecord[]; readonly unread: Unread[]; filed: boolean }

export type HistoryOptions = {
  readonly org: string
  readonly orgId: string
  readonly channels: readonly string[]
  readonly mostEvents: number
  /** Told once of each storage object, of log files as such and of each of them that cannot be read. */
  readonly onUnread: (what: string, text: string) => void
}

/**
 * Reads what an org has kept of its events: from storage objects, and from log files what happened before the first event that the storage
 * object of its kind gives (storage may have been switched on later than log files).
 */
export class History {
  readonly #options: HistoryOptions
  readonly #columns = new Map<string, readonly string[]>()
  /** Why something cannot be read, by its name. */
  readonly #denied = new Map<string, string>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /**
   * Every event of the chunk.
   * @param before streams whose storage object has given an event of an earlier chunk
   * @throws {@link TooManyEvents}; rejects with what `toReadProblem` understands
   */
  async read(rest: OrgRest, chunk: Chunk, before: ReadonlySet<string>): Promise<Found> {
    const found: Collected = { events: [], unread: [], filed: false }
    const { events } = found
    const stored = new Set(before)
    const filedUntil = new Map<string, number>()
    for (const channel of this.#options.channels) {
      const stream = streamName(channel)
      const start = events.length
      await this.#readStored(rest, channel, chunk, found)
      if (!before.has(stream)) filedUntil.set(stream, earliest(events, start) ?? chunk.to)
      if (events.length > start) stored.add(stream)
    }
    await this.#readLogFiles(rest, filedUntil, chunk, found)
    return { ...found, events: events.sort((a, b) => a.time - b.time), stored }
  }

  /** What was left out before, as far as it can be read now. */
  async reread(rest: OrgRest, { channel, source, from, to }: Unread): Promise<Omit<Found, 'stored'>> {
    const found: Collected = { events: [], unread: [], filed: false }
    if (source === 'object') await this.#readStored(rest, channel, { from, to }, found)
    else await this.#readLogFiles(rest, new Map([[streamName(channel), to]]), { from, to }, found)
    return { ...found, events: found.events.sort((a, b) => a.time - b.time) }
  }

  async #readStored(rest: OrgRest, channel: string, chunk: Chunk, found: Collected): Promise<void> {
    const { org, orgId } = this.#options
    const { storage: object } = needsOf(channel)
    if (object === undefined) return
    const denied = await this.#unlessDenied(object, async () => {
      const columns = this.#columns.get(object) ?? (await columnsOf(rest, object))
      if (columns.length === 0) return
      this.#columns.set(object, columns)
      for await (const page of readStored(rest, { object, columns, ...chunk })) {
        for (const { time, row } of page) {
          const record = toStoredRecord(row, { channel, orgId, org, origin: 'backfill' })
          found.events.push({ time, stream: streamName(channel), record })
        }
        this.#check(found)
      }
    })
    if (denied !== undefined) found.unread.push({ channel, source: 'object', ...chunk, reason: denied })
  }

  async #readLogFiles(
    rest: OrgRest,
    until: ReadonlyMap<string, number>,
    { from, to }: Chunk,
    found: Collected,
  ): Promise<void> {
    const channels = new Map(this.#options.channels.map((channel) => [streamName(channel), channel]))
    const eventTypes = logFileTypesOf(new Set(until.keys()))
    if (eventTypes.length === 0) return
    const seen = new Set<string>()
    const denied = await this.#unlessDenied(logFiles, async () => {
      for (const file of await listLogFiles(rest, eventTypes, from, to)) {
        found.filed = true
        const stream = streamOf(file.eventType) ?? ''
        const channel = channels.get(stream)
        if (channel === undefined) continue
        const end = until.get(stream) ?? to
        const problem = await this.#readFile(rest, file, { channel, chunk: { from, to: end }, seen, found })
        const about = { from: Math.max(from, file.from), to: Math.min(end, endOf(file)) }
        if (problem !== undefined && about.to > about.from)
          found.unread.push({ channel, source: 'files', ...about, reason: problem })
      }
    })
    if (denied === undefined) return
    for (const [stream, end] of until) {
      const channel = channels.get(stream)
      if (channel !== undefined && end > from && logFileTypesOf(new Set([stream])).length > 0)
        found.unread.push({ channel, source: 'files', from, to: end, reason: denied })
    }
  }

  /** Answers what could not be read of it. */
  async #readFile(
    rest: OrgRest,
    file: LogFile,
    {
      channel,
      chunk,
      seen,
      found,
    }: {
      readonly channel: string
      readonly chunk: Chunk
      readonly seen: Set<string>
      readonly found: Collected
    },
  ): Promise<string | undefined> {
    const { org, orgId } = this.#options
    const bad = new Map<number, string>()
    let problem: string | undefined
    try {
      for await (const row of readLogFile(rest, file, ({ line, text }) => bad.set(line, text))) {
        const event = toLogFileEvent(file.eventType, row)
        const identifier = String(event?.payload.EventIdentifier)
        if (!event || event.time < chunk.from || event.time >= chunk.to || seen.has(identifier)) continue
        seen.add(identifier)
        const record = toStoredRecord(event.payload, { channel, orgId, org, origin: 'backfill' })
        found.events.push({ time: event.time, stream: event.type, record })
        this.#check(found)
      }
    } catch (error) {
      if (!isOfThisFile(error)) throw error
      problem = toReadProblem(error).text
    }
    const [first] = bad
    if (first)
      problem = `line ${first[0]} is no CSV${bad.size > 1 ? `, nor are ${bad.size - 1} others` : ''} (${first[1]})`
    if (problem === undefined) return undefined
    const text = `log file ${file.eventType} of ${new Date(file.from).toISOString()} (${file.path}): ${problem}`
    if (!this.#denied.has(file.path)) this.#options.onUnread(file.path, text)
    this.#denied.set(file.path, text)
    return text
  }

  /** Answers why it cannot be read. */
  async #unlessDenied(what: string, action: () => Promise<void>): Promise<string | undefined> {
    const known = this.#denied.get(what)
    if (known !== undefined) return known
    try {
      await action()
    } catch (error) {
      const { kind, text } = toReadProblem(error)
      if (error instanceof TooManyEvents || kind !== 'denied') throw error
      const reason = `${what} cannot be read: ${text}`
      this.#denied.set(what, reason)
      this.#options.onUnread(what, reason)
      return reason
    }
    return undefined
  }

  #check({ events }: Collected): void {
    const { mostEvents } = this.#options
    if (events.length > mostEvents) throw new TooManyEvents(mostEvents)
  }
}

/** Whether others can be read although this one failed like this. */
function isOfThisFile(error: unknown): boolean {
  if (error instanceof CsvError) return true
  return errorCodeOf(error) !== '' && toReadProblem(error).kind === 'failed' && !mayPass(error)
}

/** Time of the oldest event from this place on. */
function earliest(found: readonly DatedRecord[], start: number): number | undefined {
  let time: number | undefined
  for (let index = start; index < found.length; index++)
    time = Math.min(time ?? Number.POSITIVE_INFINITY, found[index]?.time ?? Number.POSITIVE_INFINITY)
  return time
}
