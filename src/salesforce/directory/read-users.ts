import { Connection } from 'jsforce'
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { minute } from '../../duration.ts'
import { messageOf } from '../../errors.ts'
import { toId18 } from '../../salesforce-id.ts'
import type { Token } from '../auth.ts'
import { restrainRequests, withinLimit } from '../within-limit.ts'

/** A user as Salesforce tells it by SOQL; null where it tells nothing or may not be seen. */
export type User = {
  /** 18 characters. */
  readonly id: string
  readonly username: string | null
  readonly name: string | null
  readonly userType: string | null
  readonly profile: string | null
  readonly role: string | null
  readonly active: boolean | null
  readonly department: string | null
  /** Dates as Salesforce writes them. */
  readonly created: string | null
  readonly lastLogin: string | null
  readonly modified: string | null
}

export type ReadOptions = {
  readonly token: Token
  /** Such as `66.0`. */
  readonly apiVersion: string
  /** Only users who changed at this time or later, as Salesforce writes dates. Everybody when absent. */
  readonly since?: string
  /** Columns that cannot be seen; what turns out to be another one is added. */
  readonly hidden: Set<string>
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Why users cannot be read. `denied`: not before somebody changes permissions; `token`: not with this token. */
export type ReadProblem = { readonly kind: 'denied' | 'token' | 'failed'; readonly text: string }

const columns = [
  'Id',
  'Username',
  'Name',
  'UserType',
  'Profile.Name',
  'UserRole.Name',
  'IsActive',
  'Department',
  'CreatedDate',
  'LastLoginDate',
  'SystemModstamp',
] as const
const pageLimit = minute

const text = z.string().nullish()
const named = z.object({ Name: text }).nullish()
const row = z.object({
  Id: z.string(),
  Username: text,
  Name: text,
  UserType: text,
  Profile: named,
  UserRole: named,
  IsActive: z.boolean().nullish(),
  Department: text,
  CreatedDate: text,
  LastLoginDate: text,
  SystemModstamp: text,
})
const page = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(z.unknown()),
})

/**
 * The users of an org, a page at a time, in the order in which they changed. A column that the integration user may not see is
 * left out from then on. Rejects with what {@link toReadProblem} understands.
 */
export async function* readUsers(options: ReadOptions): AsyncGenerator<readonly User[]> {
  const { token, apiVersion, clock, signal } = options
  const { instanceUrl, accessToken } = token
  const connection = new Connection({ instanceUrl, accessToken, version: apiVersion })
  restrainRequests(connection, pageLimit)
  const ask = async (request: Promise<unknown>) =>
    page.parse(await withinLimit(request, { clock, signal, limit: pageLimit }))
  let answer = await firstPage(options, (soql) => ask(Promise.resolve(connection.query(soql))))
  for (;;) {
    yield answer.records.map(toUser)
    if (answer.done || !answer.nextRecordsUrl) return
    answer = await ask(Promise.resolve(connection.queryMore(answer.nextRecordsUrl)))
  }
}

/** What an error of {@link readUsers} means. */
export function toReadProblem(error: unknown): ReadProblem {
  const code = errorCodeOf(error)
  const text = code === '' ? messageOf(error) : `${code}: ${messageOf(error)}`
  if (code === 'INVALID_SESSION_ID') return { kind: 'token', text }
  return { kind: denials.has(code) ? 'denied' : 'failed', text }
}

const denials: ReadonlySet<string> = new Set([
  'INVALID_TYPE',
  'INVALID_FIELD',
  'INSUFFICIENT_ACCESS',
  'INSUFFICIENT_ACCESS_OR_READONLY',
  'API_DISABLED_FOR_ORG',
  'API_CURRENTLY_DISABLED',
  'FUNCTIONALITY_NOT_ENABLED',
  'FORBIDDEN',
])

async function firstPage(
  { hidden, since }: ReadOptions,
  ask: (soql: string) => Promise<z.output<typeof page>>,
): Promise<z.output<typeof page>> {
  for (;;) {
    try {
      return await ask(toSoql(hidden, since))
    } catch (error) {
      const column = hiddenColumn(error)
      if (column === undefined || hidden.has(column)) throw error
      hidden.add(column)
    }
  }
}

function toSoql(hidden: ReadonlySet<string>, since: string | undefined): string {
  const ordered = !hidden.has('SystemModstamp')
  const select = `SELECT ${columns.filter((column) => !hidden.has(column)).join(', ')} FROM User`
  const where = ordered && since !== undefined ? ` WHERE SystemModstamp >= ${toLiteral(since)}` : ''
  return `${select}${where}${ordered ? ' ORDER BY SystemModstamp' : ''}`
}

/** SOQL takes no `+0000`, which would have to be escaped. */
function toLiteral(date: string): string {
  return new Date(date).toISOString()
}

/** The column that Salesforce says is not there, if it is one that we can do without. */
function hiddenColumn(error: unknown): string | undefined {
  if (errorCodeOf(error) !== 'INVALID_FIELD') return undefined
  const [, name] = /(?:column|relationship|relation)\s+'(\w+)'/i.exec(messageOf(error)) ?? []
  if (name === undefined || name === 'Id') return undefined
  return columns.find((column) => column.split('.')[0] === name)
}

/** Code of an error that Salesforce answered, or `ERROR_HTTP_` and the status; empty when there was no answer. */
export function errorCodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const code = 'errorCode' in error ? error.errorCode : ''
  return typeof code === 'string' ? code : ''
}

function toUser(record: unknown): User {
  const { Id, Username, Name, UserType, Profile, UserRole, IsActive, Department, ...dates } =
    row.parse(record)
  return {
    id: toId18(Id) ?? Id,
    username: Username ?? null,
    name: Name ?? null,
    userType: UserType ?? null,
    profile: Profile?.Name ?? null,
    role: UserRole?.Name ?? null,
    active: IsActive ?? null,
    department: Department ?? null,
    created: dates.CreatedDate ?? null,
    lastLogin: dates.LastLoginDate ?? null,
    modified: dates.SystemModstamp ?? null,
  }
}
