import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log, LogRecord } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createIngest, type Ingest, type IngestTiming } from '../../../src/salesforce/ingest.ts'
import type { OrgOptions } from '../../../src/salesforce/org-options.ts'
import type { Transport } from '../../../src/salesforce/transport.ts'
import { createSimulator, type SimulatorOptions } from '../../../src/simulator/server/simulator.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import type { StateStore } from '../../../src/store/state-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export const logins = '/event/LoginEventStream'
export const reports = '/event/ReportEventStream'
const topic = 'forcewatch.events'
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const certificate = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** Everything an ingest waits for, a hundred times quicker than in earnest. */
const quick: Partial<IngestTiming> = {
  pace: 0.01,
  patience: 2_000,
  retryRefused: 300,
  leaseTtl: 1_500,
  standby: 50,
  session: { answer: 2_000, grace: 1_200, farewell: 500 },
}

export type LogLine = { level: string; msg: string; [field: string]: unknown }

type Setup = {
  readonly simulator?: Partial<SimulatorOptions>
  /** Of the machine that watches. */
  readonly clock?: Clock
  /** Puts something between an ingest and the log or the store. */
  readonly wrapLog?: (log: Log) => Log
  readonly wrapStore?: (store: StateStore) => StateStore
}

/** A simulated org on real HTTP, an embedded log and store, and as many ingests as a test likes. */
export async function watchOrg(setup: Setup = {}) {
  const folder = temporaryFolder()
  const lines: LogLine[] = []
  const logger = createLogger({ level: 'debug', format: 'json' }, createSecretScrubber(), {
    write: (line) => void lines.push(JSON.parse(line)),
  })
  const quiet = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
  const simulator = createSimulator({
    clock: systemClock,
    logger: quiet,
    seed: 'ingest',
    connectedApps: [
      { clientId: 'forcewatch', certificate, clientSecret: 'hush', username: 'ingest@acme.example' },
    ],
    timing: { hold: 400, reaper: 5_000, sessionEnd: 60_000 },
    ...setup.simulator,
  })
  const { url } = await simulator.start()
  const log = createEmbeddedLog({ file: join(folder.path, 'log.sqlite'), clock: systemClock, logger: quiet })
  await log.createTopics([{ name: topic, partitions: 2 }])
  const store = createEmbeddedStore({ file: join(folder.path, 'store.sqlite'), clock: systemClock })
  const metrics = createMetrics()
  const ingests: Ingest[] = []
  let published = 0

  return {
    simulator,
    lines,
    metrics,
    url,
    store,
    /** Starts an ingest; with a timing of its own where a test needs one. */
    start(org: Partial<OrgOptions> = {}, timing: Partial<IngestTiming> = {}, transport?: Transport): Ingest {
      const ingest = createIngest({
        org: {
          name: 'acme',
          loginUrl: url,
          auth: {
            flow: 'jwt',
            clientId: 'forcewatch',
            username: 'ingest@acme.example',
            readSecret: () => privateKey,
          },
          channels: [logins, reports],
          apiVersion: '66.0',
          ...org,
        },
        log: setup.wrapLog?.(log) ?? log,
        topics: { events: topic },
        store: setup.wrapStore?.(store) ?? store,
        clock: setup.clock ?? systemClock,
        logger,
        metrics,
        owner: `owner-${ingests.length}`,
        timing: { ...quick, ...timing },
        ...(transport ? { transport } : {}),
      })
      ingests.push(ingest)
      ingest.start()
      return ingest
    },
    async started(
      org: Partial<OrgOptions> = {},
      timing: Partial<IngestTiming> = {},
      transport?: Transport,
    ): Promise<Ingest> {
      const ingest = this.start(org, timing, transport)
      await until(() => ingest.status().ready)
      return ingest
    },
    /** Publishes events whose `EventIdentifier` counts up from the first of the test. */
    publish(count: number, channel = logins, payload: Record<string, unknown> = {}): void {
      for (let index = 0; index < count; index++)
        simulator.publish(channel, { EventIdentifier: String(published++), ...payload })
    },
    get published(): number {
      return published
    },
    /** How sessions have ended so far, by reason. */
    async endings(): Promise<Readonly<Record<string, number>>> {
      const { values } = await metrics.sessions_total.get()
      return Object.fromEntries(values.map(({ labels, value }) => [String(labels.reason), value]))
    },
    /** Handshakes so far; an error unless the client was as polite as a strict server wants it. */
    handshakes(): number {
      expect(simulator.offences()).toEqual([])
      return simulator.handshakes().length
    },
    records: (): Promise<readonly LogRecord[]> => readAll(log),
    /** Waits until each published event is in the log, and answers how many came more than once. */
    async everythingArrived(): Promise<{ duplicates: number }> {
      let seen: readonly string[] = []
      await until(async () => {
        seen = (await readAll(log)).map(identifierOf).filter((id) => id !== undefined)
        return new Set(seen).size === published
      })
      return { duplicates: seen.length - published }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(ingests.map((ingest) => ingest.stop()))
      await simulator.stop()
      await log.close()
      await store.close()
      folder[Symbol.dispose]()
    },
  }
}

export type WatchedOrg = Awaited<ReturnType<typeof watchOrg>>

/** Waits for a condition; the limit only decides when a test has failed. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  // Not expect.poll, which does not know the test that it is called in when tests run at the same time.
  const deadline = systemClock.monotonic() + 20_000
  while (!(await condition())) {
    if (systemClock.monotonic() > deadline) throw new Error(`in vain waited for ${condition}`)
    await systemClock.sleep(10)
  }
}

export function identifierOf(record: LogRecord): string | undefined {
  return JSON.parse(record.value.toString()).data.payload.EventIdentifier
}

async function readAll(log: Log): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  for (const { partition, first } of await log.offsets(topic)) {
    for await (const record of log.read({ topic, partition }, first)) records.push(record)
  }
  return records
}
