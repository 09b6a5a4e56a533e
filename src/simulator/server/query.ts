import { type RestAnswer, type Row, restError } from './rest-answer.ts'

export type QueryContext = {
  /** Path of the request, without query string. */
  readonly path: string
  /** Columns and tables that the user may not see. */
  readonly hidden: readonly string[]
}

/** Records in one answer; what is more comes page by page. */
const pageSize = 2000

type Tables = Readonly<Record<string, readonly Row[]>>

type Query = {
  readonly fields: readonly string[]
  readonly table: string
  readonly condition: Condition | undefined
  readonly order: readonly string[]
  readonly limit: number
}

type Condition = { readonly field: string; readonly operator: string; readonly value: string }

const grammar =
  /^\s*SELECT\s+(.+?)\s+FROM\s+(\w+)(?:\s+WHERE\s+(\w+)\s*(>=|>|=)\s*('[^']*'|[\w:.+-]+))?(?:\s+ORDER\s+BY\s+([\w\s,]+?))?(?:\s+LIMIT\s+(\d+))?\s*$/is

/**
 * `SELECT a, B.c FROM T [WHERE f = 'x' | f >= date] [ORDER BY f, g] [LIMIT n]`: no more than that is understood. Answers the
 * first {@link pageSize} records and where the next ones are.
 */
export function answerQuery(soql: string, tables: Tables, context: QueryContext): RestAnswer {
  const query = parseQuery(soql)
  if (!query) return restError(400, 'MALFORMED_QUERY', `unexpected token in: ${soql}`)
  const table = tableOf(query, tables)
  if (!table || context.hidden.includes(query.table))
    return restError(400, 'INVALID_TYPE', `sObject type '${query.table}' is not supported.`)
  const problem = findUnknown(query, table[0], context.hidden)
  if (problem) return restError(400, 'INVALID_FIELD', problem)
  return toPage(query, table, 0, locatorOf(soql), context)
}

/** A further page: `query/<locator>-<offset>`. The locator is the query itself, so that nothing has to be remembered. */
export function nextPage(resource: string, tables: Tables, context: QueryContext): RestAnswer {
  const [, locator = '', offset] = /^query\/([\w-]+)-(\d+)$/.exec(resource) ?? []
  const query = parseQuery(Buffer.from(locator, 'base64url').toString())
  const table = query && tableOf(query, tables)
  if (!query || !table) return restError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
  return toPage(query, table, Number(offset), locator, context)
}

function parseQuery(soql: string): Query | undefined {
  const found = grammar.exec(soql)
  if (!found) return undefined
  const [, list = '', table = '', field, operator = '=', value = '', order = '', limit] = found
  return {
    fields: list.split(',').map((name) => name.trim()),
    table,
    condition: field === undefined ? undefined : { field, operator, value: value.replace(/^'|'$/g, '') },
    order: order.split(',').flatMap((name) => name.trim() || []),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
  }
}

function tableOf({ table }: Query, tables: Tables): readonly Row[] | undefined {
  return Object.entries(tables).find(([name]) => name.toLowerCase() === table.toLowerCase())?.[1]
}

/** What Salesforce says about the first column that is not there, or that the user may not see. */
function findUnknown(
  { fields, condition, order, table }: Query,
  row: Row | undefined,
  hidden: readonly string[],
): string | undefined {
  for (const name of [...fields, ...(condition ? [condition.field] : []), ...order]) {
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
  query: Query,
  table: readonly Row[],
  offset: number,
  locator: string,
  { path }: QueryContext,
): RestAnswer {
  const rows = select(query, table)
  const end = Math.min(rows.length, offset + pageSize)
  const done = end >= rows.length
  const next = `${path.replace(/\/query\/.*$/, '/query')}/${locator}-${end}`
  const records = rows.slice(offset, end).map((row) => toRecord(query, row))
  return {
    status: 200,
    body: { totalSize: rows.length, done, ...(done ? {} : { nextRecordsUrl: next }), records },
  }
}

function select({ condition, order, limit }: Query, table: readonly Row[]): readonly Row[] {
  const rows = table.filter((row) => condition === undefined || holds(condition, row[condition.field]))
  const sorted = rows.toSorted((a, b) => {
    for (const field of order) {
      const [left, right] = [String(a[field]), String(b[field])]
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  })
  return sorted.slice(0, limit)
}

function holds({ operator, value }: Condition, actual: unknown): boolean {
  if (operator === '=') return actual === value
  const [left, right] = [Date.parse(toIso(String(actual))), Date.parse(toIso(value))]
  return operator === '>=' ? left >= right : left > right
}

function toIso(date: string): string {
  return date.replace(/\+0000$/, 'Z')
}

function toRecord({ fields, table }: Query, row: Row): Row {
  const record: Record<string, unknown> = { attributes: { type: table } }
  for (const name of fields) {
    const [column = ''] = name.split('.')
    record[column] = row[column]
  }
  return record
}

function locatorOf(soql: string): string {
  return Buffer.from(soql).toString('base64url')
}
