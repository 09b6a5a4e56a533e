/** One event of a simulated org, ready to be published. */
export type SimulatedEvent = {
  /** When it is published, ms since the epoch; its EventDate is some seconds earlier. */
  readonly time: number
  readonly channel: string
  readonly payload: Record<string, unknown>
}

/** Every field of the payloads that traffic is made of; what an event does not set is sent as null. */
const fieldNames = {
  ApiEventStream:
    'ActionName AdditionalInfo ApiType ApiVersion Application BotId BotSessionIdentifier Client ConnectedAppId CreatedById CreatedDate ElapsedTime EvaluationTime EventDate EventIdentifier LoginHistoryId LoginKey Operation OperationStatus PlannerId Platform PolicyId PolicyOutcome QueriedEntities Query Records RelatedEventIdentifier RequestIdentifier RowsProcessed RowsReturned SessionKey SessionLevel SourceIp UserAgent UserId Username',
  BulkApiResultEvent:
    'CreatedById CreatedDate EvaluationTime EventDate EventIdentifier LoginHistoryId LoginKey PolicyId PolicyOutcome Query RelatedEventIdentifier SessionKey SessionLevel SourceIp UserId Username',
  FileEvent:
    'CanDownloadPdf ContentSize CreatedById CreatedDate DocumentId EvaluationTime EventDate EventIdentifier FileAction FileName FileSource FileType IsLatestVersion LoginKey PolicyId PolicyOutcome ProcessDuration RelatedEventIdentifier SessionKey SessionLevel SourceIp UserId Username VersionId VersionNumber',
  LightningUriEventStream:
    'AppName ConnectionType CreatedById CreatedDate DeviceId DeviceModel DevicePlatform DeviceSessionId Duration EffectivePageTime EffectivePageTimeDeviationErrorType EffectivePageTimeDeviationReason EventDate EventIdentifier HasEffectivePageTimeDeviation LoginKey Operation OsName OsVersion PageStartTime PageUrl PreviousPageAppName PreviousPageEntityId PreviousPageEntityType PreviousPageUrl QueriedEntities RecordId RelatedEventIdentifier SdkAppType SdkAppVersion SdkVersion SessionKey SessionLevel SourceIp UserAgent UserId UserType Username',
  ListViewEventStream:
    'AppName ColumnHeaders CreatedById CreatedDate DeveloperName EvaluationTime EventDate EventIdentifier EventSource ExecutionIdentifier FilterCriteria ListViewId LoginHistoryId LoginKey Name NumberOfColumns OrderBy OwnerId PolicyId PolicyOutcome QueriedEntities Records RelatedEventIdentifier RowsProcessed Scope Sequence SessionKey SessionLevel SourceIp UserId Username',
  LoginAsEventStream:
    'Application Browser CreatedById CreatedDate DelegatedOrganizationId DelegatedUsername EventDate EventIdentifier LoginAccessChangeExpDate LoginAccessChangeGranteeName LoginAccessChangeGranteeType LoginAsCategory LoginHistoryId LoginKey LoginType Platform SessionKey SessionLevel SourceIp TargetUrl UserId UserType Username',
  LoginEventStream:
    'AdditionalInfo ApiType ApiVersion Application AuthMethodReference AuthServiceId Browser CipherSuite City ClientVersion Country CountryIso CreatedById CreatedDate EvaluationTime EventDate EventIdentifier ForwardedForIp HttpMethod LoginGeoId LoginHistoryId LoginKey LoginLatitude LoginLongitude LoginSubType LoginType LoginUrl NetworkId Platform PolicyId PolicyOutcome PostalCode RelatedEventIdentifier RemoteIdentifier SessionKey SessionLevel SourceIp Status Subdivision TlsProtocol UserId UserType Username',
  LogoutEventStream:
    'CreatedById CreatedDate EventDate EventIdentifier LoginKey RelatedEventIdentifier SessionKey SessionLevel SourceIp UserId Username',
  PermissionSetEvent:
    'CreatedById CreatedDate EvaluationTime EventDate EventIdentifier EventSource HasExternalUsers ImpactedUserIds LoginHistoryId LoginKey Operation ParentIdList ParentNameList PermissionExpirationList PermissionList PermissionType PolicyId PolicyOutcome RelatedEventIdentifier SessionKey SessionLevel SourceIp UserCount UserId Username',
  ReportEventStream:
    'ActionName BotId BotSessionIdentifier ColumnHeaders CreatedById CreatedDate DashboardId DashboardName Description DisplayedFieldEntities EvaluationTime EventDate EventIdentifier EventSource ExecutionIdentifier ExportFileFormat Format GroupedColumnHeaders IsScheduled LoginHistoryId LoginKey Name NumberOfColumns Operation OwnerId PlannerId PolicyId PolicyOutcome QueriedEntities Records RelatedEventIdentifier ReportId RowsProcessed Scope Sequence SessionKey SessionLevel SourceIp UserId Username',
  UriEventStream:
    'CreatedById CreatedDate EventDate EventIdentifier LoginKey Message Name Operation OperationStatus QueriedEntities RecordId RelatedEventIdentifier SessionKey SessionLevel SourceIp UserId UserType Username',
} as const

/** Name of an event that traffic is made of. */
export type EventType = keyof typeof fieldNames

/** A payload of this type with every field null, except EvaluationTime, which is 0 without a policy. */
export function emptyPayload(type: EventType): Record<string, unknown> {
  const fields = fieldNames[type].split(' ')
  return Object.fromEntries(fields.map((name) => [name, name === 'EvaluationTime' ? 0 : null]))
}

/** All of them. */
export const eventTypes = Object.keys(fieldNames) as readonly EventType[]
