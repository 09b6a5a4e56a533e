/** What an error of SQLite or of the file system means for whoever has to mend it. */
export type SqliteFailure = {
  /** Trying again cannot help: the operator has to change something. */
  readonly permanent: boolean
  /** Another connection holds the lock that was asked for. */
  readonly busy: boolean
  readonly remedy: string
}

/** Primary result codes (https://sqlite.org/rescode.html) that only an operator can mend. */
const permanent: Readonly<Record<number, string>> = {
  3: 'Give the service permission to read and write the file and its directory.',
  8: 'The file or its file system is read-only: make both writable for the service.',
  11: 'The file is damaged: restore it from a backup, or move it away to start with an empty one.',
  14: 'Check that the directory exists and that the service may write in it.',
  26: 'This is not a SQLite file: choose another path in `embedded.directory`.',
}

const busy = 5
const diskFull = 13

/** What the failure of a SQLite file means to whoever runs the service. Takes whatever SQLite or the file system threw. */
export function diagnoseSqlite(error: unknown): SqliteFailure {
  const code = resultCode(error)
  const remedy = code === undefined ? undefined : permanent[code]
  if (remedy !== undefined) return { permanent: true, busy: false, remedy }
  return {
    permanent: false,
    busy: code === busy,
    remedy:
      code === diskFull
        ? 'Free some space on the disk of the file.'
        : 'Check the disk, and that no other program keeps the file locked.',
  }
}

/** SQLite's primary result code; the file system's refusals count as SQLite's own of the same meaning. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff
  if ('code' in error && ['EACCES', 'EPERM'].includes(String(error.code))) return 3
  if ('code' in error && ['ENOTDIR', 'EEXIST', 'EROFS'].includes(String(error.code))) return 14
  return undefined
}
