import { formatDuration } from '../../duration.ts'
import type { LogRecord } from '../../log/log.ts'
import type { Output } from '../../stream/task.ts'
import { decodeEvent } from '../activity/decode.ts'
import { compareLevels, type Detection, type DetectionMessage, type Level } from '../detection.ts'
import { createDetectionTask } from '../detection-task.ts'
import { compileDetector } from './compile-detector.ts'
import type { Definition } from './definition-schema.ts'
import type { Detector } from './detector.ts'
import { expandGiven, type GivenEvent, startOf } from './given-events.ts'
import type { Expectation, InlineTest } from './inline-test-schema.ts'

export type TestResult =
  | { readonly kind: 'passed'; readonly name: string }
  | { readonly kind: 'failed'; readonly name: string; readonly reasons: readonly string[] }

/** The org that the events of inline tests belong to; the entity of detectors that watch a whole org. */
export const testOrg = { id: '00Dxx0000000000EAA', name: 'test' } as const

/**
 * Runs the tests inside a detector file one after the other, on the real engine in memory, each from an empty state, in
 * UTC. A disabled detector is tested as if it were not.
 */
export function* runInlineTests(definition: Definition): Generator<TestResult> {
  const detector = compileDetector({ ...definition, status: 'stable' })
  if (!detector) return
  for (const test of definition.tests) {
    const reasons = judge(test, runEvents(detector, expandGiven(test.given)))
    yield reasons.length === 0
      ? { kind: 'passed', name: test.name }
      : { kind: 'failed', name: test.name, reasons }
  }
}

/** Every detection that the events bring about, in order. */
function runEvents(detector: Detector, events: readonly GivenEvent[]): readonly Detection[] {
  const detections: Detection[] = []
  const output: Output = {
    emit(_topic, { value }) {
      const message = JSON.parse(value.toString()) as DetectionMessage
      if (message.kind === 'detection') detections.push(message)
    },
    checkpointSoon: () => undefined,
  }
  const set = { detectors: [detector], hash: 'inline-test' }
  const task = createDetectionTask({
    partition: { topic: 'events', partition: 0 },
    detectors: () => set,
    orgSettings: () => ({ timeZone: 'UTC' }),
    topics: { detections: 'detections' },
    decode: decodeEvent,
  })
  for (const [offset, event] of events.entries()) task.process(toRecord(event, offset), output)
  return detections
}

function toRecord({ time, type, payload }: GivenEvent, offset: number): LogRecord {
  const event = { replayId: offset, EventUuid: `test-${offset}`, EventApiName: type }
  const message = { channel: `/event/${type}`, data: { schema: 'test', payload, event } }
  return {
    topic: 'events',
    partition: 0,
    offset,
    key: testOrg.id,
    value: Buffer.from(JSON.stringify(message)),
    headers: { org: testOrg.name, origin: 'stream' },
    timestamp: time,
  }
}

/** Why the test fails; nothing when it does not. */
function judge({ given, expect }: InlineTest, detections: readonly Detection[]): readonly string[] {
  const last = given.at(-1)
  const start = last ? startOf(last) : 0
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
