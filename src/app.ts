import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import {
  type ConsoleOutput,
  createNotifiers,
  groupName,
  openLog,
  openStore,
  toOrgOptions,
  topicNames,
  topicSpecs,
} from './adapters.ts'
import type { Alert } from './alerting/alert.ts'
import { type AlertBoard, createAlertBoard } from './alerting/alert-board.ts'
import { createAlertingTask } from './alerting/alerting-task.ts'
import { createDeliveryQueues } from './alerting/delivery-queue.ts'
import { toVerdictRecord } from './alerting/verdict-record.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { decodeEvent } from './detection/activity/decode.ts'
import { type Catalog, createCatalog, type Reloaded } from './detection/definition/catalog.ts'
import type { DetectorSet } from './detection/definition/detector.ts'
import { watchDirectories } from './detection/definition/directory-watch.ts'
import { createDetectionTask } from './detection/detection-task.ts'
import { day } from './duration.ts'
import { ForcewatchError } from './errors.ts'
import type { Log } from './log/log.ts'
import type { Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createIngest, type Ingest, type IngestStatus } from './salesforce/ingest.ts'
import type { StateStore } from './store/state-store.ts'
import { Processor, type ProcessorOptions } from './stream/processor.ts'
import { version } from './version.ts'
import { createWeb, type GivenVerdict, type Readiness } from './web/web.ts'
import { formatProblem } from './yaml-source.ts'

/** The three stages of an event's road. Each may run in processes of its own, where log and store allow it. */
export const roles = ['ingest', 'detect', 'alert'] as const
export type Role = (typeof roles)[number]

export type Ports = { readonly log: Log; readonly store: StateStore }

export type AppOptions = {
  readonly roles: readonly Role[]
  readonly clock: Clock
  readonly logger: Logger
  /** Where the receiver `console` writes. Standard error, in the logging format of the configuration, when absent. */
  readonly console?: ConsoleOutput
  /** Wraps log and store, for tests that make them fail at a chosen instant. */
  readonly wrapPorts?: (ports: Ports) => Ports
}

/** The service: one or more stages, and the web server. */
export interface App {
  /** @throws CONFIG_INVALID, DETECTORS_INVALID, LOG_UNAVAILABLE, STORE_UNAVAILABLE with the remedy */
  start(): Promise<{ readonly url: string }>
  /** Takes nothing further, saves what is at hand, and releases everything. */
  stop(): Promise<void>
  /** Reads the detectors anew; those in force stay when the new ones have a problem. */
  reload(): Promise<Reloaded>
  /** Resolves with the error when the app cannot go on by itself; the caller stops it then. */
  readonly failure: Promise<Error>
  readonly alerts: AlertBoard
  readonly metrics: Metrics
}

/** Puts the parts together; nothing happens before `start`. */
export function createApp(config: Config, options: AppOptions): App {
  const { clock, logger } = options
  const metrics = createMetrics()
  metrics.build_info.set({ version }, 1)
  const alerts = createAlertBoard()
  const failure = Promise.withResolvers<Error>()
  const owner = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
  const topics = topicNames(config)
  let ports: Ports | undefined
  let catalog: Catalog | undefined
  let stopWatching: Cancel = () => undefined
  let stopLinting: Cancel = () => undefined
  let processors: readonly Processor[] = []
  let ingests: readonly Ingest[] = []
  let phase: 'starting' | 'running' | 'stopping' = 'starting'

  const web = createWeb({
    ...config.web,
    metrics,
    clock,
    logger,
    alerts,
    ready,
    judge,
    async reload() {
      const outcome = await reload()
      if (outcome.kind === 'kept') throw outcome.error
    },
  })

  async function start(): Promise<{ readonly url: string }> {
    if (options.roles.includes('detect')) {
      const created = await createCatalog({ ...config.detectors, metrics, clock })
      catalog = created
      warnOfDetectors(created)
      // Exceptions end while nobody touches a file.
      stopLinting = clock.every(day, () => warnOfDetectors(created))
      stopWatching = await watchDetectors()
    }
    const { url } = await web.start()
    const opened = { log: openLog(config, { clock, logger }), store: openStore(config, { clock, logger }) }
    ports = options.wrapPorts?.(opened) ?? opened
    await ports.log.createTopics(topicSpecs(config))
    if (isStopping()) return { url }
    processors = createProcessors(ports)
    for (const processor of processors) await processor.start()
    if (isStopping()) return { url }
    ingests = options.roles.includes('ingest') ? createIngests(ports) : []
    for (const ingest of ingests) ingest.start()
    phase = 'running'
    return { url }
  }

  /** A verdict goes into the log, so that detection and alerting hear of it in the order of events. */
  async function judge(alert: Alert, verdict: GivenVerdict): Promise<void> {
    if (!ports) throw new ForcewatchError('LOG_UNAVAILABLE', 'the log is not open yet')
    await ports.log.append(topics.events, [toVerdictRecord(alert, verdict, randomUUID(), clock.now())])
  }

  function isStopping(): boolean {
    return phase === 'stopping'
  }

  async function stop(): Promise<void> {
    phase = 'stopping'
    stopWatching()
    stopLinting()
    const stages = [...ingests, ...processors].map((stage) => stage.stop())
    const outcomes = await Promise.allSettled(stages)
    outcomes.push(...(await Promise.allSettled([ports?.log.close(), ports?.store.close(), web.stop()])))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  function createProcessors({ log, store }: Ports): readonly Processor[] {
    const shared = {
      deadLetterTopic: topics.deadLetter,
      checkpoint: config.checkpoint,
      log,
      store,
      owner,
      clock,
      logger,
      metrics,
      onFailure: failure.resolve,
    }
    const created: Processor[] = []
    if (catalog) created.push(createDetectProcessor(shared, catalog))
    if (options.roles.includes('alert')) created.push(createAlertProcessor(shared))
    return created
  }

  function createDetectProcessor(shared: SharedOptions, { current }: Catalog): Processor {
    const timeZones = new Map(config.orgs.map(({ name, timeZone }) => [name, timeZone]))
    logger.info({ detectors: current.detectors.length }, 'detectors loaded')
    return new Processor({
      ...shared,
      stage: 'detect',
      group: groupName(config, 'detect'),
      topic: topics.events,
      createTask: (partition) =>
        createDetectionTask({
          partition,
          detectors: () => catalog?.current ?? current,
          orgSettings: (name) => ({ timeZone: timeZones.get(name) }),
          topics,
          decode: decodeEvent,
          metrics,
        }),
    })
  }

  function createAlertProcessor(shared: SharedOptions): Processor {
    const notifiers = createNotifiers(config, options)
    const queues = createDeliveryQueues(notifiers, { clock, logger, metrics })
    return new Processor({
      ...shared,
      stage: 'alert',
      group: groupName(config, 'alert'),
      topic: topics.detections,
      createTask: () =>
        createAlertingTask({
          alertsTopic: topics.alerts,
          routes: () => ({ routes: config.routes }),
          queues,
          board: alerts,
          ocsf: { version },
          clock,
          logger,
          metrics,
        }),
    })
  }

  function createIngests({ log, store }: Ports): readonly Ingest[] {
    const shared = { topics, log, store, clock, logger, metrics, owner }
    return config.orgs.map((org) => createIngest({ ...shared, org: toOrgOptions(org) }))
  }

  function ready(): Readiness {
    const reasons: string[] = phase === 'running' ? [] : [phase]
    for (const processor of processors) {
      const { subscribed, restoring } = processor.status()
      if (!subscribed) reasons.push('not in the consumer group')
      if (restoring > 0)
        reasons.push(`restoring ${restoring === 1 ? 'a partition' : `${restoring} partitions`}`)
    }
    for (const ingest of ingests) reasons.push(...whyNotReady(ingest.status()))
    return { ready: reasons.length === 0, reasons }
  }

  async function reload(): Promise<Reloaded> {
    if (!catalog) return { kind: 'unchanged' }
    const before = catalog.current
    const outcome = await catalog.reload()
    if (outcome.kind === 'kept')
      logger.error({ err: outcome.error }, 'the new detectors are refused; the old ones stay')
    else
      logger.info(
        { outcome: outcome.kind, detectors: catalog.current.detectors.length },
        'detectors reloaded',
      )
    if (outcome.kind === 'swapped') {
      for (const id of startedAnew(before, outcome.set))
        logger.warn({ detector: id }, 'what it measures has changed: it begins to learn anew')
      warnOfDetectors(catalog)
    }
    return outcome
  }

  async function watchDetectors(): Promise<Cancel> {
    const { directory, overlays, watch } = config.detectors
    if (!watch) return () => undefined
    const directories = [directory, ...(overlays === undefined ? [] : [overlays])]
    return watchDirectories({ directories, clock, onChange: async () => void (await reload()) })
  }

  function warnOfDetectors({ lint }: Catalog): void {
    for (const warning of lint()) logger.warn(formatProblem(warning))
  }

  return { start, stop, reload, failure: failure.promise, alerts, metrics }
}

/** Detectors that were there before and measure something else now. */
function startedAnew(before: DetectorSet, now: DetectorSet): readonly string[] {
  const hashes = new Map(before.detectors.map(({ id, measureHash }) => [id, measureHash]))
  const changed = now.detectors.filter(
    ({ id, measureHash }) => (hashes.get(id) ?? measureHash) !== measureHash,
  )
  return changed.map(({ id }) => id)
}

type SharedOptions = Omit<ProcessorOptions, 'stage' | 'group' | 'topic' | 'createTask'>

function whyNotReady({ org, phase, ready }: IngestStatus): readonly string[] {
  return ready || phase === 'standby' ? [] : [`org ${org}: ${phase}`]
}
