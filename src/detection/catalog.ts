import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import type { Metrics } from '../metrics.ts'
import { formatProblem, type Problem, sortProblems } from '../yaml-source.ts'
import { compileDetector } from './compile-detector.ts'
import type { Definition } from './definition-schema.ts'
import type { DetectorSet } from './detector.ts'
import { parseDetector } from './parse-detector.ts'

export type ReadDetectors = {
  /** Every file that is in order, disabled detectors included, by id. */
  readonly definitions: readonly Definition[]
  /** Everything that is wrong in any file, by file and place. */
  readonly problems: readonly Problem[]
  /** Hash of every file's name and content. */
  readonly hash: string
}

/**
 * Reads every `*.yaml` of a directory.
 * @throws DETECTORS_INVALID when the directory cannot be read.
 */
export async function readDetectors(directory: string): Promise<ReadDetectors> {
  const files = await listFiles(directory)
  const hash = createHash('sha256')
  const definitions: Definition[] = []
  const problems: Problem[] = []
  for (const name of files) {
    const file = join(directory, name)
    const text = await readText(file)
    hash.update(`${name}\0${text}\0`)
    const parsed = parseDetector(file, text)
    if (parsed.kind === 'invalid') problems.push(...parsed.problems)
    else definitions.push(parsed.definition)
  }
  problems.push(...duplicates(directory, definitions))
  return { definitions, problems: sortProblems(problems), hash: hash.digest('hex').slice(0, 16) }
}

/**
 * Loads a directory of detectors, all or nothing.
 * @throws DETECTORS_INVALID listing every problem of every file.
 */
export async function loadDetectors(directory: string): Promise<DetectorSet> {
  const { definitions, problems, hash } = await readDetectors(directory)
  if (problems.length > 0) throw invalid(problems.map(formatProblem))
  return { detectors: definitions.flatMap((definition) => compileDetector(definition) ?? []), hash }
}

/** The detectors in force. */
export interface Catalog {
  readonly current: DetectorSet
  /** Reads the directory again and swaps the set, or keeps the one in force and says why. Never rejects. */
  reload(): Promise<Reloaded>
}

export type Reloaded =
  | { readonly kind: 'swapped'; readonly set: DetectorSet }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'kept'; readonly error: ForcewatchError }

export type CatalogOptions = {
  readonly directory: string
  readonly metrics: Metrics
  readonly clock: Clock
}

/**
 * A catalog with its first set loaded.
 * @throws DETECTORS_INVALID when that set has any problem.
 */
export async function createCatalog({ directory, metrics, clock }: CatalogOptions): Promise<Catalog> {
  let current = await loadDetectors(directory)
  succeeded()

  function succeeded(): void {
    metrics.detectors_loaded.set(current.detectors.length)
    metrics.config_last_reload_successful.set(1)
    metrics.config_last_reload_success_timestamp_seconds.set(clock.now() / 1000)
  }

  return {
    get current() {
      return current
    },
    async reload() {
      try {
        const set = await loadDetectors(directory)
        const unchanged = set.hash === current.hash
        if (!unchanged) current = set
        succeeded()
        return unchanged ? { kind: 'unchanged' } : { kind: 'swapped', set }
      } catch (error) {
        metrics.config_last_reload_successful.set(0)
        return { kind: 'kept', error: error instanceof ForcewatchError ? error : invalid([messageOf(error)]) }
      }
    },
  }
}

async function listFiles(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory)
    const files = names.filter((name) => /\.ya?ml$/.test(name)).sort()
    if (files.length > 0) return files
  } catch (cause) {
    throw new ForcewatchError('DETECTORS_INVALID', `cannot read ${directory}: ${messageOf(cause)}`, {
      remedy: 'Name the directory of the detector files with detectors.directory or --detectors.',
      cause,
    })
  }
  throw new ForcewatchError('DETECTORS_INVALID', `${directory} holds no detector (*.yaml)`, {
    remedy: 'Name the directory of the detector files with detectors.directory or --detectors.',
  })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ForcewatchError('DETECTORS_INVALID', `cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}

/** `x.yaml` beside `x.yml`: the only way to have one id twice, since an id is the name of its file. */
function duplicates(directory: string, definitions: readonly Definition[]): Problem[] {
  const ids = definitions.map(({ id }) => id)
  return ids
    .filter((id, index) => ids.indexOf(id) !== index)
    .map((id) => ({
      file: join(directory, `${id}.yml`),
      line: 1,
      column: 1,
      path: 'id',
      message: `is taken by ${id}.yaml — remove one of the two files`,
    }))
}

function invalid(problems: readonly string[]): ForcewatchError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  return new ForcewatchError('DETECTORS_INVALID', `the detectors have ${count}:\n${problems.join('\n')}`, {
    remedy: 'Mend the files; `forcewatch detectors check` checks them again.',
  })
}
