import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLog, openStore, topicNames } from '../../src/adapters.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Config, ConfigFile } from '../../src/config/schema.ts'
import { memoriesIn } from '../../src/detection/baseline/novelty/memory-table.ts'
import { rowsIn } from '../../src/detection/entities/row-format.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import type { PagerDutyEvent } from '../../src/notify/pagerduty/pagerduty-event.ts'
import { createSimulator } from '../../src/simulator/server/simulator.ts'
import { createFakePagerDuty } from '../support/fake-pagerduty.ts'
import { createFakeSlack } from '../support/fake-slack.ts'
import { freePort } from '../support/free-port.ts'
import { type ServiceProcess, startService } from '../support/service-process.ts'
import type { CrashPoint } from './crash-points.ts'
import { channel, type Login } from './login-events.ts'

/** Where log and store of a run lie: the sections of the configuration that say so. */
export type Backend = Pick<ConfigFile, 'log' | 'store' | 'kafka' | 'redis'>

/** Everything that a run left behind, in a form in which two runs can be compared. */
export type Outcome = {
  /** EventUuids in topic `events`, each once. */
  readonly events: readonly string[]
  /** Detections by id; a repeated one must be equal. */
  readonly detections: Readonly<Record<string, unknown>>
  /** Keyed state of the detect stage, without offsets. */
  readonly state: Readonly<Record<string, string>>
  /** What Slack showed, in order, and PagerDuty's keys. */
  readonly slack: readonly string[]
  readonly pagerduty: readonly string[]
}

/** A simulated org, the receivers, and the folder and topics that the processes of one run share. */
export interface WatchedOrg {
  /** Starts the service, which may kill itself at a crash point. */
  start(crash?: CrashPoint): Promise<ServiceProcess>
  publish(events: readonly Login[]): void
  /** Resolves when both receivers have accepted a notification that holds the text. */
  notifiedAbout(text: string): Promise<void>
  outcome(): Promise<Outcome>
  close(): Promise<void>
}

const service = new URL('./service.ts', import.meta.url).pathname
const detectors = new URL('./detectors', import.meta.url).pathname
const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())
const clock = systemClock

export async function watchOrg(backend: Backend): Promise<WatchedOrg> {
  const folder = await mkdtemp(join(tmpdir(), 'forcewatch-recovery-'))
  const simulator = createSimulator({
    clock,
    logger,
    seed: 'recovery',
    connectedApps: [{ clientId: 'app', clientSecret: 'a-long-secret', username: 'watch@acme.example' }],
  })
  const { url } = await simulator.start()
  const slack = await createFakeSlack()
  const pagerduty = await createFakePagerDuty()
  const file = join(folder, 'forcewatch.yaml')
  const config: ConfigFile = {
    ...backend,
    orgs: [
      {
        name: 'acme',
        login_url: url,
        auth: { flow: 'client_credentials', client_id: 'app', client_secret: 'a-long-secret' },
        channels: [channel],
      },
    ],
    embedded: { directory: join(folder, 'data') },
    detectors: { directory: detectors },
    receivers: [
      { name: 'soc', slack: { webhook_url: slack.url } },
      { name: 'pager', pagerduty: { routing_key: 'r'.repeat(32), url: pagerduty.url } },
    ],
    checkpoint: { records: 300, interval: '1h' },
    web: { port: 0 },
  }
  const processes: ServiceProcess[] = []

  return {
    async start(crash) {
      const webPort = await freePort()
      await writeFile(file, JSON.stringify({ ...config, web: { port: webPort } }))
      const process = startService({ script: service, args: crash ? [file, crash] : [file], webPort })
      processes.push(process)
      return process
    },
    publish(events) {
      for (const { time, payload } of events) simulator.publish(channel, payload, { eventDate: time })
    },
    async notifiedAbout(text) {
      for (const receiver of [slack, pagerduty]) {
        await receiver.until(
          () => receiver.accepted.some((body) => JSON.stringify(body).includes(text)),
          60_000,
        )
      }
    },
    async outcome() {
      const found = await readOutcome(loadConfig(file, { env: {} }))
      return {
        ...found,
        slack: slack.accepted.map(({ text }) => text),
        pagerduty: pagerduty.accepted.map(describe),
      }
    },
    async close() {
      for (const process of processes) process.signal('SIGKILL')
      await Promise.all(processes.map(({ ended }) => ended))
      await Promise.all([simulator.stop(), slack.close(), pagerduty.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function describe({ event_action, dedup_key }: PagerDutyEvent): string {
  return `${event_action} ${dedup_key}`
}

async function readOutcome(config: Config): Promise<Pick<Outcome, 'events' | 'detections' | 'state'>> {
  const log = openLog(config, { clock, logger })
  const store = openStore(config, { clock, logger })
  const topics = topicNames(config)
  const events = new Set<string>()
  const detections: Record<string, unknown> = {}
  const state: Record<string, string> = {}
  try {
    for (const { partition, first } of await log.offsets(topics.events)) {
      for await (const { value, headers } of log.read({ topic: topics.events, partition }, first)) {
        if (headers.origin === 'directory') continue
        events.add(JSON.parse(value.toString()).data.event.EventUuid)
      }
      const lease = await store.acquire(`detect:${topics.events}/${partition}`, {
        owner: 'test',
        ttl: 60_000,
        mode: 'steal',
      })
      for await (const { section, key, value } of lease?.restore() ?? []) {
        const name = `${partition} ${section}`
        if (section.endsWith('/rows') || section.endsWith('/memories')) addBlock(state, name, key, value)
        else if (section !== 'checkpoint') state[`${name} ${key}`] = value.toString('base64')
      }
    }
    for (const { partition, first } of await log.offsets(topics.detections)) {
      for await (const { value } of log.read({ topic: topics.detections, partition }, first)) {
        const message = JSON.parse(value.toString())
        if (message.kind !== 'detection') continue
        const known = detections[message.id]
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(message)) {
          throw new Error(`detection ${message.id} came twice, with a difference`)
        }
        detections[message.id] = message
      }
    }
  } finally {
    await log.close()
    await store.close()
  }
  return { events: [...events].sort(), detections, state }
}

/** Which entry holds a row or a memory depends on when checkpoints were made; what it holds does not. */
function addBlock(state: Record<string, string>, section: string, key: string, value: Buffer): void {
  const members = section.endsWith('/rows')
    ? Array.from(rowsIn(value), (row) => ({ ...row, content: value.subarray(row.start, row.end) }))
    : Array.from(memoriesIn(value), (row) => ({ ...row, content: row.memory }))
  for (const { row, orgId, id, content } of members) {
    const name = `${section} ${orgId} ${id}`
    const isNewest = key.includes('/') || !(name in state)
    if (isNewest) state[name] = `${row} ${content.toString('base64')}`
  }
}
