import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { inTransaction, openDatabase } from '../../sqlite-database.ts'
import type {
  LogRecord,
  NewRecord,
  PartitionOffset,
  PartitionOffsets,
  TopicPartition,
  TopicSpec,
} from '../log.ts'
import { toLogError } from './embedded-errors.ts'

/** Records to append to one partition. */
export type PartitionAppend = TopicPartition & { readonly records: readonly NewRecord[] }

type PartitionRow = { readonly id: number; readonly topic: string; readonly partition: number }
type RecordRow = { offset: number; key: string; value: Uint8Array; headers: string; timestamp: number }

const schema = `
  PRAGMA page_size = 16384;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS partition (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
  );
  CREATE TABLE IF NOT EXISTS progress (
    consumer_group TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (consumer_group, partition)
  ) WITHOUT ROWID;
`

/**
 * The SQLite file: a table of records per partition, whose row id is the offset, so that appending and pruning touch only
 * the ends of a tree. Everything is synchronous, and every write is one transaction that is on the disk when it returns.
 */
export class LogFile {
  readonly #file: string
  readonly #clock: Clock
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  readonly #partitions = new Map<string, PartitionTable[]>()

  constructor(file: string, clock: Clock) {
    this.#file = file
    this.#clock = clock
    try {
      this.#database = openDatabase(file, schema)
      this.#statements = prepare(this.#database)
    } catch (error) {
      throw toLogError(error, file)
    }
  }

  get path(): string {
    return this.#file
  }

  createTopic({ name, partitions, retention }: TopicSpec): void {
    this.#atomically(() => {
      const { putTopic, putPartition } = this.#statements
      if (putTopic.run(name, partitions, retention ?? null).changes === 0) return
      for (let partition = 0; partition < partitions; partition++) {
        const { lastInsertRowid } = putPartition.run(name, partition)
        this.#database.exec(
          `CREATE TABLE record_${lastInsertRowid} (
             offset INTEGER PRIMARY KEY, key TEXT NOT NULL, timestamp INTEGER NOT NULL, headers TEXT NOT NULL,
             value BLOB NOT NULL
           )`,
        )
      }
    })
  }

  /** How many partitions a topic has; 0 when it does not exist. */
  partitionCount(topic: string): number {
    return this.#tables(topic).length
  }

  /** Appends everything or nothing. */
  append(appends: readonly PartitionAppend[]): void {
    this.#atomically(() => {
      const now = this.#clock.now()
      for (const { topic, partition, records } of appends) {
        const table = this.#table(topic, partition)
        let next = this.#next(table)
        for (const { key, value, headers } of records) {
          const bytes = typeof value === 'string' ? Buffer.from(value) : value
          table.insert.run(next++, key, now, headers ? JSON.stringify(headers) : '{}', bytes)
        }
        this.#statements.setNext.run(next, table.id)
      }
    })
  }

  /** Records from `from` on, in order: at most `limit`, and not much more than `bytes` bytes. */
  read({ topic, partition }: TopicPartition, from: number, limit: number, bytes: number): LogRecord[] {
    return this.#guard(() => {
      const records: LogRecord[] = []
      let size = 0
      for (const row of this.#table(topic, partition).page.iterate(from, limit)) {
        const { offset, key, value, headers, timestamp } = row as RecordRow
        const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
        const parsed = headers === '{}' ? {} : JSON.parse(headers)
        records.push({ topic, partition, offset, key, value: buffer, headers: parsed, timestamp })
        size += value.byteLength
        if (size >= bytes) break
      }
      return records
    })
  }

  offsets(topic: string): PartitionOffsets[] {
    return this.#guard(() =>
      this.#tables(topic).map((table, partition) => {
        const next = this.#next(table)
        const { first } = table.first.get() as { first: number | null }
        return { partition, first: first ?? next, next }
      }),
    )
  }

  offsetsAt(topic: string, time: number): PartitionOffset[] {
    return this.#guard(() =>
      this.offsets(topic).map(({ partition, first, next }) => {
        const { timestamp } = this.#table(topic, partition)
        // Timestamps rise with the offsets, as far as the clock does.
        let [low, high] = [first, next]
        while (low < high) {
          const middle = Math.floor((low + high) / 2)
          const row = timestamp.get(middle) as { readonly timestamp: number } | undefined
          if (row && row.timestamp < time) low = middle + 1
          else high = middle
        }
        return { partition, offset: low }
      }),
    )
  }

  committed(group: string, { topic, partition }: TopicPartition): number | undefined {
    const { getProgress } = this.#statements
    const row = this.#guard(() => getProgress.get(group, this.#table(topic, partition).id))
    return row === undefined ? undefined : (row as { next: number }).next
  }

  commit(group: string, { topic, partition }: TopicPartition, nextOffset: number): void {
    this.#guard(() => this.#statements.putProgress.run(group, this.#table(topic, partition).id, nextOffset))
  }

  /**
   * Removes up to `limit` of the oldest records of each partition that are older than their topic keeps records.
   * Answers whether there may be more.
   */
  prune(limit: number): boolean {
    const now = this.#clock.now()
    const topics = this.#guard(() => this.#statements.retained.all()) as { name: string; retention: number }[]
    let more = false
    for (const { name, retention } of topics) {
      for (const table of this.#tables(name)) {
        const pruned = this.#guard(() => table.prune.run(limit, now - retention).changes)
        if (Number(pruned) >= limit) more = true
      }
    }
    return more
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #next(table: PartitionTable): number {
    return (this.#statements.getNext.get(table.id) as { next: number }).next
  }

  #table(topic: string, partition: number): PartitionTable {
    const table = this.#tables(topic)[partition]
    if (!table) throw new Error(`there is no partition ${topic}/${partition}`)
    return table
  }

  /** A topic's partitions never change once it exists, so they are looked up once. */
  #tables(topic: string): readonly PartitionTable[] {
    const known = this.#partitions.get(topic)
    if (known) return known
    const rows = this.#guard(() => this.#statements.partitions.all(topic)) as PartitionRow[]
    const tables = rows.map(({ id }) => prepareTable(this.#database, id))
    if (tables.length > 0) this.#partitions.set(topic, tables)
    return tables
  }

  #atomically(work: () => void): void {
    this.#guard(() => inTransaction(this.#database, work))
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw toLogError(error, this.#file)
    }
  }
}

function prepare(database: DatabaseSync) {
  return {
    putTopic: database.prepare(
      'INSERT INTO topic (name, partitions, retention) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    putPartition: database.prepare('INSERT INTO partition (topic, partition) VALUES (?, ?)'),
    partitions: database.prepare(
      'SELECT id, topic, partition FROM partition WHERE topic = ? ORDER BY partition',
    ),
    getNext: database.prepare('SELECT next FROM partition WHERE id = ?'),
    setNext: database.prepare('UPDATE partition SET next = ? WHERE id = ?'),
    getProgress: database.prepare('SELECT next FROM progress WHERE consumer_group = ? AND partition = ?'),
    putProgress: database.prepare(
      'INSERT OR REPLACE INTO progress (consumer_group, partition, next) VALUES (?, ?, ?)',
    ),
    retained: database.prepare('SELECT name, retention FROM topic WHERE retention IS NOT NULL'),
  }
}

type PartitionTable = {
  readonly id: number
  readonly insert: StatementSync
  readonly page: StatementSync
  readonly first: StatementSync
  readonly timestamp: StatementSync
  readonly prune: StatementSync
}

function prepareTable(database: DatabaseSync, id: number): PartitionTable {
  const name = `record_${id}`
  return {
    id,
    insert: database.prepare(
      `INSERT INTO ${name} (offset, key, timestamp, headers, value) VALUES (?, ?, ?, ?, ?)`,
    ),
    page: database.prepare(
      `SELECT offset, key, timestamp, headers, value FROM ${name} WHERE offset >= ? ORDER BY offset LIMIT ?`,
    ),
    first: database.prepare(`SELECT min(offset) AS first FROM ${name}`),
    timestamp: database.prepare(`SELECT timestamp FROM ${name} WHERE offset = ?`),
    prune: database.prepare(
      `DELETE FROM ${name} WHERE offset IN (SELECT offset FROM ${name} ORDER BY offset LIMIT ?) AND timestamp < ?`,
    ),
  }
}
