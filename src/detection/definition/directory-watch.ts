import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { second } from '../../duration.ts'

export type WatchOptions = {
  readonly directories: readonly string[]
  readonly clock: Clock
  /** Called when files have changed and then stayed as they are for one look. The next look waits for it. */
  readonly onChange: () => Promise<void>
}

/** From one look to the next, ms. */
export const watchInterval = 2 * second

/**
 * Looks at the YAML files of directories every two seconds: cheap, and it sees what notifications of the file system miss (network
 * drives, mounted configuration maps). The first look is taken at once. Answers how to end it.
 */
export async function watchDirectories({ directories, clock, onChange }: WatchOptions): Promise<() => void> {
  let known = await signatureOf(directories)
  let last = known
  let looking = false
  const look = async () => {
    const signature = await signatureOf(directories)
    const settled = signature === last
    last = signature
    if (!settled || signature === known) return
    known = signature
    await onChange()
  }
  return clock.every(watchInterval, () => {
    if (looking) return
    looking = true
    void look().finally(() => {
      looking = false
    })
  })
}

/** What changes with every file. A directory that cannot be read counts as empty: reading it will say why. */
async function signatureOf(directories: readonly string[]): Promise<string> {
  const parts = await Promise.all(directories.map(describeFolder))
  return parts.join('\n')
}

async function describeFolder(folder: string): Promise<string> {
  try {
    const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort()
    const lines = await Promise.all(
      names.map(async (name) => {
        const { ino, size, mtimeMs } = await stat(join(folder, name))
        return `${name} ${ino} ${size} ${mtimeMs}`
      }),
    )
    return lines.join('\n')
  } catch {
    return ''
  }
}
