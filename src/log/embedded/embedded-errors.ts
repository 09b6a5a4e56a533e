import { ForcewatchError, messageOf } from '../../errors.ts'
import { diagnoseSqlite } from '../../sqlite-failure.ts'

/** Turns whatever SQLite or the file system threw into an error that names the file and the remedy. */
export function toLogError(error: unknown, file: string): ForcewatchError {
  if (error instanceof ForcewatchError) return error
  const { permanent, remedy } = diagnoseSqlite(error)
  const code = permanent ? 'LOG_REJECTED' : 'LOG_UNAVAILABLE'
  return new ForcewatchError(code, `The embedded log ${file} failed: ${messageOf(error)}.`, {
    remedy,
    cause: error,
  })
}

/** LOG_REJECTED, for a topic that was never created. */
export function unknownTopic(topic: string, file: string): ForcewatchError {
  return new ForcewatchError('LOG_REJECTED', `The embedded log ${file} has no topic ${topic}.`, {
    remedy: 'Topics are created when the service starts: start it once with this directory.',
  })
}
