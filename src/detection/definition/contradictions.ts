import { day, formatDuration, parseDuration } from '../../duration.ts'

/** What is wrong, and at which path of the file; `cause`: the path of what it contradicts. */
export type Contradiction = {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly cause?: readonly PropertyKey[]
}

/** One amount for all windows, or one for each. */
type Ceiling = number | Readonly<Record<string, number>> | undefined

/** What is compared of a detector file. */
type Parts = {
  readonly measure: { readonly kind: string }
  readonly hits?: unknown
  readonly baseline: { readonly model: string }
  readonly fires: {
    readonly when: 'above' | 'below'
    readonly at_least: number
    readonly always_above?: Ceiling
  }
  readonly overrides: readonly {
    readonly fires: { readonly at_least?: number | undefined; readonly always_above?: Ceiling }
  }[]
  readonly windows: readonly number[]
  readonly alert: { readonly keep_open?: number | undefined }
}

/** The contradictions between parts of a detector file each of which is well-formed. */
export function* findContradictions(parts: Parts): Generator<Contradiction> {
  const { measure, hits, baseline, windows, alert } = parts
  if (measure.kind === 'ratio' && hits === undefined)
    yield {
      path: ['measure'],
      message: 'a ratio needs hits: a selection that says which activities are hits',
    }
  if (baseline.model === 'drift') yield* checkDrift(measure.kind, windows)
  else yield* checkModel(baseline.model, measure.kind)
  yield* checkFires(parts)
  const empties = baseline.model !== 'decay'
  if (empties && alert.keep_open !== undefined && alert.keep_open < Math.min(...windows)) {
    const shortest = formatDuration(Math.min(...windows))
    yield { path: ['alert', 'keep_open'], message: `must be at least the shortest window, ${shortest}` }
  }
}

function* checkDrift(kind: string, windows: readonly number[]): Generator<Contradiction> {
  if (kind === 'new') yield* checkModel('drift', kind)
  else if (kind !== 'count' && kind !== 'sum')
    yield { path: ['measure'], message: `a ${kind} does not fit drift — use count or sum(field)` }
  if (windows.length !== 1 || windows[0] !== day)
    yield { path: ['windows'], message: 'drift goes by days — write [24h]' }
}

function* checkModel(model: string, kind: string): Generator<Contradiction> {
  const path = ['baseline', 'model']
  if (kind === 'new') {
    if (model !== 'novelty') yield { path, message: `${model} does not fit new(…) — use novelty` }
    return
  }
  if (model === 'none') return
  if (model === 'decay') {
    if (kind !== 'sum') yield { path, message: 'decay needs a sum — use none for a fixed threshold' }
    return
  }
  const fitting = kind === 'sum' ? 'amounts' : kind === 'ratio' ? 'ratio' : 'counts'
  if (model !== fitting)
    yield {
      path,
      message: `${model} does not fit a ${kind} — use ${fitting}, or none for a fixed threshold`,
    }
}

function* checkFires({ measure, baseline, fires, overrides, windows }: Parts): Generator<Contradiction> {
  const path = ['fires', 'always_above']
  if (fires.when === 'below') {
    if (baseline.model !== 'counts' || measure.kind !== 'count')
      yield { path: ['fires', 'when'], message: 'below needs measure: count and baseline.model: counts' }
    if (fires.always_above !== undefined)
      yield { path, message: 'means nothing where too little fires — leave it out' }
  }
  yield* checkCeiling(fires.always_above, fires.at_least, windows, path)
  for (const [index, { fires: own }] of overrides.entries()) {
    const floor = own.at_least ?? fires.at_least
    yield* checkCeiling(own.always_above, floor, windows, ['overrides', index, ...path])
  }
}

function* checkCeiling(
  ceiling: Ceiling,
  floor: number,
  windows: readonly number[],
  path: readonly PropertyKey[],
): Generator<Contradiction> {
  if (ceiling === undefined) return
  const amounts = typeof ceiling === 'number' ? { '': ceiling } : ceiling
  for (const [length, least] of Object.entries(amounts)) {
    const place = length === '' ? path : [...path, length]
    if (least < floor)
      yield { path: place, message: 'must not be below at_least', cause: ['fires', 'at_least'] }
    if (length !== '' && !windows.includes(parseDuration(length) ?? 0))
      yield {
        path: place,
        message: `is none of the windows — use ${windows.map(formatDuration).join(', ')}`,
        cause: ['windows'],
      }
  }
}
