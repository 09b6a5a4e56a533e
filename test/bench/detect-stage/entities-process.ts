import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Activity } from '../../../src/detection/activity/activity.ts'
import { EntityTable } from '../../../src/detection/entities/entity-table.ts'
import { WindowWatcher } from '../../../src/detection/watching/windows/window-watcher.ts'
import { day, hour, minute } from '../../../src/duration.ts'
import { compileDetectors } from '../detection/bench-detector.ts'

/**
 * A process of its own: watches so many entities by so many detectors (three windows each) and prints as JSON what that
 * takes. Events are objects that are used again, so that only the watching is measured.
 */
const { values } = parseArgs({
  options: { entities: { type: 'string', default: '10000' }, detectors: { type: 'string', default: '1' } },
})
const entities = Number(values.entities)
const detectors = Number(values.detectors)
const measuredEvents = 300_000

setFlagsFromString('--expose-gc')
/** Pages of the heap that garbage has left empty go back to the system: they belong to no entity. */
const collectGarbage = () =>
  (runInNewContext('gc') as (options: object) => void)({
    type: 'major',
    execution: 'sync',
    flavor: 'last-resort',
  })

const org = { id: '00Dxx0000000001AAA', name: 'bench' }
const start = Date.UTC(2026, 2, 2)
const clock = { ref: org, offset: () => 0, watermark: start }
const activity = {
  org,
  type: 'ApiEventStream',
  action: 'api-query',
  user: '',
  username: null,
  time: 0,
  rows: 10,
  backfill: false,
  raw: {},
} as unknown as { -readonly [name in keyof Activity]: Activity[name] }

collectGarbage()
const before = memory()
const table = new EntityTable()
const sources = Object.fromEntries(
  Array.from({ length: detectors }, (_, i) => [
    `bench-${i}`,
    `entity: user\nmeasure: count\nwhere: { type: ApiEventStream }\nwindows: [10m, 1h, 24h]\nbaseline: { model: counts }\nfires: { budget: 1/week, at_least: ${1000 + i} }`,
  ]),
)
const watchers = compileDetectors(sources).detectors.map(
  (detector) => new WindowWatcher({ detector, set: 'bench' }, table, () => undefined),
)

/** Two days of one to three events per entity and day: every row has been learned and is waiting for the next time. */
let time = start
for (let d = 0; d < 2; d++) {
  for (let number = 0; number < entities; number++) {
    feed(number, start + d * day + Math.floor((number / entities) * day))
    if (number % 10_000 === 0) saveEverything()
  }
}
tick(start + 2 * day + 4 * hour)
saveEverything()
collectGarbage()
const after = memory()

/** A stride that is prime to every number of entities: each event is another one's, far away in memory. */
const numbers = Array.from({ length: measuredEvents }, (_, i) => (i * 7_654_321) % entities)
const first = start + 2 * day + 5 * hour
for (const [i, number] of numbers.entries()) feed(number, first + i)
const cpu = process.cpuUsage()
for (const [i, number] of numbers.entries()) feed(number, first + 10 * minute + i)
const used = process.cpuUsage(cpu)

process.stdout.write(
  JSON.stringify({
    microseconds: (used.user + used.system) / measuredEvents,
    bytes: (after.heap - before.heap) / entities / detectors,
    residentBytes: (after.resident - before.resident) / entities / detectors,
  }),
)

function feed(number: number, at: number): void {
  if (Math.floor(at / minute) !== Math.floor(time / minute)) tick(at)
  activity.user = `005xx${String(number).padStart(10, '0')}AAA`
  activity.time = at
  for (const watcher of watchers) watcher.process(activity, clock)
}

function tick(at: number): void {
  time = at
  clock.watermark = at - 3 * hour
  for (const watcher of watchers) watcher.tick(clock, at)
}

function saveEverything(): void {
  for (const watcher of watchers) for (const state of watcher.states) state.takeChanges()
}

function memory() {
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed + arrayBuffers, resident: rss }
}
