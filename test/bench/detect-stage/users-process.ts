import { parseArgs } from 'node:util'
import { decodeEvent } from '../../../src/detection/activity/decode.ts'
import { loadDetectors } from '../../../src/detection/definition/catalog.ts'
import { createDetectionTask } from '../../../src/detection/detection-task.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { preparedTogether } from '../../../src/stream/partition-runner.ts'

/**
 * A process of its own: the detect stage with the whole pack, on API events of so many users in turn; prints what an event
 * takes once all of them are known (µs of CPU). As many events come before for few users as for many: so event time has gone
 * equally far, as much waits to be learned, and all code is compiled. The records are made before the clock starts.
 */
const { values } = parseArgs({ options: { users: { type: 'string', default: '10000' } } })
const users = Number(values.users)
const eventsBefore = 1_000_000
const measuredEvents = 200_000
const batch = 4000

const set = await loadDetectors(new URL('../../../detectors', import.meta.url).pathname)
const task = createDetectionTask({
  partition: { topic: 'events', partition: 0 },
  detectors: () => set,
  orgSettings: () => ({ timeZone: 'UTC' }),
  topics: { detections: 'detections' },
  decode: decodeEvent,
})
const output = { emit: () => undefined, checkpointSoon: () => undefined }
const start = Date.UTC(2026, 2, 2, 9)
let sent = 0
let spent = 0

await feed(eventsBefore, (i) => i % users)
spent = 0
await feed(measuredEvents, (i) => (i * 7_654_321) % users)
process.stdout.write(JSON.stringify({ users, microseconds: spent / measuredEvents }))

async function feed(events: number, userOf: (i: number) => number): Promise<void> {
  for (let done = 0; done < events; done += batch) {
    const records = Array.from({ length: Math.min(batch, events - done) }, (_, i) =>
      recordOf(userOf(done + i)),
    )
    const before = process.cpuUsage()
    for (let start = 0; start < records.length; start += preparedTogether) {
      const together = records.slice(start, start + preparedTogether)
      task.prepare?.(together)
      for (const record of together) task.process(record, output)
    }
    const { user, system } = process.cpuUsage(before)
    spent += user + system
    for (const state of task.states) state.takeChanges()
  }
}

/** A million events take five hours of event time. */
function recordOf(user: number): LogRecord {
  const number = sent++
  const id = `005xx${String(user).padStart(10, '0')}AAA`
  const date = new Date(start + number * 18).toISOString()
  const text = `{"channel":"/event/ApiEventStream","data":{"schema":"x","payload":{"ApiType":"REST","ApiVersion":58,"Application":"Field Service Sync","Client":null,"CreatedDate":"${date}","ElapsedTime":35,"EvaluationTime":0,"EventDate":"${date}","EventIdentifier":"402e9a78-b2fd-49bc-817f-${number}","LoginHistoryId":"0Ya5f000000dck0CAA","LoginKey":"key-${user}","Operation":"Query","OperationStatus":null,"Platform":"Unknown","PolicyId":null,"PolicyOutcome":null,"QueriedEntities":"Contract","Query":"SELECT Id, Name, CreatedDate, LastModifiedDate FROM Contract WHERE LastModifiedDate > :last","Records":null,"RelatedEventIdentifier":null,"RequestIdentifier":"TID:4abf54c1d6bb4ab2ada8f547ee51e1","RowsProcessed":21,"RowsReturned":21,"SessionKey":"session-${user}","SessionLevel":"HIGH_ASSURANCE","SourceIp":"198.18.10.10","UserAgent":"axios/1.7.7","UserId":"${id}","Username":"user-${user}@acme.example"},"event":{"EventUuid":"da35117b-8fab-416e-8537-${number}","replayId":${number},"EventApiName":"ApiEventStream"}}}`
  return {
    topic: 'events',
    partition: 0,
    offset: number,
    key: '00D000000000000AAA',
    value: Buffer.from(text),
    headers: { org: 'acme', origin: 'stream' },
    timestamp: 0,
  }
}
