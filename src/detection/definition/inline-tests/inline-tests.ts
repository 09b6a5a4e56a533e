import { formatDuration } from '../../../duration.ts'
import { compareLevels, type Detection, type Level } from '../../detection.ts'
import { compileDetector } from '../compile-detector.ts'
import type { Definition } from '../definition-schema.ts'
import type { Detector } from '../detector.ts'
import type { DetectorFile } from '../parse-detector.ts'
import { createExpansion, type GivenEvent } from './given-events.ts'
import { InlineRun, type Stop } from './inline-run.ts'
import type { Expectation, InlineTest } from './inline-test-schema.ts'

export type TestResult =
  | { readonly kind: 'passed'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly reasons: readonly string[] }

export type TestOptions = {
  /** Whether each test is also stopped and restored, after which the outcome must be the same; true when absent. */
  readonly stops?: boolean
}

/**
 * Runs the tests inside a detector file one after the other, on the real engine in memory, each from an empty state, in
 * UTC. A disabled detector is tested as if it were not.
 */
export function* runInlineTests(
  definition: Definition,
  { stops = true }: TestOptions = {},
): Generator<TestResult> {
  const detector = compileDetector({ ...definition, status: 'stable' })
  if (!detector) return
  const runs = new TestRuns(detector, stops)
  for (const test of definition.tests) {
    const reasons = runs.judge(test)
    yield reasons.length === 0
      ? { kind: 'passed', name: test.name }
      : { kind: 'failed', name: test.name, reasons }
  }
}

/**
 * Runs the tests of a file in their order. Those that it was shipped with are about the detector as it was shipped; those that
 * overlays add are about what it is with them.
 */
export function* runFileTests(
  { definition, shipped }: DetectorFile,
  options?: TestOptions,
): Generator<TestResult> {
  if (shipped) yield* runInlineTests(shipped.definition, options)
  const added = definition.tests.slice(shipped?.definition.tests.length ?? 0)
  yield* runInlineTests({ ...definition, tests: added }, options)
}

/** The tests that a file was shipped with and that come out otherwise since overlays change it. */
export function* runChangedTests({ definition, shipped }: DetectorFile): Generator<TestResult> {
  if (!shipped) return
  for (const result of runInlineTests({ ...definition, tests: shipped.definition.tests }))
    if (result.kind === 'failed') yield result
}

/**
 * The tests of one detector. What comes before the last entry of `given` is mostly the same in all tests of a file: it runs
 * once, and each of them goes on from what was stored then.
 */
class TestRuns {
  readonly #detector: Detector
  readonly #stops: boolean
  readonly #expand = createExpansion()
  readonly #histories: { readonly events: readonly GivenEvent[]; readonly stop: Stop }[] = []

  constructor(detector: Detector, stops: boolean) {
    this.#detector = detector
    this.#stops = stops
  }

  /** Why a test fails; nothing when it does not. */
  judge(test: InlineTest): readonly string[] {
    const { events, start } = this.#expand(test.given)
    const split = events.findIndex(({ time }) => time >= start)
    const tail = events.slice(split)
    const { stop, straight, restored } = this.#historyOf(events.slice(0, split))
    const run = straight ?? this.#resume(stop)
    if (!this.#stops) return judge(test, run.feed(tail).detections, start)
    run.feed(tail.slice(0, tail.length >> 1))
    const others = [this.#resume(run.stop()).feed(tail.slice(tail.length >> 1))]
    run.feed(tail.slice(tail.length >> 1))
    if (restored) others.push(this.#resume(restored).feed(tail))
    const outcome = outcomeOf(run)
    const reasons = judge(test, run.detections, start)
    if (reasons.length === 0 && others.every((other) => outcomeOf(other) === outcome)) return []
    // What a test promises is judged without any stop, so that it is clear which of the two fails.
    const uninterrupted = InlineRun.start(this.#detector).feed(events)
    const stoppingMatters = [...others, run].some((other) => outcomeOf(other) !== outcomeOf(uninterrupted))
    return [...judge(test, uninterrupted.detections, start), ...(stoppingMatters ? [whenStopped] : [])]
  }

  #resume(stop: Stop): InlineRun {
    return InlineRun.resume(this.#detector, stop)
  }

  #historyOf(events: readonly GivenEvent[]): History {
    const known = this.#histories.find((history) => isSame(history.events, events))
    if (known) return { stop: known.stop }
    const straight = InlineRun.start(this.#detector).feed(events.slice(0, events.length >> 1))
    const half = this.#stops ? straight.stop() : undefined
    const rest = events.slice(events.length >> 1)
    const restored = half && this.#resume(half).feed(rest).stop()
    const stop = straight.feed(rest).stop()
    this.#histories.push({ events, stop })
    return { stop, straight, ...(restored && { restored }) }
  }
}

/**
 * `stop`: where the history ends, of a run that was not stopped before. For the first test of a history also that run itself,
 * and where another one came to that was stopped half way; later tests build on what is known to be right.
 */
type History = { readonly stop: Stop; readonly straight?: InlineRun; readonly restored?: Stop }

const whenStopped = 'it comes out otherwise when the engine is stopped and its state restored half way'

/** All that a run said, to compare. */
function outcomeOf({ detections }: InlineRun): string {
  return JSON.stringify(detections)
}

function isSame(some: readonly GivenEvent[], others: readonly GivenEvent[]): boolean {
  return some.length === others.length && some.every((event, index) => event === others[index])
}

/** Why the test fails; nothing when it does not. `start`: when the last entry begins, ms. */
function judge({ expect }: InlineTest, detections: readonly Detection[], start: number): readonly string[] {
  const byEntity = Map.groupBy(detections, ({ entity }) => entity.id)
  const expected = expect === 'none' ? [] : expect
  const unexpected = [...byEntity]
    .filter(([id]) => !expected.some(({ entity }) => entity === id))
    .map(([id, [first]]) => `${id} fired unexpectedly: ${first ? describe(first, start) : ''}`)
  return [
    ...expected.flatMap((expectation) => judgeEntity(expectation, byEntity.get(expectation.entity), start)),
    ...unexpected,
  ]
}

function judgeEntity(
  { entity, level, after }: Expectation,
  detections: readonly Detection[] | undefined,
  start: number,
): readonly string[] {
  const [first] = detections ?? []
  if (!first || !detections) return [`${entity} did not fire`]
  const reasons: string[] = []
  if (first.time < start) reasons.push(`${entity} fired before its time: ${describe(first, start)}`)
  if (after !== undefined && first.time - start > after) {
    reasons.push(`${entity} fired later than ${formatDuration(after)}: ${describe(first, start)}`)
  }
  const highest = detections.reduce(
    (best, one) => (compareLevels(one.level, best.level) > 0 ? one : best),
    first,
  )
  if (level && highest.level !== level) reasons.push(wrongLevel(entity, level, highest, start))
  return reasons
}

function wrongLevel(entity: string, wanted: Level, highest: Detection, start: number): string {
  return `${entity} came to ${highest.level}, not ${wanted}: ${describe(highest, start)}`
}

/** `+9m6s, high: what a person would have read`. */
function describe({ time, level, summary }: Detection, start: number): string {
  const sign = time < start ? '-' : '+'
  return `${sign}${formatDuration(Math.abs(time - start))}, ${level}: ${summary}`
}
