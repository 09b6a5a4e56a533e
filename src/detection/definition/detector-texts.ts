import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ForcewatchError, messageOf } from '../../errors.ts'

/** Where detectors lie: the files, and an org's own changes of them. */
export type DetectorPlace = {
  readonly directory: string
  readonly overlays?: string | undefined
}

export type FileText = { readonly file: string; readonly text: string }

/** The files as they were read, in the order of their names. Plain values: they may be sent to another thread. */
export type DetectorTexts = {
  readonly detectors: readonly FileText[]
  readonly overlays: readonly FileText[]
  /** Hash of every file's name and content. */
  readonly hash: string
}

/**
 * Reads every `*.yaml` of both folders.
 * @throws DETECTORS_INVALID when a folder cannot be read, or there is no detector.
 */
export async function readDetectorTexts({ directory, overlays }: DetectorPlace): Promise<DetectorTexts> {
  const texts = {
    detectors: await readFolder(directory, detectorsRemedy),
    overlays: overlays === undefined ? [] : await readFolder(overlays, overlaysRemedy),
  }
  if (texts.detectors.length === 0) {
    throw new ForcewatchError('DETECTORS_INVALID', `${directory} holds no detector (*.yaml)`, {
      remedy: detectorsRemedy,
    })
  }
  const hash = createHash('sha256')
  for (const [kind, files] of Object.entries(texts)) {
    for (const { file, text } of files) hash.update(`${kind}\0${nameOf(file)}\0${text}\0`)
  }
  return { ...texts, hash: hash.digest('hex').slice(0, 16) }
}

const detectorsRemedy = 'Name the directory of the detector files with detectors.directory or --detectors.'
const overlaysRemedy = 'Name the directory of your changes with detectors.overlays or --overlays.'

async function readFolder(folder: string, remedy: string): Promise<readonly FileText[]> {
  const read = async <T>(what: string, action: Promise<T>): Promise<T> => {
    try {
      return await action
    } catch (cause) {
      throw new ForcewatchError('DETECTORS_INVALID', `cannot read ${what}: ${messageOf(cause)}`, {
        remedy,
        cause,
      })
    }
  }
  const names = await read(folder, readdir(folder))
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort()
  return Promise.all(
    files.map(async (name) => {
      const file = join(folder, name)
      return { file, text: await read(file, readFile(file, 'utf8')) }
    }),
  )
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1)
}
