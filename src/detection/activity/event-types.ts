import type { Action } from './activity.ts'
import { memoizeByText } from './bounded-cache.ts'
import { type Payload, textOf } from './payload.ts'

/** What an event type means. */
export type EventType = {
  /** The name of the stream, also for events that come from the storage object. */
  readonly name: string
  readonly actionOf: (payload: Payload) => Action
}

/** Understands the name of a stream or of its storage object (`LoginEvent`, `FileEventStore`); an unknown one is `custom`. */
export const toEventType: (name: string) => EventType = memoizeByText((name) => {
  const stream = storageNames.get(name) ?? name
  return known.get(stream) ?? { name: stream, actionOf: () => 'custom' }
}, 2000)

const actions: ReadonlyMap<string, (payload: Payload) => Action> = new Map<
  string,
  (payload: Payload) => Action
>([
  ['LoginEventStream', () => 'login'],
  ['LogoutEventStream', () => 'logout'],
  ['LoginAsEventStream', () => 'login-as'],
  ['ApiEventStream', apiAction],
  ['BulkApiResultEvent', () => 'bulk-download'],
  ['ReportEventStream', reportAction],
  ['ListViewEventStream', () => 'list-view'],
  ['UriEventStream', recordAction],
  ['LightningUriEventStream', recordAction],
  ['FileEvent', fileAction],
  ['PermissionSetEvent', () => 'permission-change'],
  ['ApiAnomalyEvent', () => 'anomaly'],
  ['ReportAnomalyEvent', () => 'anomaly'],
  ['CredentialStuffingEvent', () => 'anomaly'],
  ['SessionHijackingEvent', () => 'anomaly'],
  ['GuestUserAnomalyEvent', () => 'anomaly'],
  ['LoginAnomalyEvent', () => 'anomaly'],
  // None of Salesforce's: tests in detector files give detections of other detectors this way.
  ['Detection', () => 'detection'],
])

const known: ReadonlyMap<string, EventType> = new Map(
  [...actions].map(([name, actionOf]) => [name, { name, actionOf }]),
)

/** Where stream and storage object differ: the old generation adds `Stream` to the one, the newer `Store` to the other. */
const storageNames: ReadonlyMap<string, string> = new Map(
  [...actions.keys()].map((stream) =>
    stream.endsWith('Stream') ? [stream.slice(0, -'Stream'.length), stream] : [`${stream}Store`, stream],
  ),
)

function apiAction(payload: Payload): Action {
  return textOf(payload, 'Operation')?.toLowerCase().startsWith('delete') ? 'record-change' : 'api-query'
}

/** By Operation: a real export has its ExportFileFormat null. */
function reportAction(payload: Payload): Action {
  return textOf(payload, 'Operation')?.toLowerCase().startsWith('reportexported')
    ? 'report-export'
    : 'report-run'
}

function recordAction(payload: Payload): Action {
  return textOf(payload, 'Operation')?.toLowerCase() === 'read' ? 'record-view' : 'record-change'
}

/** A preview shows the file and takes nothing away. */
function fileAction(payload: Payload): Action {
  const action = textOf(payload, 'FileAction')?.toLowerCase()
  if (action === 'preview') return 'record-view'
  return action === 'upload' ? 'file-upload' : 'file-download'
}
