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
export class TooManyEvents extends Error {}

export type HistoryOptions = {
  readonly org: string
  readonly orgId: string
  readonly channels: readonly string[]
  /** Streams whose storage object has given an event before; more are added. */
  readonly stored: Set<string>
  readonly mostEvents: number
  /** Told once of what cannot be read. */
  readonly onDenied: (what: string, text: string) => void
}

/**
 * Reads what an org has kept of its events: from storage objects, and from log files for kinds of events whose storage object has not
 * given any yet (storage may have been switched on later than log files).
 */
export class History {
  readonly #options: HistoryOptions
  readonly #columns = new Map<string, readonly string[]>()
  readonly #denied = new Set<string>()

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  /** Every event of the chunk, oldest first. @throws {@link TooManyEvents}; rejects with what `toReadProblem` understands */
  async read(rest: OrgRest, chunk: Chunk): Promise<readonly DatedRecord[]> {
    const found: DatedRecord[] = []
    const missing = new Set<string>()
    for (const channel of this.#options.channels) {
      const stream = channel.slice(channel.lastIndexOf('/') + 1)
      const before = found.length
      await this.#readStored(rest, channel, stream, chunk, found)
      if (found.length > before) this.#options.stored.add(stream)
      else if (!this.#options.stored.has(stream)) missing.add(stream)
    }
    await this.#readLogFiles(rest, missing, chunk, found)
    return found.sort((a, b) => a.time - b.time)
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
    streams: ReadonlySet<string>,
    { from, to }: Chunk,
    found: DatedRecord[],
  ): Promise<void> {
    const { org, orgId, channels } = this.#options
    const eventTypes = logFileTypesOf(streams)
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
          if (!event || event.time < from || event.time >= to || seen.has(identifier)) continue
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
    if (found.length > this.#options.mostEvents) throw new TooManyEvents()
  }
}
