import { createHash } from 'node:crypto'
import { day, hour } from '../../duration.ts'
import type { RestAnswer, Row } from './rest-answer.ts'

/** A file of the object EventLogFile. */
export type EventLogFile = {
  /** 18 characters. */
  readonly id: string
  readonly eventType: string
  readonly interval: 'Hourly' | 'Daily'
  /** The hour or day that it is about, ms since the epoch. */
  readonly logDate: number
  readonly sequence: number
  /** ms since the epoch */
  readonly created: number
  readonly csv: string
}

/** The files as rows of EventLogFile. `path`: of a request under `/services/data/vNN.0`. */
export function toLogFileRows(files: readonly EventLogFile[], path: string): readonly Row[] {
  const [base = ''] = /^\/services\/data\/v\d+\.0/.exec(path) ?? []
  return files.map(({ id, eventType, interval, logDate, sequence, created, csv }) => ({
    Id: id,
    EventType: eventType,
    Interval: interval,
    LogDate: toRestDate(logDate),
    Sequence: sequence,
    CreatedDate: toRestDate(created),
    LogFileLength: csv.length,
    LogFile: `${base}/sobjects/EventLogFile/${id}/LogFile`,
  }))
}

/** The file that a resource asks for; undefined when there is none. */
export function answerLogFile(files: readonly EventLogFile[], resource: string): RestAnswer | undefined {
  const [, id] = /^sobjects\/EventLogFile\/(\w+)\/LogFile$/.exec(resource) ?? []
  const file = files.find((candidate) => candidate.id === id)
  return file && { status: 200, type: 'text/csv', body: file.csv }
}

type Event = { readonly channel: string; readonly payload: Readonly<Record<string, unknown>> }
type Cells = Readonly<Record<string, string>>

/** Columns of the kinds of files that traffic can be told in. */
const kinds: Readonly<
  Record<string, { readonly eventType: string; readonly toCells: (payload: Row) => Cells }>
> = {
  '/event/LoginEventStream': {
    eventType: 'Login',
    toCells: (payload) => ({
      LOGIN_STATUS: payload.Status === 'Success' ? 'LOGIN_NO_ERROR' : 'LOGIN_ERROR_INVALID_PASSWORD',
      LOGIN_TYPE: payload.LoginType === 'Application' ? 'A' : 'i',
      BROWSER_TYPE: cell(payload.Browser),
      PLATFORM_TYPE: cell(payload.Platform),
      SOURCE_IP: cell(payload.SourceIp),
      USER_NAME: cell(payload.Username),
      TLS_PROTOCOL: 'TLSv1.3',
    }),
  },
  '/event/ApiEventStream': {
    eventType: 'RestApi',
    toCells: (payload) => ({
      METHOD: 'GET',
      URI: '/services/data/v66.0/query',
      ENTITY_NAME: cell(payload.QueriedEntities),
      ROWS_PROCESSED: cell(payload.RowsReturned),
      USER_AGENT: cell(payload.UserAgent),
      CLIENT_IP: cell(payload.SourceIp),
    }),
  },
  '/event/ReportEventStream': {
    eventType: 'Report',
    toCells: (payload) => ({
      ORIGIN: cell(payload.Operation),
      ROW_COUNT: cell(payload.RowsProcessed),
      REPORT_ID_DERIVED: cell(payload.ReportId),
      ENTITY_NAME: cell(payload.QueriedEntities),
      CLIENT_IP: cell(payload.SourceIp),
    }),
  },
}

/** A kind of file about an hour or a day, with the events of the given ones that it can tell. */
export function writeLogFile(
  events: readonly Event[],
  about: Pick<EventLogFile, 'eventType' | 'interval' | 'logDate' | 'sequence' | 'created'>,
): EventLogFile {
  const end = about.logDate + (about.interval === 'Daily' ? day : hour)
  const rows = events.flatMap(({ channel, payload }) => {
    const kind = kinds[channel]
    const time = Date.parse(String(payload.EventDate))
    if (kind?.eventType !== about.eventType || time < about.logDate || time >= end) return []
    return [{ ...commonCells(about.eventType, time, payload), ...kind.toCells(payload) }]
  })
  const columns = Object.keys(rows[0] ?? { TIMESTAMP_DERIVED: '' })
  const lines = [columns, ...rows.map((row: Cells) => columns.map((name) => row[name] ?? ''))]
  const csv = lines
    .map((cells) => `${cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')}\n`)
    .join('')
  const digest = createHash('md5').update(JSON.stringify(about)).digest('hex')
  return { ...about, id: `0AT${digest.slice(0, 15)}`, csv }
}

function commonCells(eventType: string, time: number, payload: Row): Cells {
  const iso = new Date(time).toISOString()
  return {
    EVENT_TYPE: eventType,
    TIMESTAMP: `${iso.slice(0, 10).replaceAll('-', '')}${iso.slice(11, 19).replaceAll(':', '')}.${iso.slice(20, 23)}`,
    REQUEST_ID: cell(payload.EventIdentifier).slice(0, 22),
    USER_ID: cell(payload.UserId).slice(0, 15),
    USER_ID_DERIVED: cell(payload.UserId),
    LOGIN_KEY: cell(payload.LoginKey),
    SESSION_KEY: cell(payload.SessionKey),
    TIMESTAMP_DERIVED: iso,
  }
}

function cell(value: unknown): string {
  return value === null || value === undefined ? '' : String(value)
}

function toRestDate(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000')
}
