import { tokenPage } from './org-apps.ts'
import { type RestAnswer, type Row, restError } from './rest-answer.ts'
import { type Condition, parseSoql, type Soql } from './soql.ts'

export type QueryContext = {
  /** Path of the request, without query string. */
  readonly path: string
  /** Columns and tables that the user may not see. */
  readonly hidden: readonly string[]
}

/** The rows of each object that can be queried, by the object's name. */
export type Tables = Readonly<Record<string, readonly Row[]>>

/** Records in one answer; what is more comes page by page. */
const pageSize = 2000

/** Objects of which one answer, and one query in all, hands out fewer. */
const pages: Readonly<Record<string, { readonly rows: number; readonly most: number }>> = {
  OauthToken: tokenPage,
}

/** Answers a query with the first {@link pageSize} records and where the next ones are. What {@link parseSoql} reads is understood. */
export function answerQuery(soql: string, tables: Tables, context: QueryContext): RestAnswer {
  const query = parseSoql(soql)
  if (!query || query.grouped || isUnbounded(query)) return malformed(soql)
  const table = tableOf(query, tables)
  if (!table || context.hidden.includes(query.table)) return unknownTable(query.table)
  const problem = findUnknown(query, table[0], context.hidden)
  if (problem) return restError(400, 'INVALID_FIELD', problem)
  return toPage(query, table, 0, locatorOf(soql), context)
}

/** A further page: `query/<locator>-<offset>`. The locator is the query itself, so that nothing has to be remembered. */
export function nextPage(resource: string, tables: Tables, context: QueryContext): RestAnswer {
  const [, locator = '', offset] = /query\/([\w-]+)-(\d+)$/.exec(resource) ?? []
  const query = parseSoql(Buffer.from(locator, 'base64url').toString())
  const table = query && tableOf(query, tables)
  if (!query || !table) return restError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  return toPage(query, table, Number(offset), locator, context)
}

/** Salesforce's answer to what is no query. */
export function malformed(soql: string): RestAnswer {
  return restError(400, 'MALFORMED_QUERY', `unexpected token in: ${soql}`)
}

/** Salesforce's answer to a table that does not exist or that the user may not see. */
export function unknownTable(name: string): RestAnswer {
  return restError(400, 'INVALID_TYPE', `sObject type '${name}' is not supported.`)
}

/** `FIELDS(ALL)` is taken with a limit of at most 200 only. */
export function isUnbounded({ fields, limit = Number.POSITIVE_INFINITY }: Soql): boolean {
  return fields.some(isAll) && limit > 200
}

/** Whether a row fulfils a condition. Values that are dates compare as such, others as texts. */
export function holds({ field, operator, values, isText }: Condition, row: Row): boolean {
  const actual = row[field]
  const text = actual === null || actual === undefined ? '' : String(actual)
  if (operator === 'IN') return values.includes(text)
  const [value = ''] = values
  if (operator === 'LIKE') return toPattern(value).test(text)
  const difference = isText ? compareTexts(text, value) : compare(text, value)
  if (operator === '=') return difference === 0
  if (operator === '!=') return difference !== 0
  if (text === '') return false
  if (operator === '<') return difference < 0
  if (operator === '<=') return difference <= 0
  return operator === '>' ? difference > 0 : difference >= 0
}

/** The columns that a query asks for. */
export function toRecord({ fields, table }: Pick<Soql, 'fields' | 'table'>, row: Row): Row {
  if (fields.some(isAll)) return { attributes: { type: table }, ...row }
  const record: Record<string, unknown> = { attributes: { type: table } }
  for (const name of fields) {
    const [column = ''] = name.split('.')
    record[column] = row[column]
  }
  return record
}

function isAll(field: string): boolean {
  return field.toUpperCase() === 'FIELDS(ALL)'
}

function tableOf({ table }: Soql, tables: Tables): readonly Row[] | undefined {
  return Object.entries(tables).find(([name]) => name.toLowerCase() === table.toLowerCase())?.[1]
}

/** What Salesforce says about the first column that is not there, or that the user may not see. */
function findUnknown(
  { fields, conditions, order, table }: Soql,
  row: Row | undefined,
  hidden: readonly string[],
): string | undefined {
  const named = [...fields, ...conditions.map(({ field }) => field), ...order.map(({ field }) => field)]
  for (const name of named) {
    if (isAll(name)) continue
    const [column = '', ...more] = name.split('.')
    const known = row === undefined || column in row
    if (known && !hidden.includes(`${table}.${column}`) && !hidden.includes(column)) continue
    return more.length > 0
      ? `Didn't understand relationship '${column}' in field path.`
      : `No such column '${column}' on entity '${table}'.`
  }
  return undefined
}

function toPage(
  query: Soql,
  table: readonly Row[],
  offset: number,
  locator: string,
  { path }: QueryContext,
): RestAnswer {
  const { rows: page = pageSize, most = Number.POSITIVE_INFINITY } = pages[query.table] ?? {}
  const rows = select(query, table).slice(0, most)
  const end = Math.min(rows.length, offset + page)
  const done = end >= rows.length
  const next = `${path.replace(/\/query\/.*$/, '/query')}/${locator}-${end}`
  const records = rows.slice(offset, end).map((row) => toRecord(query, row))
  return {
    status: 200,
    body: { totalSize: rows.length, done, ...(done ? {} : { nextRecordsUrl: next }), records },
  }
}

function select(
  { conditions, order, limit = Number.POSITIVE_INFINITY, offset }: Soql,
  table: readonly Row[],
): readonly Row[] {
  const rows = table.filter((row) => conditions.every((condition) => holds(condition, row)))
  const sorted = rows.toSorted((a, b) => {
    for (const { field, descending } of order) {
      const difference = compare(String(a[field]), String(b[field]))
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  })
  return sorted.slice(offset, offset + limit)
}

function compare(left: string, right: string): number {
  const [a, b] = [toTime(left), toTime(right)]
  if (a !== undefined && b !== undefined) return a - b
  const [first, second] = [left, right].map((text) => (text === '' ? Number.NaN : Number(text)))
  if (first !== undefined && second !== undefined && !Number.isNaN(first - second)) return first - second
  return compareTexts(left, right)
}

function compareTexts(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1
}

function toTime(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text.replace(/\+0000$/, 'Z')) : undefined
}

function toPattern(like: string): RegExp {
  const escaped = like.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/%/g, '.*').replace(/_/g, '.')}$`, 'is')
}

function locatorOf(soql: string): string {
  return Buffer.from(soql).toString('base64url')
}
