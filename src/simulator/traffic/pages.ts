import type { OrgUser } from '../server/org-user.ts'
import type { SimulatedEvent } from './payload.ts'
import { type Recorder, type Session, sessionFields } from './recorder.ts'

const prefixes: Readonly<Record<string, string>> = {
  Account: '001',
  Contact: '003',
  Lead: '00Q',
  Opportunity: '006',
  Case: '500',
  Task: '00T',
}
const viewed = Object.keys(prefixes)

/** What is done with a record. */
export type RecordOperation = 'Read' | 'Create' | 'Update' | 'Delete'

/** A record looked at or changed in Lightning. Pages sometimes come through Salesforce's own network, without an address. */
export function recordLightningPage(
  recorder: Recorder,
  time: number,
  session: Session,
  operation: RecordOperation,
): SimulatedEvent[] {
  const { random } = recorder
  const entity = random.pick(viewed)
  const recordId = recorder.id(prefixes[entity] ?? '001')
  const duration = Math.round(random.logNormal(1400, 0.6))
  const event = recorder.record('LightningUriEventStream', time, {
    ...sessionFields(session),
    SourceIp: random.chance(0.02) ? 'Salesforce.com IP' : session.origin.ip,
    UserType: session.user.userType,
    Operation: operation,
    QueriedEntities: entity,
    RecordId: recordId,
    AppName: 'one:one',
    PageUrl: `/lightning/r/${entity}/${recordId}/view`,
    PageStartTime: new Date(time - duration).toISOString(),
    PreviousPageUrl: `/lightning/o/${entity}/list`,
    PreviousPageEntityType: entity,
    PreviousPageAppName: 'LightningSales',
    Duration: duration,
    EffectivePageTime: duration - 2,
    HasEffectivePageTimeDeviation: false,
    DevicePlatform: 'SFX:BROWSER:DESKTOP',
    DeviceSessionId: session.sessionKey,
    OsName: session.device.osName,
    OsVersion: session.device.osVersion,
    UserAgent: session.device.userAgent,
  })
  return [event]
}

/** The same in Classic, where changes come in pairs: initiated, then done, the second pointing to the first. */
export function recordClassicPage(
  recorder: Recorder,
  time: number,
  session: Session,
  operation: RecordOperation,
): SimulatedEvent[] {
  const entity = recorder.random.pick(viewed)
  const shared = {
    ...sessionFields(session),
    UserType: session.user.userType,
    Operation: operation,
    QueriedEntities: entity,
    RecordId: recorder.id(prefixes[entity] ?? '001'),
  }
  if (operation === 'Read' || operation === 'Delete')
    return [recorder.record('UriEventStream', time, { ...shared, OperationStatus: 'Success' })]
  const first = recorder.random.uuid()
  return [
    recorder.record('UriEventStream', time, {
      ...shared,
      EventIdentifier: first,
      OperationStatus: 'Initiated',
    }),
    recorder.record('UriEventStream', time + 900, {
      ...shared,
      OperationStatus: 'Success',
      RelatedEventIdentifier: first,
    }),
  ]
}

/** Which list is looked at, and how long it is. */
export type ListViewRun = { readonly rows: number; readonly entity?: string; readonly scope?: string }

/** A list of records looked at. */
export function recordListView(
  recorder: Recorder,
  time: number,
  session: Session,
  run: ListViewRun,
): SimulatedEvent[] {
  const { random } = recorder
  const entity = run.entity ?? random.pick(viewed)
  const isDefault = random.chance(0.2)
  const event = recorder.record('ListViewEventStream', time, {
    ...sessionFields(session),
    LoginHistoryId: session.loginHistoryId,
    ExecutionIdentifier: random.uuid(),
    Sequence: 1,
    AppName: 'one:one',
    EventSource: 'Lightning',
    QueriedEntities: entity,
    RowsProcessed: run.rows,
    NumberOfColumns: 7,
    ColumnHeaders: `[${entity}.Name, Owner.Alias, CreatedDate, LastModifiedDate, Status, Phone, Email]`,
    OrderBy: '[Name ASC NULLS FIRST, Id ASC NULLS FIRST]',
    FilterCriteria:
      '{"whereCondition":{"type":"soqlCondition","field":"Id","operator":"notEquals","values":["null"]}}',
    Scope: run.scope ?? 'everything',
    ListViewId: isDefault ? null : recorder.id('00B'),
    Name: isDefault ? null : `My ${entity} list`,
    DeveloperName: isDefault ? null : `My_${entity}_list`,
    OwnerId: session.user.id,
    Records: `{"totalSize":${run.rows},"rows":[{"datacells":["${recorder.id(prefixes[entity] ?? '001')}"]}]}`,
  })
  return [event]
}

/** What is done with a file, as FileEvent words it. */
export type FileAction = 'UPLOAD' | 'PREVIEW' | 'UI_DOWNLOAD' | 'API_DOWNLOAD'

/** A file looked at, fetched or brought in; `size` in bytes. */
export function recordFile(
  recorder: Recorder,
  time: number,
  session: Session,
  action: FileAction,
  size: number,
): SimulatedEvent {
  const type = recorder.random.pick(['PDF', 'WORD_X', 'EXCEL_X', 'PNG', 'CSV'])
  const isNamed = action !== 'API_DOWNLOAD'
  return recorder.record('FileEvent', time, {
    ...sessionFields(session),
    FileAction: action,
    FileName: isNamed ? `document-${recorder.random.integer(90_000)}` : null,
    DocumentId: isNamed ? recorder.id('069') : null,
    VersionId: recorder.id('068'),
    VersionNumber: '1',
    FileType: type,
    FileSource: 'S',
    ContentSize: size,
    CanDownloadPdf: type === 'PDF',
    IsLatestVersion: true,
    ProcessDuration: Math.round(recorder.random.logNormal(120, 0.5)),
  })
}

/** A permission set is given to a user. */
export function recordPermissionChange(
  recorder: Recorder,
  time: number,
  session: Session,
  target: OrgUser,
): SimulatedEvent {
  return recorder.record('PermissionSetEvent', time, {
    ...sessionFields(session),
    LoginHistoryId: session.loginHistoryId,
    Operation: recorder.random.chance(0.7) ? 'AssignedToUsers' : 'UnassignedFromUsers',
    PermissionType: 'UserPermission',
    PermissionList: '{"Permissions":["ManageSharing"]}',
    ParentIdList: `["${recorder.id('0PS')}"]`,
    ParentNameList: '["Regional_Access"]',
    ImpactedUserIds: `["${target.id}"]`,
    UserCount: '1',
    HasExternalUsers: false,
    EventSource: 'Classic',
  })
}
