import { createHash } from 'node:crypto'
import { loginStatuses, loginTypes } from './login-codes.ts'

/** A row of a log file, by column. */
export type LogFileRow = Readonly<Record<string, string>>

/** An event made of a row: the name of its stream, EventDate in ms since the epoch, and the payload in the form of the stream. */
export type LogFileEvent = {
  readonly type: string
  readonly time: number
  readonly payload: Readonly<Record<string, unknown>>
}

type Mapping = {
  readonly type: string
  readonly toFields: (row: LogFileRow) => Readonly<Record<string, unknown>> | undefined
}

/**
 * How kinds of log files become streamed events. Left out: ReportExport, whose events Report tells with their rows, and kinds that say
 * no more than how long a page took.
 */
const mappings: Readonly<Record<string, Mapping>> = {
  Login: { type: 'LoginEventStream', toFields: toLogin },
  Logout: { type: 'LogoutEventStream', toFields: () => ({}) },
  LoginAs: {
    type: 'LoginAsEventStream',
    toFields: (row) => ({ DelegatedUsername: text(row.DELEGATED_USER_NAME) }),
  },
  Report: { type: 'ReportEventStream', toFields: toReport },
  API: { type: 'ApiEventStream', toFields: toSoapQuery },
  RestApi: { type: 'ApiEventStream', toFields: toRestQuery },
  BulkApi: { type: 'ApiEventStream', toFields: toBulkQuery },
  ContentTransfer: { type: 'FileEvent', toFields: toFile },
}

/** Kinds of log files that tell of the events of these streams. */
export function logFileTypesOf(streams: ReadonlySet<string>): readonly string[] {
  return Object.keys(mappings).filter((name) => streams.has(mappings[name]?.type ?? ''))
}

/** The stream whose events a kind of log file tells of. */
export function streamOf(eventType: string): string | undefined {
  return mappings[eventType]?.type
}

/** The event that a row tells of; undefined for rows that no stream would bring, or without a time. */
export function toLogFileEvent(eventType: string, row: LogFileRow): LogFileEvent | undefined {
  const mapping = mappings[eventType]
  const time = Date.parse(row.TIMESTAMP_DERIVED ?? '')
  const fields = mapping?.toFields(row)
  if (!mapping || !fields || Number.isNaN(time)) return undefined
  const payload = {
    EventIdentifier: identifierOf(eventType, row),
    EventDate: new Date(time).toISOString(),
    UserId: text(row.USER_ID_DERIVED) ?? text(row.USER_ID),
    Username: text(row.USER_NAME),
    UserType: text(row.USER_TYPE),
    SourceIp: text(row.SOURCE_IP) ?? text(row.CLIENT_IP),
    LoginKey: text(row.LOGIN_KEY),
    SessionKey: text(row.SESSION_KEY),
    ...fields,
  }
  return { type: mapping.type, time, payload }
}

/** Log files hold no EventIdentifier, and may tell of an event twice: the row itself is its name. */
function identifierOf(eventType: string, row: LogFileRow): string {
  const cells = Object.keys(row)
    .sort()
    .map((name) => `${name}=${row[name]}`)
  return `elf-${createHash('sha256')
    .update(`${eventType}\n${cells.join('\n')}`)
    .digest('hex')
    .slice(0, 32)}`
}

function toLogin(row: LogFileRow) {
  const { LOGIN_STATUS: status = '', LOGIN_TYPE: type = '' } = row
  return {
    Status: loginStatuses[status] ?? loginStatuses[`LOGIN_ERROR_${status}`] ?? `Failed: ${status}`,
    LoginType: loginTypes[type] ?? type,
    LoginSubType: text(row.LOGIN_SUB_TYPE),
    Browser: text(row.BROWSER_TYPE),
    Platform: text(row.PLATFORM_TYPE),
    CountryIso: text(row.COUNTRY_CODE),
    TlsProtocol: text(row.TLS_PROTOCOL)?.replace(/^TLSv/, 'TLS ') ?? null,
    CipherSuite: text(row.CIPHER_SUITE),
    AuthMethodReference: text(row.AUTHENTICATION_METHOD_REFERENCE),
    ApiType: apiTypes[row.API_TYPE ?? ''] ?? 'N/A',
    ApiVersion: text(row.API_VERSION) ?? 'N/A',
  }
}

function toReport(row: LogFileRow) {
  return {
    Operation: text(row.ORIGIN),
    ReportId: text(row.REPORT_ID_DERIVED) ?? text(row.REPORT_ID),
    RowsProcessed: number(row.ROW_COUNT),
    NumberOfColumns: number(row.NUMBER_COLUMNS),
    QueriedEntities: text(row.ENTITY_NAME),
    ExecutionIdentifier: text(row.REQUEST_ID),
    Sequence: 1,
  }
}

const apiTypes: Readonly<Record<string, string>> = { E: 'SOAP Enterprise', P: 'SOAP Partner' }

const soapOperations: Readonly<Record<string, string>> = {
  query: 'Query',
  query_all: 'QueryAll',
  queryall: 'QueryAll',
  query_more: 'QueryMore',
  querymore: 'QueryMore',
}

function toSoapQuery(row: LogFileRow) {
  const Operation = soapOperations[row.METHOD_NAME?.toLowerCase() ?? '']
  if (Operation === undefined) return undefined
  return { Operation, ApiType: apiTypes[row.API_TYPE ?? ''] ?? 'SOAP Partner', ...queryFields(row) }
}

/** Only reading is streamed; what is no query has read no rows. */
function toRestQuery(row: LogFileRow) {
  const method = row.METHOD?.toUpperCase() ?? 'GET'
  const rows = number(row.ROWS_PROCESSED)
  if (method !== 'GET' || rows === null) return undefined
  return {
    Operation: /queryall/i.test(row.URI ?? '') ? 'QueryAll' : 'Query',
    ApiType: 'REST',
    ...queryFields(row),
  }
}

function toBulkQuery(row: LogFileRow) {
  if (!/^query/i.test(row.OPERATION_TYPE ?? '')) return undefined
  const Operation = /all/i.test(row.OPERATION_TYPE ?? '') ? 'QueryAll' : 'Query'
  return { Operation, ApiType: 'Bulk', ...queryFields(row) }
}

function queryFields(row: LogFileRow) {
  const rows = number(row.ROWS_PROCESSED)
  return {
    QueriedEntities: text(row.ENTITY_NAME) ?? text(row.ENTITY_TYPE),
    RowsProcessed: rows,
    RowsReturned: rows,
    ElapsedTime: number(row.RUN_TIME),
    ApiVersion: number(row.API_VERSION),
    Client: text(row.CLIENT_NAME),
    UserAgent: text(row.USER_AGENT),
    ConnectedAppId: text(row.CONNECTED_APP_ID),
    RequestIdentifier: text(row.REQUEST_ID),
  }
}

const transfers: Readonly<Record<string, string>> = {
  VersionDownloadAction: 'UI_DOWNLOAD',
  VersionDownloadApi: 'API_DOWNLOAD',
  VersionRenditionDownload: 'PREVIEW',
  saveVersion: 'UPLOAD',
}

function toFile(row: LogFileRow) {
  const FileAction = transfers[row.TRANSACTION_TYPE ?? '']
  if (FileAction === undefined) return undefined
  return {
    FileAction,
    ContentSize: number(row.SIZE_BYTES),
    DocumentId: text(row.DOCUMENT_ID_DERIVED) ?? text(row.DOCUMENT_ID),
    VersionId: text(row.VERSION_ID_DERIVED) ?? text(row.VERSION_ID),
    FileType: text(row.FILE_TYPE),
  }
}

function text(cell: string | undefined): string | null {
  return cell === undefined || cell === '' ? null : cell
}

function number(cell: string | undefined): number | null {
  const value = cell === undefined || cell.trim() === '' ? Number.NaN : Number(cell)
  return Number.isFinite(value) ? value : null
}
