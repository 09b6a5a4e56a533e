/** A channel with what the integration user needs for it. */
export type ChannelNeeds = {
  readonly channel: string
  /** Permission of the user, as Setup calls it. */
  readonly permission: string
  /** Object that the user must be able to read. */
  readonly object: string
  /** Object that keeps the events for months, and that the user should be able to read; undefined where there is none. */
  readonly storage: string | undefined
  /** What to do when Salesforce refuses the channel. */
  readonly remedy: string
}

const monitoringPermission = 'View Real-Time Event Monitoring Data'

/**
 * Real-Time Event Monitoring channels that an org is watched on unless its configuration says otherwise. LogoutEventStream is
 * left out: it needs Customize Application.
 */
export const defaultChannels: readonly ChannelNeeds[] = [
  'LoginEventStream',
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
].map((name) => needsOf(`/event/${name}`))

/** What a channel needs, whether it is one of the defaults, a custom platform event or a custom channel. */
export function needsOf(channel: string): ChannelNeeds {
  const object = streamName(channel)
  if (!isMonitoring(channel)) return customNeeds(channel, object)
  const permission =
    object === 'LogoutEventStream'
      ? `${monitoringPermission} and Customize Application`
      : object.startsWith('Mobile')
        ? `${monitoringPermission} and Enforce Enhanced Mobile App Security`
        : monitoringPermission
  return {
    channel,
    permission,
    object,
    storage: storageOf(object),
    remedy:
      `Give the integration user the permission set Forcewatch (salesforce/README.md), or one with ${permission}, ` +
      `API Enabled and read access to ${object}, and switch streaming of ${object} on in Setup → Event Manager. The org needs Salesforce Shield or the ` +
      `Event Monitoring add-on. If the org does not have this event, remove ${channel} from channels.`,
  }
}

/** The name of the stream of a channel: what follows the last slash. */
export function streamName(channel: string): string {
  return channel.slice(channel.lastIndexOf('/') + 1)
}

/** Whether a channel brings monitoring events, and not custom events or changes of records. */
export function isMonitoring(channel: string): boolean {
  return channel.startsWith('/event/') && !/__(e|chn)$/.test(channel)
}

/** Whether a channel is a custom one, whose members are events of several kinds. */
export function isCustomChannel(channel: string): boolean {
  return channel.endsWith('__chn')
}

/** The channel of the events that a storage object keeps. */
export function channelOfStorage(object: string): string {
  return `/event/${object.endsWith('EventStore') ? object.slice(0, -'Store'.length) : `${object}Stream`}`
}

/** `XEventStream` is kept as `XEvent`, the newer `XEvent` as `XEventStore`. */
function storageOf(object: string): string | undefined {
  if (/^(Mobile|ConcurLongRun)/.test(object)) return undefined
  if (object.endsWith('EventStream')) return object.slice(0, -'Stream'.length)
  return object.endsWith('Event') ? `${object}Store` : undefined
}

function customNeeds(channel: string, object: string): ChannelNeeds {
  const isChannel = object.endsWith('__chn')
  const what = isChannel ? `every event that is a member of ${object}` : object
  return {
    channel,
    permission: 'API Enabled',
    object: what,
    storage: undefined,
    remedy: `Give the integration user a permission set with API Enabled and read access to ${what}, and check the spelling of ${channel} in channels.`,
  }
}
