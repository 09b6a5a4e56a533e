import type { OrgRef } from '../detection.ts'
import type { Action, Activity, AppLookup, ExportDays, Grant, Journey } from './activity.ts'
import { memoizeByText } from './bounded-cache.ts'
import { clientOf, productOf } from './client.ts'
import type { EventType } from './event-types.ts'
import { type Firsts, type Traits, unknownFirsts } from './firsts.ts'
import type { LoginBeginning } from './login-beginning.ts'
import { toLoginResult } from './login-outcome.ts'
import { type Origin, toOrigin } from './network.ts'
import { idOf, kindOfApi, nameOf, numberOf, type Payload, textOf } from './payload.ts'
import type { Person, PersonLookup } from './person.ts'
import { rowsOfApiEvent, rowsOfChunk } from './rows.ts'
import { type QueryShape, toQueryShape } from './soql.ts'

/** Queries up to this LIMIT look around rather than take away. */
const smallLimit = 500

/** An event as Salesforce sent it, seen as an activity: fields that cost something are computed when somebody asks for them. */
export class EventActivity implements Activity {
  readonly org: OrgRef
  readonly type: string
  readonly time: number
  readonly action: Action
  readonly user: string | null
  readonly backfill: boolean
  readonly raw: Payload
  traits: Traits | undefined = undefined
  firsts: Firsts = unknownFirsts
  personOf: PersonLookup | null = null
  appStandingOf: AppLookup | undefined = undefined
  begun: LoginBeginning | undefined = undefined
  parallel: boolean | undefined = undefined
  moved: boolean | undefined = undefined
  elsewhere: boolean | undefined = undefined
  journey: Journey | null | undefined = undefined
  failingUsers: number | undefined = undefined
  unanswered: boolean | undefined = undefined
  grant: Grant | null | undefined = undefined
  impersonator: string | null | undefined = undefined
  newUserSince: number | null | undefined = undefined
  offHours: boolean | null | undefined = undefined
  exportDays: ExportDays | null | undefined = undefined
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
    if (shape === null) return false
    return shape.counts || (shape.limit !== null && shape.limit <= smallLimit && !shape.looksUp)
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
