import { parseArgs } from 'node:util'
import { readLines } from '../../../src/cli/read-lines.ts'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import { loadDetectors } from '../../../src/detection/definition/catalog.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { preparedTogether } from '../../../src/stream/partition-runner.ts'

/**
 * A process of its own: the detect stage (bytes in, detections out) over the events of a file, beside JSON.parse of the same
 * bytes. Both take turns, block by block, in CPU time, so that whatever else the machine does hits both alike.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { detectors: { type: 'string' }, first: { type: 'string' } },
})
const [file = ''] = positionals
const blockSize = 20_000

const pack = await loadDetectors(values.detectors ?? new URL('../../../detectors', import.meta.url).pathname)
const detectors = values.first ? pack.detectors.slice(0, Number(values.first)) : pack.detectors
const set = { detectors, hash: 'bench' }
const task = createDetectionTask({
  partition: { topic: 'events', partition: 0 },
  detectors: () => set,
  orgSettings: () => ({ timeZone: 'Europe/Berlin' }),
  topics: { detections: 'detections' },
  decode: decodeEvent,
})
let detections = 0
const output = { emit: () => void detections++, checkpointSoon: () => undefined }
task.restored?.({ requestCheckpoint: () => undefined, removeNow: () => undefined })

const blocks: { parse: number; stage: number; events: number }[] = []
let block: LogRecord[] = []
let offset = 0
for await (const lines of readLines(file)) {
  for (const { bytes } of lines) {
    block.push({
      topic: 'events',
      partition: 0,
      offset: offset++,
      key: '00D000000000000AAA',
      value: Buffer.from(bytes),
      headers: { org: 'acme', origin: 'stream' },
      timestamp: 0,
    })
    if (block.length === blockSize) measure()
  }
}
/** The first fifth warms up. */
const measured = blocks.slice(Math.floor(blocks.length / 5))
const events = measured.reduce((sum, one) => sum + one.events, 0)
const parse = measured.reduce((sum, one) => sum + one.parse, 0) / events
const stage = measured.reduce((sum, one) => sum + one.stage, 0) / events
process.stdout.write(
  JSON.stringify({ events, detectors: detectors.length, detections, parse, stage, ratio: parse / stage }),
)

function measure(): void {
  const parse = microseconds(() => {
    for (const { value } of block) JSON.parse(value.toString())
  })
  const stage = microseconds(() => {
    for (let start = 0; start < block.length; start += preparedTogether) {
      const together = block.slice(start, start + preparedTogether)
      task.prepare?.(together)
      for (const record of together) task.process(record, output)
    }
  })
  for (const state of task.states) state.takeChanges()
  blocks.push({ parse, stage, events: block.length })
  block = []
}

function microseconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
