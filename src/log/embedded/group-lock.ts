import { DatabaseSync } from 'node:sqlite'
import { diagnoseSqlite } from '../../sqlite-failure.ts'
import { toLogError } from './embedded-errors.ts'

/**
 * Keeps a consumer group to one member, also among processes: an exclusive SQLite transaction on a file of its own, which
 * the operating system ends together with the process that holds it, however that dies.
 */
export class GroupLock {
  readonly #file: string
  #database: DatabaseSync | undefined

  constructor(logFile: string, group: string) {
    this.#file = `${logFile}.${encodeURIComponent(group)}.lock`
  }

  get held(): boolean {
    return this.#database !== undefined
  }

  /** Answers false while somebody else holds the lock. @throws LOG_REJECTED, LOG_UNAVAILABLE */
  tryAcquire(): boolean {
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(this.#file, { timeout: 0 })
      database.exec('BEGIN EXCLUSIVE')
      this.#database = database
      return true
    } catch (error) {
      if (database?.isOpen) database.close()
      if (diagnoseSqlite(error).busy) return false
      throw toLogError(error, this.#file)
    }
  }

  release(): void {
    this.#database?.close()
    this.#database = undefined
  }
}
