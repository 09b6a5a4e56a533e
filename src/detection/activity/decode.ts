import { hour } from '../../duration.ts'
import { ForcewatchError } from '../../errors.ts'
import type { OrgRef } from '../detection.ts'
import type { Decoded } from './activity.ts'
import {
  appChannel,
  directoryChannel,
  orgChannel,
  toAppRecord,
  toDirectoryEntry,
  toOrgRecord,
} from './decode-directory.ts'
import { toVerdict, verdictChannel } from './decode-verdict.ts'
import { EventActivity } from './event-activity.ts'
import { toEventType } from './event-types.ts'
import { numberOf, type Payload, textOf, timeOf } from './payload.ts'

/** A record of topic `events`, as far as decoding needs it. */
export type EventRecord = {
  /** The org's 18-character id. */
  readonly key: string
  /** UTF-8 JSON `{"channel", "data": {"schema", "payload", "event"}}`, exactly as Salesforce sent it. */
  readonly value: Buffer
  /** `org`: the org's name; `origin`: `stream`, `backfill`, `heartbeat`, `directory` or `verdict`. */
  readonly headers: Readonly<Record<string, string>>
  /** When it was appended, ms since the epoch; 0 or absent where nobody knows. */
  readonly timestamp?: number
}

/** How far a time may lie ahead of the record's before it is not believed, ms. */
const tolerance = hour

/**
 * Reads one record: an activity, the heartbeat of an org that is quiet, what its directory says about the org, a user or an app,
 * or a verdict. Unknown events and fields pass through; fields that cost something are computed when somebody asks for them.
 * @throws RECORD_MALFORMED saying which part cannot be read.
 */
export function decodeEvent(record: EventRecord): Decoded {
  return decodeMessage(parseJson(record.value), record)
}

/** The same where the value of the record is at hand already as what its JSON stands for. */
export function decodeMessage(message: unknown, record: Omit<EventRecord, 'value'>): Decoded {
  const { channel, payload, event } = toEnvelope(message)
  const org = toOrgRef(record)
  if (channel === '/forcewatch/heartbeat')
    return { kind: 'heartbeat', org, time: notInTheFuture(toTime(payload, channel), record) }
  if (channel === directoryChannel) {
    const entry = toDirectoryEntry(payload)
    if (!entry) throw malformed(`data.payload.UserId is missing${on(channel)}`)
    return { kind: 'directory', org, ...entry }
  }
  if (channel === orgChannel) return toOrgRecord(org, payload)
  if (channel === appChannel) {
    const app = toAppRecord(org, payload)
    if (!app) throw malformed(`data.payload.Name is missing${on(channel)}`)
    return app
  }
  if (channel === verdictChannel) {
    const verdict = toVerdict(org, payload)
    if (!verdict) throw malformed(`a part of the verdict is missing or unknown${on(channel)}`)
    return verdict
  }
  const name = textOf(event, 'EventApiName') ?? channel.slice(channel.lastIndexOf('/') + 1)
  if (name === '')
    throw malformed('neither channel nor data.event.EventApiName says what kind of event it is')
  const time = notInTheFuture(toTime(payload, name), record)
  return new EventActivity(org, toEventType(name), time, payload, event, record.headers.origin === 'backfill')
}

/**
 * What claims to be from the future happened when it was recorded: otherwise one wrong clock would make everything that
 * follows late.
 */
function notInTheFuture(time: number, { timestamp = 0 }: Pick<EventRecord, 'timestamp'>): number {
  return timestamp > 0 && time > timestamp + tolerance ? timestamp : time
}

type Envelope = { readonly channel: string; readonly payload: Payload; readonly event: Payload }

function parseJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString())
  } catch (cause) {
    throw malformed('the value is not JSON', cause)
  }
}

function toEnvelope(message: unknown): Envelope {
  if (!isObject(message)) throw malformed('the value is not a JSON object')
  const channel = typeof message.channel === 'string' ? message.channel : ''
  if (!isObject(message.data)) throw malformed(`data is not an object${on(channel)}`)
  const { payload, event } = message.data
  if (!isObject(payload)) throw malformed(`data.payload is not an object${on(channel)}`)
  return { channel, payload, event: isObject(event) ? event : {} }
}

/**
 * EventDate. Where it is missing or only a day (some anomaly events), CreatedDate, when the event was published, is the
 * best there is; change events carry neither, but a commit timestamp.
 */
function toTime(payload: Payload, where: string): number {
  const date = payload.EventDate
  const isDay = typeof date === 'string' && date.length === 10
  const time = isDay ? null : timeOf(payload, 'EventDate')
  const known = time ?? timeOf(payload, 'CreatedDate') ?? timeOf(payload, 'EventDate') ?? commitTime(payload)
  if (known !== null) return known
  const found =
    date === undefined || date === null ? 'is missing' : `is no date: ${JSON.stringify(date).slice(0, 60)}`
  throw malformed(`data.payload.EventDate ${found}, and there is no CreatedDate${on(where)}`)
}

function commitTime(payload: Payload): number | null {
  return isObject(payload.ChangeEventHeader) ? numberOf(payload.ChangeEventHeader, 'commitTimestamp') : null
}

let lastOrg: OrgRef = { id: '', name: '' }

/** Neighbouring records mostly belong to one org: they share the object. */
function toOrgRef({ key, headers }: Pick<EventRecord, 'key' | 'headers'>): OrgRef {
  const name = headers.org ?? key
  if (lastOrg.id !== key || lastOrg.name !== name) lastOrg = { id: key, name }
  return lastOrg
}

function on(where: string): string {
  return where === '' ? '' : ` (${where})`
}

function malformed(message: string, cause?: unknown): ForcewatchError {
  return new ForcewatchError('RECORD_MALFORMED', message, {
    remedy: 'Compare the record with what Salesforce documents for its channel.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
