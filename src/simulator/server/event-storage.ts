import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { day } from '../../duration.ts'
import { toSalesforceId } from '../salesforce-id.ts'
import { refuseBigObjectQuery } from './big-object.ts'
import { monitoringChannels } from './channels.ts'
import { holds, malformed, toRecord } from './query.ts'
import { type RestAnswer, type Row, restError } from './rest-answer.ts'
import { parseSoql, type Soql } from './soql.ts'

export type StorageOptions = {
  /** A row can be queried so long after its event was published, ms, at the latest; each has a delay of its own. */
  readonly lag: number
  /** Rows kept per object: bound of the simulator's own memory. */
  readonly perObject: number
  /** How long rows are kept, ms (Salesforce: six months). */
  readonly age: number
  /** Rows in one answer (Salesforce: 2,000). */
  readonly pageSize: number
  /** Whether an answer that is not complete says where the rest is. Clients of big objects have seen none that did. */
  readonly continues: boolean
  /** Whether storage of this object is switched on in Event Manager. */
  readonly isStored: (object: string) => boolean
}

/** The storage objects of an org: what Event Manager keeps of its events. */
export interface EventStorage {
  /** Keeps an event, if its channel has a storage object and storage is switched on. */
  keep(channel: string, payload: Readonly<Record<string, unknown>>): void
  /** Answers a query on a storage object; undefined when it is on another one. `path`: of the request. */
  query(soql: string, path: string): RestAnswer | undefined
  /** A further page of an answer; undefined when it is no page of ours. */
  more(resource: string, path: string): RestAnswer | undefined
}

type StoredRow = { readonly time: number; readonly visibleAt: number; readonly row: Row }
type Table = {
  readonly rows: StoredRow[]
  readonly columns: Set<string>
  sorted: boolean
}

const defaults: StorageOptions = {
  lag: 0,
  perObject: 10_000,
  age: 180 * day,
  pageSize: 2000,
  continues: false,
  isStored: () => true,
}

/** All rows of big objects have this id. */
const noId = '000000000000000AAA'

/** Empty storage. */
export function createEventStorage(clock: Clock, given: Partial<StorageOptions> = {}): EventStorage {
  const options = { ...defaults, ...given }
  const tables = new Map<string, Table>()
  let kept = 0

  function keep(channel: string, payload: Readonly<Record<string, unknown>>): void {
    const object = storageObjectOf(channel)
    if (object === undefined || !options.isStored(object)) return
    const table = tables.get(object) ?? { rows: [], columns: new Set(['Id']), sorted: true }
    tables.set(object, table)
    const stored = toStored(payload, isBig(object) ? noId : toSalesforceId('0kx', ++kept), options.lag, clock)
    for (const name of Object.keys(stored.row)) table.columns.add(name)
    table.rows.push(stored)
    table.sorted = false
    if (table.rows.length > options.perObject * 1.1) {
      sort(table)
      table.rows.length = options.perObject
    }
  }

  function answer(query: Soql, soql: string, path: string, offset: number): RestAnswer {
    const table = tables.get(objectNamed(query.table) ?? '') ?? { rows: [], columns: new Set(), sorted: true }
    const unknown = query.fields.find(
      (name) => table.rows.length > 0 && !name.includes('(') && !table.columns.has(name),
    )
    if (unknown !== undefined)
      return restError(400, 'INVALID_FIELD', `No such column '${unknown}' on entity '${query.table}'.`)
    sort(table)
    const now = clock.now()
    const rows = between(table.rows, query)
      .filter(({ time, visibleAt }) => visibleAt <= now && time >= now - options.age)
      .filter(({ row }) => query.conditions.every((condition) => holds(condition, row)))
      .slice(0, query.limit)
    const end = Math.min(rows.length, offset + options.pageSize)
    const empty = Object.fromEntries([...table.columns].map((name) => [name, null]))
    const records = rows.slice(offset, end).map(({ row }) => toRecord(query, { ...empty, ...row }))
    const rest = options.continues && end < rows.length
    const locator = Buffer.from(soql).toString('base64url')
    return {
      status: 200,
      body: {
        totalSize: records.length,
        done: !rest,
        ...(rest ? { nextRecordsUrl: `${path.replace(/\/query\/.*$/, '/query')}/${locator}-${end}` } : {}),
        records,
      },
    }
  }

  return {
    keep,
    query(soql, path) {
      const query = parseSoql(soql)
      const object = objectNamed(query?.table ?? '')
      if (!query || !object) return undefined
      const refused = isBig(object) ? refuseBigObjectQuery(query) : undefined
      if (refused) return refused
      return query.grouped ? malformed(soql) : answer(query, soql, path, 0)
    },
    more(resource, path) {
      const [, locator = '', offset] = /^query\/([\w-]+)-(\d+)$/.exec(resource) ?? []
      const soql = Buffer.from(locator, 'base64url').toString()
      const query = parseSoql(soql)
      return query && objectNamed(query.table) ? answer(query, soql, path, Number(offset)) : undefined
    },
  }
}

/** The object in which the events of a channel are stored; undefined where they are streamed only. */
export function storageObjectOf(channel: string): string | undefined {
  const name = channel.slice('/event/'.length)
  if (!monitoringChannels.includes(channel) || /^(Mobile|ConcurLong)/.test(name)) return undefined
  return name.endsWith('Stream') ? name.slice(0, -'Stream'.length) : `${name}Store`
}

const objects: ReadonlyMap<string, string> = new Map(
  monitoringChannels.flatMap((channel) => {
    const object = storageObjectOf(channel)
    return object === undefined ? [] : [[object.toLowerCase(), object]]
  }),
)

function objectNamed(table: string): string | undefined {
  return objects.get(table.toLowerCase())
}

/** What machine learning finds is kept in ordinary objects. */
function isBig(object: string): boolean {
  return !/(Anomaly|CredentialStuffing|SessionHijacking)EventStore$/.test(object)
}

/** The rows, newest first, that lie within the query's bounds of EventDate: one would look at every row of the table otherwise. */
function between(rows: readonly StoredRow[], { conditions }: Soql): readonly StoredRow[] {
  let [oldest, newest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (const { field, operator, values } of conditions) {
    if (field !== 'EventDate') continue
    const time = Date.parse((values[0] ?? '').replace(/\+0000$/, 'Z'))
    if (operator.startsWith('>') || operator === '=') oldest = Math.max(oldest, time)
    if (operator.startsWith('<') || operator === '=') newest = Math.min(newest, time)
  }
  return rows.slice(firstAtMost(rows, newest), firstAtMost(rows, oldest - 1))
}

/** Index of the first row that is not newer than `time`. */
function firstAtMost(rows: readonly StoredRow[], time: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if ((rows[middle]?.time ?? 0) > time) low = middle + 1
    else high = middle
  }
  return low
}

/** Newest first; in no order that a client could rely on where the time is the same. */
function sort(table: Table): void {
  if (table.sorted) return
  table.rows.sort((a, b) => b.time - a.time || (rankOf(a) < rankOf(b) ? -1 : 1))
  table.sorted = true
}

const rankOf = ({ row }: StoredRow) => digestOf(row).toString('hex')

/**
 * A row as REST tells it. The stream carries EventDate in whole seconds, the row in milliseconds; when it can be queried depends
 * on the event.
 */
function toStored(
  payload: Readonly<Record<string, unknown>>,
  id: string,
  lag: number,
  clock: Clock,
): StoredRow {
  const digest = digestOf(payload)
  const date = Date.parse(String(payload.EventDate))
  const time = date % 1000 === 0 ? date + (digest.readUInt16LE(0) % 1000) : date
  const published = Math.max(Date.parse(String(payload.CreatedDate)) || 0, time)
  const row: Record<string, unknown> = { Id: id, ...payload, EventDate: toRestDate(time) }
  if (typeof payload.CreatedDate === 'string') row.CreatedDate = toRestDate(Date.parse(payload.CreatedDate))
  const visibleAt = Math.min(published, clock.now()) + (lag * digest.readUInt16LE(2)) / 0x1_0000
  return { time, visibleAt, row }
}

function digestOf(payload: Readonly<Record<string, unknown>>): Buffer {
  return createHash('md5').update(String(payload.EventIdentifier)).digest()
}

function toRestDate(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000')
}
