import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { ForcewatchError } from '../../errors.ts'
import { inTransaction, openDatabase } from '../../sqlite-database.ts'
import type { Lease, LeaseOptions, StateChange, StateEntry, StateStore } from '../state-store.ts'
import { toStoreError } from './embedded-errors.ts'

export type EmbeddedStoreOptions = {
  /** The SQLite file; it and its directory are created when absent. `-wal` and `-shm` files appear beside it. */
  readonly file: string
  readonly clock: Clock
}

/**
 * The store as one SQLite file. A commit is durable when it resolves (WAL, synchronous=FULL), also across a power cut.
 * Several processes may open the file; leases expire by the machine's clock.
 * @throws STORE_REJECTED when the file cannot be opened or is not ours.
 */
export function createEmbeddedStore(options: EmbeddedStoreOptions): StateStore {
  return new EmbeddedStore(options)
}

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS lease (
    scope TEXT PRIMARY KEY, epoch INTEGER NOT NULL, owner TEXT NOT NULL, expires INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entry (
    scope TEXT NOT NULL, section TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (scope, section, key)
  ) WITHOUT ROWID;
`

/** A restore reads in pages, so that no statement stays open while the caller works on the entries. */
const pageSize = 1000

type LeaseRow = { epoch: number; owner: string; expires: number }
type EntryRow = { section: string; key: string; value: Uint8Array }

class EmbeddedStore implements StateStore {
  readonly #file: string
  readonly #clock: Clock
  readonly #database: DatabaseSync
  readonly #statements: Statements

  constructor({ file, clock }: EmbeddedStoreOptions) {
    this.#file = file
    this.#clock = clock
    try {
      this.#database = openDatabase(file, schema)
      this.#statements = prepare(this.#database)
    } catch (error) {
      throw toStoreError(error, file)
    }
  }

  async acquire(scope: string, { owner, ttl, mode }: LeaseOptions): Promise<Lease | null> {
    return this.#atomically(() => {
      const { getLease, putLease } = this.#statements
      const now = this.#clock.now()
      const row = getLease.get(scope) as LeaseRow | undefined
      if (mode === 'wait' && row && row.owner !== owner && row.expires > now) return null
      const epoch = (row?.epoch ?? 0) + 1
      putLease.run(scope, epoch, owner, now + ttl)
      return this.#lease(scope, epoch, ttl)
    })
  }

  read(scope: string): AsyncIterable<StateEntry> {
    return this.#restore(scope)
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close()
  }

  #lease(scope: string, epoch: number, ttl: number): Lease {
    const { renewLease, endLease } = this.#statements
    return {
      scope,
      epoch,
      renew: async () =>
        this.#atomically(() => {
          if (renewLease.run(this.#clock.now() + ttl, scope, epoch).changes === 0) throw fenced(scope, epoch)
        }),
      restore: () => this.#restore(scope),
      commit: async (change) =>
        this.#atomically(() => {
          const row = this.#statements.getLease.get(scope) as LeaseRow | undefined
          if (row?.epoch !== epoch) throw fenced(scope, epoch)
          this.#write(scope, change)
        }),
      release: async () => this.#atomically(() => void endLease.run(scope, epoch)),
    }
  }

  #write(scope: string, { puts, deletes = [], drops = [] }: StateChange): void {
    const { dropSection, deleteEntry, putEntry } = this.#statements
    for (const section of drops) dropSection.run(scope, section)
    for (const { section, key } of deletes) deleteEntry.run(scope, section, key)
    for (const { section, key, value } of puts) putEntry.run(scope, section, key, value)
  }

  async *#restore(scope: string): AsyncGenerator<StateEntry> {
    let section = ''
    let key = ''
    for (let more = true; more; ) {
      const rows = this.#guard(() => this.#statements.page.all(scope, section, key, pageSize)) as EntryRow[]
      for (const row of rows) {
        const { buffer, byteOffset, byteLength } = row.value
        yield { section: row.section, key: row.key, value: Buffer.from(buffer, byteOffset, byteLength) }
        section = row.section
        key = row.key
      }
      more = rows.length === pageSize
    }
  }

  /** Runs `work` in one transaction: either everything it wrote is durable, or nothing is and it throws. */
  #atomically<T>(work: () => T): T {
    return this.#guard(() => inTransaction(this.#database, work))
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw toStoreError(error, this.#file)
    }
  }
}

type Statements = ReturnType<typeof prepare>

function prepare(database: DatabaseSync) {
  return {
    getLease: database.prepare('SELECT epoch, owner, expires FROM lease WHERE scope = ?'),
    putLease: database.prepare(
      'INSERT OR REPLACE INTO lease (scope, epoch, owner, expires) VALUES (?, ?, ?, ?)',
    ),
    renewLease: database.prepare('UPDATE lease SET expires = ? WHERE scope = ? AND epoch = ?'),
    /** The epoch goes up, so that nothing of the old owner is accepted any more. */
    endLease: database.prepare(
      'UPDATE lease SET expires = 0, epoch = epoch + 1 WHERE scope = ? AND epoch = ?',
    ),
    page: database.prepare(
      `SELECT section, key, value FROM entry WHERE scope = ? AND (section, key) > (?, ?)
       ORDER BY section, key LIMIT ?`,
    ),
    dropSection: database.prepare('DELETE FROM entry WHERE scope = ? AND section = ?'),
    deleteEntry: database.prepare('DELETE FROM entry WHERE scope = ? AND section = ? AND key = ?'),
    putEntry: database.prepare(
      'INSERT OR REPLACE INTO entry (scope, section, key, value) VALUES (?, ?, ?, ?)',
    ),
  }
}

function fenced(scope: string, epoch: number): ForcewatchError {
  return new ForcewatchError(
    'FENCED',
    `The lease on scope ${scope} with epoch ${epoch} is not ours any more.`,
  )
}
