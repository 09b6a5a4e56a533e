import { hour } from '../../duration.ts'
import { ForcewatchError } from '../../errors.ts'
import type { OrgRef } from '../detection.ts'
import type { Action, Activity, AppLookup, Decoded, LoginBeginning } from './activity.ts'
import { memoizeByText } from './bounded-cache.ts'
import { clientOf, productOf } from './client.ts'
import {
  appChannel,
  directoryChannel,
  orgChannel,
  toAppRecord,
  toDirectoryEntry,
  toOrgRecord,
} from './decode-directory.ts'
import { toVerdict, verdictChannel } from './decode-verdict.ts'
import { type EventType, toEventType } from './event-types.ts'
import { type Firsts, unknownFirsts } from './firsts.ts'
import { toLoginResult } from './login-outcome.ts'
import { type Origin, toOrigin } from './network.ts'
import { idOf, kindOfApi, nameOf, numberOf, type Payload, textOf, timeOf } from './payload.ts'
import type { Person, PersonLookup } from './person.ts'
import { rowsOfApiEvent, rowsOfChunk } from './rows.ts'
import { type QueryShape, toQueryShape } from './soql.ts'

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

/** Queries up to this LIMIT look around rather than take away. */
const smallLimit = 500

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

class EventActivity implements Activity {
  readonly org: OrgRef
  readonly type: string
  readonly time: number
  readonly action: Action
  readonly user: string | null
  readonly backfill: boolean
  readonly raw: Payload
  firsts: Firsts = unknownFirsts
  personOf: PersonLookup | null = null
  isInstalled: AppLookup | undefined = undefined
  begun: LoginBeginning | undefined = undefined
  parallel: boolean | undefined = undefined
  granted: boolean | undefined = undefined
  readonly #event: Payload
  #person: Person | null | undefined
  #origin: Origin | undefined
  #rows: number | undefined
  #objects: readonly string[] | undefined
  #app: string | null | undefined
  #username: string | null | undefined
  #client: string | null | undefined
  #shape: QueryShape | null | undefined

  constructor(
    org: OrgRef,
    type: EventType,
    time: number,
    payload: Payload,
    event: Payload,
    backfill: boolean,
  ) {
    this.org = org
    this.type = type.name
    this.time = time
    this.action = type.actionOf(payload)
    this.user = idOf(payload, 'UserId')
    this.backfill = backfill
    this.raw = payload
    this.#event = event
  }

  get identity(): string | null {
    const uuid = textOf(this.#event, 'EventUuid') ?? textOf(this.raw, 'EventUuid')
    if (uuid !== null) return uuid
    const identifier = textOf(this.raw, 'EventIdentifier')
    return identifier === null ? null : `${this.type}/${identifier}`
  }

  get id(): string | null {
    return textOf(this.raw, 'EventIdentifier') ?? this.identity
  }

  get outcome(): Activity['outcome'] {
    if (this.action === 'login') {
      const status = textOf(this.raw, 'Status')
      return status === null ? null : toLoginResult(status).outcome
    }
    return outcomeOf(textOf(this.raw, 'OperationStatus') ?? textOf(this.raw, 'Status'))
  }

  /** Lower-case: Salesforce does not tell usernames apart by case. */
  get username(): string | null {
    if (this.#username === undefined)
      this.#username = (textOf(this.raw, 'Username') ?? textOf(this.raw, 'UserName'))?.toLowerCase() ?? null
    return this.#username
  }

  get actor(): string | null {
    return textOf(this.raw, 'DelegatedUsername')?.toLowerCase() ?? this.user
  }

  get ip(): string | null {
    return this.#where().ip
  }

  get network(): string | null {
    return this.#where().network
  }

  get session(): string | null {
    return textOf(this.raw, 'SessionKey')
  }

  get login(): string | null {
    return textOf(this.raw, 'LoginKey')
  }

  get app(): string | null {
    if (this.#app === undefined) this.#app = appOf(this.raw)
    return this.#app
  }

  set app(name: string | null) {
    this.#app = name
  }

  get client(): string | null {
    if (this.#client === undefined) this.#client = clientOf(this.raw)
    return this.#client
  }

  get api(): string | null {
    return this.action === 'bulk-download' ? 'bulk' : kindOfApi(this.raw)
  }

  get rows(): number {
    this.#rows ??= this.#countRows()
    return this.#rows
  }

  get bytes(): number {
    if (this.action !== 'file-download' && this.action !== 'file-upload') return 0
    return Math.max(numberOf(this.raw, 'ContentSize') ?? 0, 0)
  }

  get objects(): readonly string[] {
    this.#objects ??= objectsOf(this.raw) ?? this.#shaped()?.objects ?? noObjects
    return this.#objects
  }

  get query(): string | null {
    return this.#shaped()?.template ?? null
  }

  get probe(): boolean {
    const shape = this.#shaped()
    return shape !== null && (shape.counts || (shape.limit !== null && shape.limit <= smallLimit))
  }

  get person(): Person | null {
    if (this.#person === undefined)
      this.#person = this.user === null ? null : (this.personOf?.(this.org.id, this.user) ?? null)
    return this.#person
  }

  #countRows(): number {
    if (this.type === 'ApiEventStream') return rowsOfApiEvent(this.raw, this.#shaped()?.counts ?? false)
    const isChunked = this.type === 'ReportEventStream' || this.type === 'ListViewEventStream'
    return isChunked ? rowsOfChunk(this.raw) : 0
  }

  #shaped(): QueryShape | null {
    if (this.#shape === undefined) this.#shape = shapeOf(this.raw)
    return this.#shape
  }

  #where(): Origin {
    this.#origin ??= toOrigin(textOf(this.raw, 'SourceIp') ?? textOf(this.raw, 'CurrentIp') ?? '')
    return this.#origin
  }
}

const noObjects: readonly string[] = []

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

function appOf(payload: Payload): string | null {
  return nameOf(payload, 'Application') ?? productOf(payload)
}

/** QueriedEntities, else what the query names: Salesforce leaves the first empty when no row was found. */
function objectsOf(payload: Payload): readonly string[] | null {
  const entities = textOf(payload, 'QueriedEntities') ?? textOf(payload, 'RequestedEntities')
  return entities === null ? null : splitNames(entities)
}

const splitNames: (entities: string) => readonly string[] = memoizeByText((entities) =>
  entities.split(/[\s,[\]"]+/).filter((name) => name !== ''),
)

function shapeOf(payload: Payload): QueryShape | null {
  const query = textOf(payload, 'Query')
  return query === null ? null : toQueryShape(query)
}

/** Of operations (`Success`, `Failure`) and identity verifications (`Succeeded`, `FailedInvalidCode`, `InProgress`). */
function outcomeOf(status: string | null): Activity['outcome'] {
  if (status === null) return null
  const text = status.toLowerCase()
  if (text.startsWith('succe')) return 'success'
  if (/^(fail|denied|reporteddenied)/.test(text)) return 'failure'
  return text === 'inprogress' ? 'challenge' : null
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
