import { join } from 'node:path'
import { systemClock as clock } from '../../../src/clock.ts'
import { second } from '../../../src/duration.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log, NewRecord } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createIngest, type IngestTiming } from '../../../src/salesforce/ingest.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/server/simulator.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import type { Blow } from './fault-schedule.ts'
import { Recoveries, type Recovery } from './recoveries.ts'

export type StressOptions = {
  readonly seed: string
  /** Events a second, over all channels. */
  readonly rate: number
  /** How long the server holds a long poll, ms. */
  readonly hold: number
  readonly timing?: Partial<IngestTiming>
}

/** What came of the events, and of those who brought them. */
export type StressReport = {
  readonly published: number
  readonly lost: number
  /** Events that are in the log under two EventUuids. */
  readonly countedTwice: number
  /** Records that repeat an event under its EventUuid; they are dropped downstream. */
  readonly repeated: number
  readonly faults: number
  readonly recoveries: readonly Recovery[]
  readonly handshakes: number
  /** The most that came within one minute. */
  readonly handshakesPerMinute: number
  readonly endings: Readonly<Record<string, number>>
  readonly offences: readonly string[]
  /** Exceptions and rejections that nobody caught. */
  readonly uncaught: readonly string[]
  /** What was left when the ingest had stopped. */
  readonly leftBehind: { readonly sessions: number; readonly sockets: number; readonly resources: number }
}

/** A simulated org whose events stream into an embedded log, and that faults may strike. */
export type StressedOrg = {
  readonly simulator: Simulator
  readonly recoveries: Recoveries
  /** Publishes at the rate, and calls back every few ms, until `isOver` says so. @param isOver gets the ms since the beginning */
  stream(isOver: (elapsed: number) => boolean): Promise<void>
  strike(blow: Blow): void
  /** Waits until every event is safe, but no longer than the limit, ms. */
  untilSafe(limit: number): Promise<void>
}

/** Every one of them streams. */
export const channels = [
  'LoginEventStream',
  'ApiEventStream',
  'ReportEventStream',
  'ListViewEventStream',
  'UriEventStream',
  'LightningUriEventStream',
  'FileEvent',
  'PermissionSetEvent',
].map((name) => `/event/${name}`)
const topic = 'forcewatch.events'
/** Between two portions of events, ms. */
const beat = 20
/** How long a session lives in the simulator without a connect, ms. */
const reaper = 10 * second

/** Runs `work` on a streaming org, stops the ingest, and tells what came of it all. */
export async function stress(
  options: StressOptions,
  work: (org: StressedOrg) => Promise<void>,
): Promise<StressReport> {
  using folder = temporaryFolder()
  const uncaught: string[] = []
  const note = (error: unknown) => void uncaught.push(String(error))
  process.on('uncaughtException', note).on('unhandledRejection', note)
  const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
  const simulator = createSimulator({
    clock,
    logger,
    seed: options.seed,
    connectedApps: [{ clientId: 'app', clientSecret: 'a-long-secret', username: 'chaos@acme.example' }],
    timing: { hold: options.hold, reaper },
    retention: { perChannel: 10_000 },
  })
  const { url } = await simulator.start()
  const log = createEmbeddedLog({ file: join(folder.path, 'log.sqlite'), clock, logger })
  await log.createTopics([{ name: topic, partitions: 1 }])
  const store = createEmbeddedStore({ file: join(folder.path, 'store.sqlite'), clock })
  const resourcesBefore = countResources()
  const recoveries = new Recoveries()
  const metrics = createMetrics()
  const ingest = createIngest({
    org: {
      name: 'acme',
      loginUrl: url,
      auth: { flow: 'client_credentials', clientId: 'app', readSecret: () => 'a-long-secret' },
      channels,
      apiVersion: '66.0',
    },
    log: watched(log, recoveries),
    topics: { events: topic },
    store,
    clock,
    logger,
    metrics,
    owner: 'chaos',
    ...(options.timing ? { timing: options.timing } : {}),
  })
  try {
    ingest.start()
    while (!ingest.status().ready) await clock.sleep(beat)
    let published = 0
    let faults = 0
    await work({
      simulator,
      recoveries,
      async stream(isOver) {
        const begun = clock.monotonic()
        const before = published
        for (let elapsed = 0; !isOver(elapsed); elapsed = clock.monotonic() - begun) {
          const due = before + Math.floor((elapsed / second) * options.rate)
          while (published < due) {
            recoveries.published(published)
            simulator.publish(channels[published % channels.length]!, {
              EventIdentifier: String(published++),
            })
          }
          await clock.sleep(beat)
        }
      },
      strike(blow) {
        for (const fault of blow.faults) simulator.faults.inject(fault)
        faults += blow.count
      },
      untilSafe: (limit) => until(() => recoveries.missing === 0, limit),
    })
    const { values } = await metrics.sessions_total.get()
    await ingest.stop()
    return {
      published,
      faults,
      ...(await countRecords(log, published)),
      recoveries: recoveries.finished,
      handshakes: simulator.handshakes().length,
      handshakesPerMinute: mostInAMinute(simulator.handshakes()),
      endings: Object.fromEntries(values.map(({ labels, value }) => [String(labels.reason), value])),
      offences: simulator.offences(),
      leftBehind: await leftBehind(simulator, resourcesBefore),
      uncaught,
    }
  } finally {
    await ingest.stop()
    await simulator.stop()
    await log.close()
    await store.close()
    process.off('uncaughtException', note).off('unhandledRejection', note)
  }
}

/** The log, except that it tells which events have become safe. */
function watched(log: Log, recoveries: Recoveries): Log {
  return {
    createTopics: (topics) => log.createTopics(topics),
    subscribe: (subscription) => log.subscribe(subscription),
    read: (partition, from, signal) => log.read(partition, from, signal),
    offsets: (name) => log.offsets(name),
    offsetsAt: (name, time) => log.offsetsAt(name, time),
    close: () => log.close(),
    async append(name, records) {
      await log.append(name, records)
      recoveries.safe(records.map(numberOf), clock.monotonic())
    },
  }
}

function numberOf({ value }: Pick<NewRecord, 'value'>): number {
  return Number(JSON.parse(String(value)).data.payload.EventIdentifier)
}

async function countRecords(log: Log, published: number) {
  const uuids = new Set<string>()
  const counted = new Map<number, number>()
  let records = 0
  for await (const record of log.read({ topic, partition: 0 }, 0)) {
    const { event } = JSON.parse(record.value.toString()).data
    const number = numberOf(record)
    if (event === undefined || Number.isNaN(number)) continue
    records++
    if (uuids.has(event.EventUuid)) continue
    uuids.add(event.EventUuid)
    counted.set(number, (counted.get(number) ?? 0) + 1)
  }
  return {
    lost: published - counted.size,
    countedTwice: [...counted.values()].filter((times) => times > 1).length,
    repeated: records - uuids.size,
  }
}

/** Sessions live on in the server for a while when their farewell met a fault, and sockets a moment after their end. */
async function leftBehind(simulator: Simulator, resourcesBefore: number) {
  const isClean = async () =>
    simulator.sessions().length === 0 &&
    (await simulator.connections()) === 0 &&
    countResources() <= resourcesBefore
  await until(isClean, reaper + 10 * second)
  return {
    sessions: simulator.sessions().length,
    sockets: await simulator.connections(),
    resources: Math.max(0, countResources() - resourcesBefore),
  }
}

/** Sockets and timers of this process. */
function countResources(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^(Timeout|TCPSocketWrap|TLSWrap)$/.test(kind))
    .length
}

/** The most of these times, ms, that lie within one minute. */
export function mostInAMinute(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map((from) => times.filter((time) => time >= from && time < from + 60_000).length),
  )
}

/** Waits for a condition, but no longer than the limit, ms. */
async function until(condition: () => boolean | Promise<boolean>, limit: number): Promise<void> {
  for (const end = clock.monotonic() + limit; !(await condition()) && clock.monotonic() < end; )
    await clock.sleep(beat)
}
