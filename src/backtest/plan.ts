import { isDeepStrictEqual } from 'node:util'
import type { ReadDetectors } from '../detection/definition/catalog.ts'
import { compileDetector } from '../detection/definition/compile-detector.ts'
import type { DetectorFile } from '../detection/definition/parse-detector.ts'

/** What the candidate does with a detector. */
export type Change = 'same' | 'changed' | 'added' | 'removed'

/** What has to run to compare two sets of detectors. */
export type Plan = {
  /** By detector id, in the order of the ids. */
  readonly changes: ReadonlyMap<string, Change>
  /** Detectors to run of each set. What is not run of the candidate does the same as in the set of today. */
  readonly current: readonly string[]
  readonly candidate: readonly string[]
  readonly definitions: {
    readonly current: ReadonlyMap<string, DetectorFile>
    readonly candidate: ReadonlyMap<string, DetectorFile>
  }
}

/** Words for people: they change nothing that a detector does. */
const words = ['title', 'description', 'tags', 'references', 'falsepositives', 'tests'] as const

/**
 * Detectors that are the same in both sets run once. Where one of the candidate watches the detections of the others, and any
 * of these has changed, all of them must run: it needs to see them.
 */
export function planBacktest(current: ReadDetectors, candidate: ReadDetectors): Plan {
  const definitions = { current: byId(current), candidate: byId(candidate) }
  const ids = [...new Set([...definitions.current.keys(), ...definitions.candidate.keys()])].sort()
  const changes = new Map(
    ids.map((id) => [id, compare(definitions.current.get(id), definitions.candidate.get(id))]),
  )
  const isRun = (id: string) => changes.get(id) === 'changed' || changes.get(id) === 'added'
  const differs = [...changes.values()].some((change) => change !== 'same')
  const watching = [...definitions.candidate.values()].some(watchesDetections)
  const all = [...definitions.candidate.keys()]
  return {
    changes,
    definitions,
    current: [...definitions.current.keys()],
    candidate: differs && watching ? all : all.filter(isRun),
  }
}

function byId({ files }: ReadDetectors): ReadonlyMap<string, DetectorFile> {
  return new Map(
    files
      .filter(({ definition }) => definition.status !== 'disabled')
      .map((file) => [file.definition.id, file]),
  )
}

function compare(current: DetectorFile | undefined, candidate: DetectorFile | undefined): Change {
  if (!current) return 'added'
  if (!candidate) return 'removed'
  return isDeepStrictEqual(essence(current), essence(candidate)) ? 'same' : 'changed'
}

function essence({ source }: DetectorFile): unknown {
  const { alert, ...value } = source.value() as { readonly alert?: object }
  const entries = Object.entries(value).filter(([key]) => !(words as readonly string[]).includes(key))
  const { runbook: _, ...told } = { runbook: '', ...alert }
  return { ...Object.fromEntries(entries), alert: told }
}

function watchesDetections({ definition }: DetectorFile): boolean {
  return compileDetector(definition)?.watchesDetections ?? false
}
