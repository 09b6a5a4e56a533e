import { ForcewatchError, messageOf } from '../../errors.ts'

/** Primary result codes of SQLite (https://sqlite.org/rescode.html) that only an operator can mend. */
const remedies: Readonly<Record<number, string>> = {
  3: 'Give the service permission to read and write the file and its directory.',
  8: 'The file or its file system is read-only: make both writable for the service.',
  11: 'The file is damaged: restore it from a backup, or move it away to start with an empty log.',
  14: 'Check that the directory exists and that the service may write in it.',
  26: 'This is not a SQLite file: choose another path in `embedded.directory`.',
}

const diskFull = 13
const busy = 5

/** Turns whatever SQLite or the file system threw into an error that names the file and the remedy. */
export function toLogError(error: unknown, file: string): ForcewatchError {
  if (error instanceof ForcewatchError) return error
  const code = resultCode(error)
  const remedy = code === undefined ? undefined : remedies[code]
  const message = `The embedded log ${file} failed: ${messageOf(error)}.`
  if (remedy !== undefined) return new ForcewatchError('LOG_REJECTED', message, { remedy, cause: error })
  return new ForcewatchError('LOG_UNAVAILABLE', message, {
    remedy:
      code === diskFull
        ? 'Free some space on the disk of the file.'
        : 'Check the disk, and that no other program keeps the file locked.',
    cause: error,
  })
}

/** Somebody else holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === busy
}

export function unknownTopic(topic: string, file: string): ForcewatchError {
  return new ForcewatchError('LOG_REJECTED', `The embedded log ${file} has no topic ${topic}.`, {
    remedy: 'Topics are created when the service starts: start it once with this directory.',
  })
}

/** SQLite's primary result code; the file system's refusals count as SQLite's own of the same meaning. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  if ('code' in error && ['EACCES', 'EPERM'].includes(String(error.code))) return 3
  if ('code' in error && ['ENOTDIR', 'EEXIST', 'EROFS'].includes(String(error.code))) return 14
  return undefined
}
