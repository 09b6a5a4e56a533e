import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import { ForcewatchError } from '../../errors.ts'
import type { Metrics } from '../../metrics.ts'
import { formatProblem, nearestWord, type Problem, sortProblems } from '../../yaml-source.ts'
import { compileDetector } from './compile-detector.ts'
import type { DetectorSet } from './detector.ts'
import { type DetectorPlace, type DetectorTexts, readDetectorTexts } from './detector-texts.ts'
import { runFileTests } from './inline-tests/inline-tests.ts'
import { lintDetector } from './lint.ts'
import { lintOverlay } from './overlay/overlay.ts'
import { type OverlayFile, parseOverlay } from './overlay/overlay-file.ts'
import { type DetectorFile, fileStem, parseDetector } from './parse-detector.ts'

export type ReadDetectors = {
  /** Every file that is in order, disabled detectors included, in the order of their names, overlays applied. */
  readonly files: readonly DetectorFile[]
  /** Every overlay that is in order. */
  readonly overlays: readonly OverlayFile[]
  /** Everything that is wrong in any file, by file and place. */
  readonly problems: readonly Problem[]
  /** Ids of all detector files, also of those that are not in order. */
  readonly ids: readonly string[]
  /** Hash of every file's name and content. */
  readonly hash: string
}

/**
 * Reads every `*.yaml` of a directory, and of a directory of overlays.
 * @throws DETECTORS_INVALID when a directory cannot be read or the first holds none.
 */
export async function readDetectors(directory: string, overlays?: string): Promise<ReadDetectors> {
  return parseDetectors(await readDetectorTexts({ directory, overlays }))
}

/** Understands what was read. */
export function parseDetectors({ detectors, overlays, hash }: DetectorTexts): ReadDetectors {
  const files: DetectorFile[] = []
  const problems: Problem[] = []
  const changes: OverlayFile[] = []
  for (const { file, text } of overlays) {
    const parsed = parseOverlay(file, text)
    if (parsed.kind === 'invalid') problems.push(...parsed.problems)
    else changes.push(parsed)
  }
  const overlaysOf = (id: string) => changes.filter((change) => change.id === id).map(({ source }) => source)
  for (const { file, text } of detectors) {
    const parsed = parseDetector(file, text, overlaysOf)
    if (parsed.kind === 'invalid') problems.push(...parsed.problems)
    else if (isTaken(parsed, files)) problems.push(parsed.source.problemAt(['id'], takenMessage(parsed)))
    else files.push(parsed)
  }
  const ids = detectors.map(({ file }) => fileStem(file))
  return { files, overlays: changes, problems: sortProblems(problems), ids, hash }
}

/** What is no mistake but most likely not meant, by file and place. `now`: ms since the epoch. */
export function lintDetectors({ files, overlays, ids }: ReadDetectors, now: number): readonly Problem[] {
  const warnings = overlays.flatMap(({ id, source }) => {
    const changed = files.find(({ definition }) => definition.id === id)
    if (changed) return lintOverlay(changed.shipped?.source ?? changed.source, source)
    if (ids.includes(id)) return []
    const meant = nearestWord(id, ids)
    const advice = meant ? `did you mean ${meant}?` : `there are ${ids.join(', ')}`
    return [source.problemAt(['id'], `there is no detector ${id} — ${advice}`)]
  })
  return sortProblems([...warnings, ...files.flatMap((file) => lintDetector(file, now))])
}

/**
 * Loads a directory of detectors and one of overlays, all or nothing.
 * @throws DETECTORS_INVALID listing every problem of every file.
 */
export async function loadDetectors(directory: string, overlays?: string): Promise<DetectorSet> {
  return compileDetectors(await readDetectors(directory, overlays))
}

/** @throws DETECTORS_INVALID listing every problem. */
export function compileDetectors(read: ReadDetectors): DetectorSet {
  refuseProblems(read)
  const { files, hash } = read
  const detectors = files.flatMap(
    ({ definition, shipped }) => compileDetector(definition, shipped?.definition.overrides.length) ?? [],
  )
  return { detectors, hash }
}

/** The detectors in force. */
export interface Catalog {
  readonly current: DetectorSet
  /** What is most likely not meant in their files by now. Tells the metrics of exceptions that have ended. */
  lint(): readonly Problem[]
  /** Reads the directories again and swaps the set, or keeps the one in force and says why. */
  reload(): Promise<Reloaded>
}

export type Reloaded =
  | { readonly kind: 'swapped'; readonly set: DetectorSet }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'kept'; readonly error: ForcewatchError }

export type CatalogOptions = DetectorPlace & {
  readonly metrics: Metrics
  readonly clock: Clock
}

/**
 * A catalog with its first set loaded. Like every set that comes later, it must pass the tests inside its files.
 * @throws DETECTORS_INVALID when that set has any problem.
 */
export async function createCatalog({ metrics, clock, ...place }: CatalogOptions): Promise<Catalog> {
  let loaded = await loadTested(place)
  succeeded()

  function succeeded(): void {
    metrics.detectors_loaded.set(loaded.set.detectors.length)
    metrics.config_last_reload_successful.set(1)
    metrics.config_last_reload_success_timestamp_seconds.set(clock.now() / 1000)
    countExceptions()
  }

  function countExceptions(): void {
    const exceptions = loaded.read.files.flatMap(({ definition }) => definition.exceptions)
    const expired = exceptions.filter(({ expires }) => expires <= clock.now()).length
    metrics.exceptions.set({ state: 'in_force' }, exceptions.length - expired)
    metrics.exceptions.set({ state: 'expired' }, expired)
  }

  return {
    get current() {
      return loaded.set
    },
    lint() {
      countExceptions()
      return lintDetectors(loaded.read, clock.now())
    },
    async reload() {
      try {
        const before = loaded.set
        loaded = await loadTested(place, loaded)
        succeeded()
        return loaded.set === before ? { kind: 'unchanged' } : { kind: 'swapped', set: loaded.set }
      } catch (error) {
        metrics.config_last_reload_successful.set(0)
        if (!(error instanceof ForcewatchError)) throw error
        return { kind: 'kept', error }
      }
    },
  }
}

/** `passed`: what each file and its overlays said when their tests passed. */
type Loaded = {
  readonly set: DetectorSet
  readonly read: ReadDetectors
  readonly passed: ReadonlySet<string>
}

/** Answers the set in force itself when no file has changed, and tests only the files that have. */
async function loadTested(place: DetectorPlace, inForce?: Loaded): Promise<Loaded> {
  const texts = await readDetectorTexts(place)
  const read = parseDetectors(texts)
  refuseProblems(read)
  if (inForce && read.hash === inForce.set.hash) return inForce
  const files = read.files.map((file) => ({ file, said: saidBy(file, texts, read.overlays) }))
  const changed = files.filter(({ said }) => !inForce?.passed.has(said))
  const problems = await testAll(changed.map(({ file }) => file))
  if (problems.length > 0) throw invalid(problems)
  return { set: compileDetectors(read), read, passed: new Set(files.map(({ said }) => said)) }
}

/** All that the outcome of a file's tests depends on. */
function saidBy(
  { definition: { id } }: DetectorFile,
  { detectors }: DetectorTexts,
  overlays: readonly OverlayFile[],
): string {
  const own = detectors.find(({ file }) => fileStem(file) === id)
  const changes = overlays.filter((overlay) => overlay.id === id).map(({ source }) => source.value())
  return JSON.stringify([own?.text, changes])
}

function refuseProblems({ problems }: ReadDetectors): void {
  if (problems.length > 0) throw invalid(problems)
}

/**
 * Lets the rest of the process have its turn after each test: on a reload the service is at work. Stops and restores are left to
 * `detectors test`: what they prove is the engine, not the file.
 */
async function testAll(files: readonly DetectorFile[]): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const file of files) {
    let index = 0
    for (const result of runFileTests(file, { stops: false })) {
      if (result.kind === 'failed') {
        const message = `the test fails — ${result.reasons.join('; ')}`
        problems.push(file.source.problemAt(['tests', index, 'name'], message))
      }
      index++
      await setImmediate()
    }
  }
  return problems
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
