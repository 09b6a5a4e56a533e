import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import { ForcewatchError, messageOf } from '../../errors.ts'
import type { Metrics } from '../../metrics.ts'
import { formatProblem, type Problem, sortProblems } from '../../yaml-source.ts'
import { compileDetector } from './compile-detector.ts'
import type { DetectorSet } from './detector.ts'
import { runInlineTests } from './inline-tests.ts'
import { type DetectorFile, parseDetector } from './parse-detector.ts'

export type ReadDetectors = {
  /** Every file that is in order, disabled detectors included, in the order of their names. */
  readonly files: readonly DetectorFile[]
  /** Everything that is wrong in any file, by file and place. */
  readonly problems: readonly Problem[]
  /** Hash of every file's name and content. */
  readonly hash: string
}

/**
 * Reads every `*.yaml` of a directory.
 * @throws DETECTORS_INVALID when the directory cannot be read or holds none.
 */
export async function readDetectors(directory: string): Promise<ReadDetectors> {
  const hash = createHash('sha256')
  const files: DetectorFile[] = []
  const problems: Problem[] = []
  for (const name of await listFiles(directory)) {
    const file = join(directory, name)
    const text = await readText(file)
    hash.update(`${name}\0${text}\0`)
    const parsed = parseDetector(file, text)
    if (parsed.kind === 'invalid') problems.push(...parsed.problems)
    else if (isTaken(parsed, files)) problems.push(parsed.source.problemAt(['id'], takenMessage(parsed)))
    else files.push(parsed)
  }
  return { files, problems: sortProblems(problems), hash: hash.digest('hex').slice(0, 16) }
}

/**
 * Loads a directory of detectors, all or nothing.
 * @throws DETECTORS_INVALID listing every problem of every file.
 */
export async function loadDetectors(directory: string): Promise<DetectorSet> {
  return compileAll(await readWithoutProblems(directory))
}

/** The detectors in force. */
export interface Catalog {
  readonly current: DetectorSet
  /** Reads the directory again and swaps the set, or keeps the one in force and says why. */
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
 * A catalog with its first set loaded. Like every set that comes later, it must pass the tests inside its files.
 * @throws DETECTORS_INVALID when that set has any problem.
 */
export async function createCatalog({ directory, metrics, clock }: CatalogOptions): Promise<Catalog> {
  let current = await loadTested(directory)
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
        const set = await loadTested(directory, current)
        const unchanged = set === current
        current = set
        succeeded()
        return unchanged ? { kind: 'unchanged' } : { kind: 'swapped', set }
      } catch (error) {
        metrics.config_last_reload_successful.set(0)
        if (!(error instanceof ForcewatchError)) throw error
        return { kind: 'kept', error }
      }
    },
  }
}

/** Answers `current` itself when no file has changed. */
async function loadTested(directory: string, current?: DetectorSet): Promise<DetectorSet> {
  const read = await readWithoutProblems(directory)
  if (current && read.hash === current.hash) return current
  const problems = await testAll(read.files)
  if (problems.length > 0) throw invalid(problems)
  return compileAll(read)
}

async function readWithoutProblems(directory: string): Promise<ReadDetectors> {
  const read = await readDetectors(directory)
  if (read.problems.length > 0) throw invalid(read.problems)
  return read
}

function compileAll({ files, hash }: ReadDetectors): DetectorSet {
  return { detectors: files.flatMap(({ definition }) => compileDetector(definition) ?? []), hash }
}

/** Lets the rest of the process have its turn after each test: on a reload the service is at work. */
async function testAll(files: readonly DetectorFile[]): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const { definition, source } of files) {
    let index = 0
    for (const result of runInlineTests(definition)) {
      if (result.kind === 'failed') {
        const message = `the test fails — ${result.reasons.join('; ')}`
        problems.push(source.problemAt(['tests', index, 'name'], message))
      }
      index++
      await setImmediate()
    }
  }
  return problems
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

/** Only `x.yaml` beside `x.yml` can have one id twice, since an id is the name of its file. */
function isTaken({ definition }: DetectorFile, files: readonly DetectorFile[]): boolean {
  return files.some((other) => other.definition.id === definition.id)
}

function takenMessage({ definition: { id } }: DetectorFile): string {
  return `is taken by another file — remove ${id}.yaml or ${id}.yml`
}

function invalid(problems: readonly Problem[]): ForcewatchError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
  const lines = problems.map((problem) => `\n${formatProblem(problem)}`).join('')
  return new ForcewatchError('DETECTORS_INVALID', `the detectors have ${count}:${lines}`, {
    remedy: 'Mend the files; `forcewatch detectors test` checks and tests them again.',
  })
}
