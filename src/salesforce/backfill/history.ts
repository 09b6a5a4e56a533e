import type { NewRecord } from '../../log/log.ts'
import { needsOf } from '../channels.ts'
import { toReadProblem } from '../directory/read-users.ts'
import type { OrgRest } from '../storage/org-rest.ts'
import { columnsOf, readStored } from '../storage/read-stored.ts'
import { toStoredRecord } from '../storage/stored-record.ts'
import { logFileTypesOf, streamOf, toLogFileEvent } from './log-file-events.ts'
import { listLogFiles, readLogFile } from './log-files.ts'

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

/** Events of a stretch, oldest first, and the streams of which a storage object has given an event so far. */
export type Found = { readonly events: readonly DatedRecord[]; readonly stored: ReadonlySet<string> }

export type HistoryOptions = {
  readonly org: string
  readonly orgId: string
  readonly channels: readonly string[]
  readonly mostEvents: number
  /** Told once of what cannot be read. */
  readonly onDenied: (what: string, text: string) => void
}

/**
 * Reads what an org has kept of its events: from storage objects, and from log files what happened before the first event that the storage
 * object of its kind gives (storage may have been switched on later than log files).
 */
export class History {
  readonly #options: HistoryOptions
  readonly #columns = new Map<string, readonly string[]>()
  readonly #denied = new Set<string>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /**
   * Every event of the chunk.
   * @param before streams whose storage object has given an event of an earlier chunk
   * @throws {@link TooManyEvents}; rejects with what `toReadProblem` understands
   */
  async read(rest: OrgRest, chunk: Chunk, before: ReadonlySet<string>): Promise<Found> {
    const found: DatedRecord[] = []
    const stored = new Set(before)
    const filedUntil = new Map<string, number>()
    for (const channel of this.#options.channels) {
      const stream = channel.slice(channel.lastIndexOf('/') + 1)
      const start = found.length
      await this.#readStored(rest, channel, stream, chunk, found)
      if (!before.has(stream)) filedUntil.set(stream, earliest(found, start) ?? chunk.to)
      if (found.length > start) stored.add(stream)
    }
    await this.#readLogFiles(rest, filedUntil, chunk, found)
    return { events: found.sort((a, b) => a.time - b.time), stored }
  }

  async #readStored(
    rest: OrgRest,
    channel: string,
    stream: string,
    chunk: Chunk,
    found: DatedRecord[],
  ): Promise<void> {
    const { org, orgId } = this.#options
    const { storage: object } = needsOf(channel)
    if (object === undefined || this.#denied.has(object)) return
    await this.#unlessDenied(object, async () => {
      const columns = this.#columns.get(object) ?? (await columnsOf(rest, object))
      if (columns.length === 0) return
      this.#columns.set(object, columns)
      for await (const page of readStored(rest, { object, columns, ...chunk })) {
        for (const { time, row } of page)
          found.push({
            time,
            stream,
            record: toStoredRecord(row, { channel, orgId, org, origin: 'backfill' }),
          })
        this.#check(found)
      }
    })
  }

  async #readLogFiles(
    rest: OrgRest,
    until: ReadonlyMap<string, number>,
    { from, to }: Chunk,
    found: DatedRecord[],
  ): Promise<void> {
    const { org, orgId, channels } = this.#options
    const eventTypes = logFileTypesOf(new Set(until.keys()))
    if (eventTypes.length === 0 || this.#denied.has('EventLogFile')) return
    const channelOf = new Map(
      channels.map((channel) => [channel.slice(channel.lastIndexOf('/') + 1), channel]),
    )
    const seen = new Set<string>()
    await this.#unlessDenied('EventLogFile', async () => {
      for (const file of await listLogFiles(rest, eventTypes, from, to)) {
        const channel = channelOf.get(streamOf(file.eventType) ?? '')
        if (channel === undefined) continue
        for await (const row of readLogFile(rest, file)) {
          const event = toLogFileEvent(file.eventType, row)
          const identifier = String(event?.payload.EventIdentifier)
          if (!event || event.time < from || event.time >= (until.get(event.type) ?? to)) continue
          if (seen.has(identifier)) continue
          seen.add(identifier)
          const record = toStoredRecord(event.payload, { channel, orgId, org, origin: 'backfill' })
          found.push({ time: event.time, stream: event.type, record })
          this.#check(found)
        }
      }
    })
  }

  async #unlessDenied(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      const { kind, text } = toReadProblem(error)
      if (error instanceof TooManyEvents || kind !== 'denied') throw error
      this.#denied.add(what)
      this.#options.onDenied(what, text)
    }
  }

  #check(found: readonly DatedRecord[]): void {
    const { mostEvents } = this.#options
    if (found.length > mostEvents) throw new TooManyEvents(mostEvents)
  }
}

/** Time of the oldest event from this place on. */
function earliest(found: readonly DatedRecord[], start: number): number | undefined {
  let time: number | undefined
  for (let index = start; index < found.length; index++)
    time = Math.min(time ?? Number.POSITIVE_INFINITY, found[index]?.time ?? Number.POSITIVE_INFINITY)
  return time
}
