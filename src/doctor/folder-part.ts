import { randomUUID } from 'node:crypto'
import { access, constants, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../errors.ts'
import type { Part } from './examine.ts'
import { failed, type Outcome, ok, warning } from './finding.ts'

/** A small org writes some hundred MB of events a day. */
const littleSpace = 1_000_000_000

/** The checks of the folder in which the embedded log and store keep their files. */
export function folderPart(directory: string): Part {
  return {
    name: 'files',
    checks: [
      { name: 'writable', run: async () => [await tryToWrite(directory)] },
      { name: 'space', after: 'writable', run: async () => [await lookForSpace(directory)] },
    ],
  }
}

async function tryToWrite(directory: string): Promise<Outcome> {
  const nearest = await nearestFolder(directory)
  try {
    if (nearest !== directory) {
      await access(nearest, constants.W_OK | constants.X_OK)
      return ok(`${directory} will be created`)
    }
    const probe = join(directory, `.forcewatch-doctor-${randomUUID()}`)
    await writeFile(probe, '')
    await rm(probe)
    return ok(`${directory} can be written`)
  } catch (error) {
    const who = process.getuid?.() ?? 'the service'
    return failed(
      `${directory} cannot be written: ${messageOf(error).split(',')[0]}`,
      `Let this user write there (chown ${who} ${nearest}; in a container: a volume on it), or set embedded.directory.`,
    )
  }
}

/** The folder, or the nearest above it that exists. */
async function nearestFolder(directory: string): Promise<string> {
  const parent = dirname(directory)
  const exists = await stat(directory).then(
    () => true,
    () => false,
  )
  return exists || parent === directory ? directory : nearestFolder(parent)
}

async function lookForSpace(directory: string): Promise<Outcome> {
  const { bavail, bsize } = await statfs(await nearestFolder(directory))
  const free = bavail * bsize
  const text = `${(free / 1e9).toFixed(1)} GB are free at ${directory}`
  if (free >= littleSpace) return ok(text)
  return warning(text, 'Make room: when the disk is full, no event is taken from Salesforce.')
}
