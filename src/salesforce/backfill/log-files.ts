import { Readable } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
import { z } from 'zod'
import { day, hour } from '../../duration.ts'
import type { OrgRest } from '../storage/org-rest.ts'

/** Name of the object that lists them. */
export const logFiles = 'EventLogFile'

/** A file of EventLogFile: the events of one kind of an hour or a day, or a part of them. */
export type LogFile = {
  readonly path: string
  readonly eventType: string
  readonly interval: 'Hourly' | 'Daily'
  /** The hour or day that it is about, ms since the epoch. */
  readonly from: number
  readonly sequence: number
  readonly created: number
}

const row = z.object({
  LogFile: z.string(),
  EventType: z.string(),
  Interval: z.enum(['Hourly', 'Daily']),
  LogDate: z.string(),
  Sequence: z.number().nullish(),
  CreatedDate: z.string(),
})

/** The log files of these kinds about `[from, to)`, oldest first. Rejects with what `toReadProblem` understands. */
export async function listLogFiles(
  rest: OrgRest,
  eventTypes: readonly string[],
  from: number,
  to: number,
): Promise<readonly LogFile[]> {
  const names = eventTypes.map((name) => `'${name}'`).join(', ')
  const since = new Date(Math.floor(from / day) * day).toISOString()
  const records = await rest.query(
    `SELECT LogFile, EventType, Interval, LogDate, Sequence, CreatedDate FROM ${logFiles} WHERE EventType IN (${names}) ` +
      `AND LogDate >= ${since} AND LogDate < ${new Date(to).toISOString()} ORDER BY LogDate`,
  )
  const files = records.flatMap((record) => {
    const { data } = row.safeParse(record)
    if (!data) return []
    const { LogFile: path, EventType: eventType, Interval: interval, LogDate, Sequence, CreatedDate } = data
    return [
      {
        ...{ path, eventType, interval, from: toTime(LogDate) },
        ...{ sequence: Sequence ?? 0, created: toTime(CreatedDate) },
      },
    ]
  })
  return chooseFiles(files).filter((file) => file.from < to && endOf(file) > from)
}

/**
 * Which of the files to read: a day's own file where there is one, since it is more complete, else its hours with all their parts. Of a
 * file that was replaced the newest.
 */
export function chooseFiles(files: readonly LogFile[]): readonly LogFile[] {
  const newest = new Map<string, LogFile>()
  for (const file of files) {
    const name = `${file.eventType}/${file.interval}/${file.from}/${file.interval === 'Daily' ? '' : file.sequence}`
    const known = newest.get(name)
    if (!known || file.created >= known.created) newest.set(name, file)
  }
  const daily = (file: LogFile) => `${file.eventType}/${Math.floor(file.from / day)}`
  const days = new Set([...newest.values()].filter(({ interval }) => interval === 'Daily').map(daily))
  const chosen = [...newest.values()].filter((file) => file.interval === 'Daily' || !days.has(daily(file)))
  return chosen.sort((a, b) => a.from - b.from || a.sequence - b.sequence)
}

/** A row of a log file that is no CSV. */
export type BadRow = { readonly line: number; readonly text: string }

/** The rows of a file by the names of its columns, as they come; those that are no CSV are told to `onBadRow`. */
export async function* readLogFile(
  rest: OrgRest,
  { path }: LogFile,
  onBadRow: (row: BadRow) => void,
): AsyncGenerator<Readonly<Record<string, string>>> {
  const parser = parse({
    columns: true,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  })
  parser.on('skip', ({ lines, message }: CsvError) => onBadRow({ line: Number(lines), text: message }))
  const source = Readable.from(await rest.download(path))
  source.once('error', (error) => parser.destroy(error))
  for await (const record of source.pipe(parser)) yield record as Record<string, string>
}

/** Behind the last event that a file may tell of, ms since the epoch. */
export function endOf(file: LogFile): number {
  return file.from + lengthOf(file)
}

function lengthOf({ interval }: LogFile): number {
  return interval === 'Daily' ? day : hour
}

function toTime(date: string): number {
  return Date.parse(date.replace(/\+0000$/, 'Z'))
}
