/** The event channels of Real-Time Event Monitoring. */
export const monitoringChannels: readonly string[] = [
  'LoginEventStream',
  'LogoutEventStream',
  'LoginAsEventStream',
  'ApiEventStream',
  'BulkApiResultEvent',
  'ReportEventStream',
  'ListViewEventStream',
  'UriEventStream',
  'LightningUriEventStream',
  'FileEvent',
  'PermissionSetEvent',
  'ApiAnomalyEvent',
  'ReportAnomalyEvent',
  'CredentialStuffingEvent',
  'SessionHijackingEvent',
  'GuestUserAnomalyEvent',
  'LoginAnomalyEvent',
  'ConcurLongRunApexErrEvent',
  'MobileEmailEvent',
  'MobileEnforcedPolicyEvent',
  'MobileScreenshotEvent',
  'MobileTelephonyEvent',
].map((name) => `/event/${name}`)

/** Every monitoring channel, custom platform events (`__e`) and custom channels (`__chn`). */
export function isKnownChannel(channel: string): boolean {
  return monitoringChannels.includes(channel) || /^\/event\/\w+__(e|chn)$/.test(channel)
}
