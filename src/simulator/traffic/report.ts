import type { OrgUser } from '../server/org-user.ts'
import type { Report } from './org.ts'
import type { SimulatedEvent } from './payload.ts'
import { backgroundFields, type Recorder, type Session, sessionFields } from './recorder.ts'

/** One execution of a report. */
export type ReportRun = {
  readonly operation: string
  /** Undefined for a report that was not saved. */
  readonly report: Report | undefined
  readonly rows: number
  readonly columns?: number
  readonly entity?: string
  readonly scope?: 'user' | 'team' | 'organization'
  /** Number of events the execution is told in; default by its rows. */
  readonly chunks?: number
  readonly dashboard?: { readonly id: string; readonly name: string }
  readonly isScheduled?: boolean
}

/**
 * One execution of a report: chunks 1…n with one ExecutionIdentifier, each with the total in RowsProcessed, sometimes out of
 * order. A user instead of a session stands for work that Salesforce does on its own: dashboards, schedules, async exports.
 */
export function recordReport(
  recorder: Recorder,
  time: number,
  actor: Session | OrgUser,
  run: ReportRun,
): SimulatedEvent[] {
  const { random } = recorder
  const chunks = run.chunks ?? Math.min(50, Math.max(1, Math.ceil(run.rows / 2000)))
  const columns = run.columns ?? run.report?.columns ?? 10
  const entity = run.entity ?? run.report?.entity ?? 'Contact'
  const isSession = 'sessionKey' in actor
  const shared = {
    ...(isSession
      ? { ...sessionFields(actor), LoginHistoryId: actor.loginHistoryId }
      : backgroundFields(actor)),
    ExecutionIdentifier: random.uuid(),
    Operation: run.operation,
    EventSource: isSession ? 'Lightning' : 'API',
    Format: columns > 12 ? 'Tabular' : 'Summary',
    ReportId: run.report?.id ?? null,
    Name: run.report?.name ?? null,
    OwnerId: run.report?.ownerId ?? null,
    RowsProcessed: run.rows,
    NumberOfColumns: columns,
    ColumnHeaders: toHeaders(entity, columns),
    DisplayedFieldEntities: entity,
    QueriedEntities: entity,
    Scope: run.scope ?? 'organization',
    IsScheduled: run.isScheduled ?? false,
    DashboardId: run.dashboard?.id ?? null,
    DashboardName: run.dashboard?.name ?? null,
  }
  const events = Array.from({ length: chunks }, (_, index) =>
    recorder.record('ReportEventStream', time + index * 300, {
      ...shared,
      Sequence: index + 1,
      Records: `{"totalSize":${run.rows},"rows":[{"datacells":["${recorder.id('003')}","${recorder.id('003')}"]}]}`,
    }),
  )
  return events
}

const headers = new Map<string, string>()

function toHeaders(entity: string, columns: number): string {
  const key = `${entity}/${columns}`
  const known = headers.get(key)
  if (known !== undefined) return known
  const text = `[${Array.from({ length: columns }, (_, index) => `${entity}.Field${index + 1}`).join(', ')}]`
  headers.set(key, text)
  return text
}
