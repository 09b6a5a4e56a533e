import { ForcewatchError, messageOf } from '../../errors.ts'
import { diagnoseSqlite } from '../../sqlite-failure.ts'

/** Turns whatever SQLite or the file system threw into an error that names the file and the remedy. */
export function toStoreError(error: unknown, file: string): ForcewatchError {
  if (error instanceof ForcewatchError) return error
  const { permanent, remedy } = diagnoseSqlite(error)
  const code = permanent ? 'STORE_REJECTED' : 'STORE_UNAVAILABLE'
  return new ForcewatchError(code, `The embedded store ${file} failed: ${messageOf(error)}.`, {
    remedy,
    cause: error,
  })
}
