import type { SimulatedEvent } from './payload.ts'
import { type Recorder, type Session, sessionFields } from './recorder.ts'

/** Salesforce hands a REST query out in pages of this many rows. */
const pageSize = 2000

/** A query as an application sends it. */
export type ApiQuery = {
  readonly query: string
  readonly entity: string
  readonly rows: number
  readonly apiType: string
  readonly apiVersion: number
  readonly userAgent: string | null
  readonly client?: string | null
  /** Ms between two pages; default about a second and a half. */
  readonly pace?: number
}

/** One query: the first page as `Query`, every further one as `QueryMore`, each repeating the total in RowsProcessed. */
export function recordQuery(
  recorder: Recorder,
  time: number,
  session: Session,
  query: ApiQuery,
): SimulatedEvent[] {
  const pages = Math.max(1, Math.ceil(query.rows / pageSize))
  const pace = query.pace ?? 1500
  return Array.from({ length: pages }, (_, page) => {
    const returned = page < pages - 1 ? pageSize : query.rows - page * pageSize
    const at = time + page * pace + recorder.random.between(0, 0.3 * pace)
    return recordPage(recorder, at, session, query, {
      operation: page === 0 ? 'Query' : 'QueryMore',
      returned,
    })
  })
}

/** `SELECT COUNT() FROM X`: the count is processed, no row is returned. */
export function recordCount(
  recorder: Recorder,
  time: number,
  session: Session,
  entity: string,
  count: number,
  query: Omit<ApiQuery, 'query' | 'entity' | 'rows'>,
): SimulatedEvent {
  const whole = { ...query, query: `SELECT COUNT() FROM ${entity}`, entity, rows: count }
  return recordPage(recorder, time, session, whole, { operation: 'Query', returned: 0 })
}

/**
 * A Bulk query. Salesforce leaves client, user agent, records and login history blank and tells only how many rows the query
 * had in all.
 */
export function recordBulkQuery(
  recorder: Recorder,
  time: number,
  session: Session,
  query: string,
  entity: string,
  rows: number,
): SimulatedEvent {
  return recorder.record('ApiEventStream', time, {
    ...sessionFields(session),
    Operation: 'Query',
    ApiType: 'Bulk',
    ApiVersion: 62,
    Application: session.application,
    ElapsedTime: Math.round(400 + rows / 60),
    Platform: 'Unknown',
    QueriedEntities: rows > 0 ? entity : null,
    Query: query,
    RequestIdentifier: recorder.id('750'),
    RowsProcessed: rows,
    AdditionalInfo: '{}',
  })
}

/** The download of one part of a Bulk query's result: no count, no object, only the query. */
export function recordBulkResult(
  recorder: Recorder,
  time: number,
  session: Session,
  query: string,
): SimulatedEvent {
  return recorder.record('BulkApiResultEvent', time, { ...sessionFields(session), Query: query })
}

function recordPage(
  recorder: Recorder,
  time: number,
  session: Session,
  query: ApiQuery,
  page: { readonly operation: 'Query' | 'QueryMore'; readonly returned: number },
): SimulatedEvent {
  const { random } = recorder
  return recorder.record('ApiEventStream', time, {
    ...sessionFields(session),
    LoginHistoryId: session.loginHistoryId,
    Operation: page.operation,
    ApiType: query.apiType,
    ApiVersion: query.apiVersion,
    Application: random.chance(0.5) ? session.application : 'N/A',
    Client: query.client ?? null,
    ElapsedTime: Math.round(random.logNormal(60 + page.returned / 10, 0.5)),
    Platform: 'Unknown',
    QueriedEntities: query.rows > 0 ? query.entity : '',
    Query: query.query,
    Records: toRecords(recorder, query.entity, page.returned),
    RequestIdentifier: `TID:${random.uuid().replaceAll('-', '').slice(0, 30)}`,
    RowsProcessed: query.rows,
    RowsReturned: page.returned,
    UserAgent: query.userAgent,
    AdditionalInfo: '{}',
  })
}

/** Ids of the first records, as JSON within the JSON. */
function toRecords(recorder: Recorder, entity: string, returned: number): string {
  const shown = Math.min(returned, 2)
  const records = Array.from(
    { length: shown },
    () => `{"attributes":{"type":"${entity}"},"Id":"${recorder.id('0A1')}"}`,
  )
  return `{"totalSize":${returned},"done":true,"records":[${records.join(',')}]}`
}
