import { isDeepStrictEqual } from 'node:util'
import { day } from '../../duration.ts'
import type { Path, Problem } from '../../yaml-source.ts'
import type { DetectorFile } from './parse-detector.ts'
import type { SelectionMap, SelectionSource } from './selection.ts'

/** An exception that ends within this time is worth a warning, ms. */
const soon = 14 * day

/** What is no mistake in a detector file, but most likely not meant either. `now`: ms since the epoch. */
export function lintDetector(file: DetectorFile, now: number): readonly Problem[] {
  return [...(file.warnings ?? []), ...lintExceptions(file, now), ...lintOverrides(file)]
}

function* lintExceptions({ definition: { exceptions }, source }: DetectorFile, now: number) {
  for (const [index, { match, expires }] of exceptions.entries()) {
    const left = expires - now
    const lastDay = new Date(expires - day).toISOString().slice(0, 10)
    if (left <= 0)
      yield source.problemAt(
        ['exceptions', index, 'expires'],
        `the exception ended with ${lastDay} — remove or extend it`,
      )
    else if (left <= soon)
      yield source.problemAt(
        ['exceptions', index, 'expires'],
        `the exception ends in ${count(Math.ceil(left / day), 'day')} — extend it if it is still needed`,
      )
    const earlier = exceptions.findIndex(
      (other, place) => place < index && other.expires >= expires && covers(other.match.source, match.source),
    )
    if (earlier >= 0)
      yield source.problemAt(
        ['exceptions', index, 'match'],
        `${placeOf(source, ['exceptions', earlier])} covers this one and holds as long — remove one of them`,
      )
  }
}

/**
 * Of overrides the last one wins, but for ceilings within the detector's own file, of which the lowest does. That those of overlays win
 * over shipped ones is what they are for.
 */
function* lintOverrides({ definition: { overrides }, source, shipped }: DetectorFile) {
  const added = shipped?.definition.overrides.length ?? overrides.length
  for (const [index, { match, fires }] of overrides.entries()) {
    const isAdded = index >= added
    const later = overrides
      .slice(index + 1, isAdded ? overrides.length : added)
      .filter((other) => covers(other.match.source, match.source))
    const isUndone = (key: string) =>
      (isAdded || key !== 'always_above') && later.some(({ fires }) => definedKeys(fires).includes(key))
    const given = definedKeys(fires)
    if (given.length > 0 && given.every(isUndone))
      yield source.problemAt(
        ['overrides', index, 'match'],
        'later overrides cover this one and set the same — remove it',
      )
  }
}

/** `exceptions[0] (own/bulk-export.yaml:3)` */
function placeOf(source: DetectorFile['source'], path: Path): string {
  const place = source.problemAt(path, '')
  return `${place.path} (${place.file}:${place.line})`
}

function definedKeys(fires: object): readonly string[] {
  return Object.entries(fires).flatMap(([key, value]) => (value === undefined ? [] : [key]))
}

/** Whether whatever the second selection matches is matched by the first one. False when that is not plain to see. */
export function covers(wide: SelectionSource, narrow: SelectionSource): boolean {
  const wideMaps = toMaps(wide)
  return toMaps(narrow).every((map) => wideMaps.some((other) => mapCovers(other, map)))
}

function toMaps(source: SelectionSource): readonly SelectionMap[] {
  return Array.isArray(source) ? source : [source as SelectionMap]
}

function mapCovers(wide: SelectionMap, narrow: SelectionMap): boolean {
  return Object.entries(wide).every(([key, value]) => {
    if (!Object.hasOwn(narrow, key)) return false
    if (key === 'not') return isDeepStrictEqual(value, narrow[key])
    const allowed = [value].flat().map(comparable)
    return [narrow[key]].flat().every((operand) => allowed.includes(comparable(operand)))
  })
}

function comparable(operand: unknown): unknown {
  return typeof operand === 'string' ? operand.toLowerCase() : operand
}

function count(number: number, what: string): string {
  return number === 1 ? `one ${what}` : `${number} ${what}s`
}
