import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Alert } from './alerting/alert.ts'
import { type AlertBoard, createAlertBoard } from './alerting/alert-board.ts'
import { createAlertingTask } from './alerting/alerting-task.ts'
import { createDeliveryQueues } from './alerting/delivery-queue.ts'
import { toVerdictRecord } from './alerting/verdict-record.ts'
import type { Cancel, Clock } from './clock.ts'
import type { Config, OrgConfig, ReceiverConfig } from './config/schema.ts'
import type { Secret } from './config/secret.ts'
import { decodeEvent } from './detection/activity/decode.ts'
import { type Catalog, createCatalog, type Reloaded } from './detection/definition/catalog.ts'
import type { DetectorSet } from './detection/definition/detector.ts'
import { watchDirectories } from './detection/definition/directory-watch.ts'
import { createDetectionTask } from './detection/detection-task.ts'
import { day } from './duration.ts'
import { ForcewatchError } from './errors.ts'
import { createEmbeddedLog } from './log/embedded/embedded-log.ts'
import { inspectKafka } from './log/kafka/inspect-kafka.ts'
import { createKafkaLog } from './log/kafka/kafka-log.ts'
import type { Log, TopicSpec } from './log/log.ts'
import type { LogFacts } from './log/log-facts.ts'
import type { Logger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createConsoleNotifier } from './notify/console/console-notifier.ts'
import type { Notifier } from './notify/notifier.ts'
import { createPagerDutyNotifier } from './notify/pagerduty/pagerduty-notifier.ts'
import { createSlackNotifier } from './notify/slack/slack-notifier.ts'
import { createIngest, type Ingest, type IngestStatus } from './salesforce/ingest.ts'
import type { OrgOptions } from './salesforce/org-options.ts'
import { createEmbeddedStore } from './store/embedded/embedded-store.ts'
import { inspectRedis } from './store/redis/inspect-redis.ts'
import { createRedisStore } from './store/redis/redis-store.ts'
import type { StateStore } from './store/state-store.ts'
import type { StoreFacts } from './store/store-facts.ts'
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
  readonly console?: { readonly stream: Writable; readonly format: 'text' | 'json'; readonly colors: boolean }
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
      catalog = await createCatalog({ ...config.detectors, metrics, clock })
      warnOfDetectors(catalog)
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

  function warnOfDetectors({ warnings }: Catalog): void {
    for (const warning of warnings) logger.warn(formatProblem(warning))
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

type PortOptions = { readonly clock: Clock; readonly logger: Logger }

/** An org of the configuration as ingest wants it. */
export function toOrgOptions({ auth, ...org }: OrgConfig): OrgOptions {
  const secret = auth.flow === 'jwt' ? auth.privateKey : auth.clientSecret
  return { ...org, auth: { ...auth, readSecret: () => secret.read() } }
}

function whyNotReady({ org, phase, ready }: IngestStatus): readonly string[] {
  return ready || phase === 'standby' ? [] : [`org ${org}: ${phase}`]
}

/** The log that the configuration names. */
export function openLog(config: Config, options: PortOptions): Log {
  if (config.log === 'embedded' || !config.kafka) {
    return createEmbeddedLog({ ...options, file: join(config.embedded.directory, 'log.db') })
  }
  return createKafkaLog({
    ...options,
    ...toKafkaOptions(config.kafka),
    replication: config.kafka.replication,
  })
}

/** How the Kafka of the configuration is set up. @throws LOG_UNAVAILABLE, LOG_REJECTED */
export function inspectLog(config: Config, kafka: KafkaConfig, options: PortOptions): Promise<LogFacts> {
  return inspectKafka({ ...options, ...toKafkaOptions(kafka), topics: Object.values(topicNames(config)) })
}

type KafkaConfig = NonNullable<Config['kafka']>

function toKafkaOptions({ brokers, clientId, tls, sasl }: KafkaConfig) {
  return { brokers, clientId, ...readTls(tls), ...(sasl && { sasl: readLogin(sasl) }) }
}

/** The store that the configuration names. */
export function openStore(config: Config, options: PortOptions): StateStore {
  if (config.store === 'embedded' || !config.redis) {
    return createEmbeddedStore({ ...options, file: join(config.embedded.directory, 'store.db') })
  }
  return createRedisStore({ ...options, ...toRedisOptions(config.redis), prefix: config.redis.prefix })
}

/** How the Redis of the configuration is set up. @throws STORE_UNAVAILABLE, STORE_REJECTED */
export function inspectStore(redis: RedisConfig, options: PortOptions): Promise<StoreFacts> {
  return inspectRedis({ ...options, ...toRedisOptions(redis) })
}

type RedisConfig = NonNullable<Config['redis']>

function toRedisOptions({ url, cluster, username, password, tls }: RedisConfig) {
  return { url: url?.read(), cluster, username, password: password?.read(), ...readTls(tls) }
}

/** The real names of the topics. */
export function topicNames(config: Config): Topics {
  const { topics } = config.kafka ?? {}
  return config.log === 'kafka' && topics
    ? topics
    : {
        events: 'forcewatch.events',
        detections: 'forcewatch.detections',
        alerts: 'forcewatch.alerts',
        deadLetter: 'forcewatch.dead-letter',
      }
}

type Topics = {
  readonly events: string
  readonly detections: string
  readonly alerts: string
  readonly deadLetter: string
}

/** How long records are kept in topics that we create: events long enough for a backtest over a month. */
export const retention = 35 * day

function topicSpecs(config: Config): readonly TopicSpec[] {
  const partitions = config.log === 'kafka' ? (config.kafka?.partitions ?? 1) : 1
  return Object.values(topicNames(config)).map((name) => ({ name, partitions, retention }))
}

function groupName(config: Config, stage: string): string {
  return `${config.kafka?.clientId ?? 'forcewatch'}-${stage}`
}

type NotifierOptions = Pick<AppOptions, 'clock' | 'console'>

/** One for each receiver of the configuration, in its order. */
export function createNotifiers(config: Config, options: NotifierOptions): readonly Notifier[] {
  return config.receivers.map((receiver) => createNotifier(receiver, config, options))
}

function createNotifier(
  receiver: ReceiverConfig,
  config: Config,
  { clock, console }: NotifierOptions,
): Notifier {
  const { name, slack, pagerduty } = receiver
  if (slack) {
    return createSlackNotifier({
      receiver: name,
      readSecret: () => slack.webhookUrl.read(),
      clock,
      ...publicUrl(config),
    })
  }
  if (pagerduty) {
    const { routingKey, url } = pagerduty
    return createPagerDutyNotifier({
      receiver: name,
      readSecret: () => routingKey.read(),
      url,
      clock,
      ...publicUrl(config),
    })
  }
  const { stream, format, colors } = console ?? {
    stream: process.stderr,
    format: config.logging.format,
    colors: process.stderr.isTTY,
  }
  return createConsoleNotifier({ receiver: name, stream, format, colors, ...publicUrl(config) })
}

function publicUrl({ web }: Config): { publicUrl?: string } {
  return web.publicUrl === undefined ? {} : { publicUrl: web.publicUrl }
}

type TlsConfig = boolean | { readonly caFile?: Secret; readonly certFile?: Secret; readonly keyFile?: Secret }

function readTls(tls: TlsConfig): { tls?: { ca?: string; cert?: string; key?: string } } {
  if (tls === false) return {}
  if (tls === true) return { tls: {} }
  const parts = Object.entries(tls).map(([key, secret]) => [key.replace('File', ''), secret.read()])
  return { tls: Object.fromEntries(parts) }
}

function readLogin<Mechanism>(sasl: { mechanism: Mechanism; username: string; password: Secret }) {
  return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.read() }
}
