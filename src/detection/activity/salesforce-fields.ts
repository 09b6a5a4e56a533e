/**
 * The fields that Salesforce documents for each event of Real-Time Event Monitoring (Platform Events Developer Guide,
 * API 66), beside {@link commonFields}. Detectors may name them; a name that is not here is most likely misspelt.
 */
export const fieldsByEvent: Readonly<Record<string, readonly string[]>> = {
  ApiAnomalyEvent: words(`
    Operation QueriedEntities RequestIdentifier RowsProcessed Score SecurityEventData Summary Uri
    UserAgent
  `),
  ApiEventStream: words(`
    ActionName AdditionalInfo ApiType ApiVersion Application BotId BotSessionIdentifier Client
    ConnectedAppId ElapsedTime Operation OperationStatus PlannerId Platform QueriedEntities Query
    Records RequestIdentifier RowsProcessed RowsReturned UserAgent
  `),
  BulkApiResultEvent: words('Query'),
  ConcurLongRunApexErrEvent: words('CurrentValue LimitValue Quiddity RequestId RequestUri'),
  CredentialStuffingEvent: words('AcceptLanguage LoginType LoginUrl Score Summary UserAgent'),
  FileEvent: words(`
    CanDownloadPdf ContentSize DocumentId FileAction FileName FileSource FileType IsLatestVersion
    ProcessDuration VersionId VersionNumber
  `),
  GuestUserAnomalyEvent: words(`
    RequestedEntities Score SecurityEventData SoqlCommands Summary TotalControllerEvents UserAgent
    UserType
  `),
  IdentityVerificationEvent: words(`
    Activity City Country CountryIso EventGroup Latitude Longitude Policy PostalCode Remarks
    ResourceId Status Subdivision VerificationMethod
  `),
  LightningUriEventStream: words(`
    AppName ConnectionType DeviceId DeviceModel DevicePlatform DeviceSessionId Duration
    EffectivePageTime EffectivePageTimeDeviationErrorType EffectivePageTimeDeviationReason
    HasEffectivePageTimeDeviation Operation OsName OsVersion PageStartTime PageUrl
    PreviousPageAppName PreviousPageEntityId PreviousPageEntityType PreviousPageUrl QueriedEntities
    RecordId SdkAppType SdkAppVersion SdkVersion UserAgent UserType
  `),
  ListViewEventStream: words(`
    AppName ColumnHeaders DeveloperName EventSource ExecutionIdentifier FilterCriteria ListViewId
    Name NumberOfColumns OrderBy OwnerId QueriedEntities Records RowsProcessed Scope Sequence
  `),
  LoginAnomalyEvent: words(`
    FeatureContribution FeatureName FeatureValue Score SecurityEventData Summary
  `),
  LoginAsEventStream: words(`
    Application Browser DelegatedOrganizationId DelegatedUsername LoginAccessChangeExpDate
    LoginAccessChangeGranteeName LoginAccessChangeGranteeType LoginAsCategory LoginType Platform
    TargetUrl UserType
  `),
  LoginEventStream: words(`
    AdditionalInfo ApiType ApiVersion Application AuthMethodReference AuthServiceId Browser
    CipherSuite City ClientVersion Country CountryIso ForwardedForIp HttpMethod LoginGeoId
    LoginLatitude LoginLongitude LoginSubType LoginType LoginUrl NetworkId Platform PostalCode
    RemoteIdentifier Status Subdivision TlsProtocol UserType
  `),
  LogoutEventStream: words(''),
  MobileEmailEvent: words(`
    AppPackageIdentifier AppVersion DeviceIdentifier DeviceModel EmailAddress EventDescription
    OsName OsVersion WebkitVersion
  `),
  MobileEnforcedPolicyEvent: words(`
    AppPackageIdentifier AppVersion DeviceIdentifier DeviceModel EnforcedAction EventDescription
    OsName OsVersion PolicyResults WebkitVersion
  `),
  MobileScreenshotEvent: words(`
    AppPackageIdentifier AppVersion DeviceIdentifier DeviceModel EventDescription OsName OsVersion
    ScreenDescription WebkitVersion
  `),
  MobileTelephonyEvent: words(`
    AppPackageIdentifier AppVersion DeviceIdentifier DeviceModel EventDescription Operation OsName
    OsVersion PhoneNumber WebkitVersion
  `),
  PermissionSetEvent: words(`
    EventSource HasExternalUsers ImpactedUserIds Operation ParentIdList ParentNameList
    PermissionExpirationList PermissionList PermissionType UserCount
  `),
  ReportAnomalyEvent: words('Report Score SecurityEventData Summary'),
  ReportEventStream: words(`
    ActionName BotId BotSessionIdentifier ColumnHeaders DashboardId DashboardName Description
    DisplayedFieldEntities EventSource ExecutionIdentifier ExportFileFormat Format
    GroupedColumnHeaders IsScheduled Name NumberOfColumns Operation OwnerId PlannerId
    QueriedEntities Records ReportId RowsProcessed Scope Sequence
  `),
  SessionHijackingEvent: words(`
    CurrentIp CurrentPlatform CurrentScreen CurrentUserAgent CurrentWindow PreviousIp
    PreviousPlatform PreviousScreen PreviousUserAgent PreviousWindow Score SecurityEventData Summary
  `),
  UriEventStream: words(`
    Message Name Operation OperationStatus QueriedEntities RecordId UserName UserType
  `),
}

/** Fields that (nearly) every event has. */
export const commonFields: readonly string[] = words(`
  CreatedById CreatedDate EvaluationTime EventDate EventIdentifier EventUuid LoginHistoryId LoginKey
  PolicyId PolicyOutcome RelatedEventIdentifier ReplayId SessionKey SessionLevel SourceIp UserId
  Username
`)

/** Every documented field, once. */
export const salesforceFields: ReadonlySet<string> = new Set([
  ...commonFields,
  ...Object.values(fieldsByEvent).flat(),
])

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
