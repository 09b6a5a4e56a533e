import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Clock } from './clock.ts'
import type { Config, OrgConfig, ReceiverConfig } from './config/schema.ts'
import type { Secret } from './config/secret.ts'
import { day } from './duration.ts'
import { createEmbeddedLog } from './log/embedded/embedded-log.ts'
import { inspectKafka } from './log/kafka/inspect-kafka.ts'
import { createKafkaLog } from './log/kafka/kafka-log.ts'
import type { Log, TopicSpec } from './log/log.ts'
import type { LogFacts } from './log/log-facts.ts'
import type { Logger } from './logger.ts'
import { createConsoleNotifier } from './notify/console/console-notifier.ts'
import type { MessageOptions } from './notify/message.ts'
import type { Notifier } from './notify/notifier.ts'
import { createPagerDutyNotifier } from './notify/pagerduty/pagerduty-notifier.ts'
import { createSlackNotifier } from './notify/slack/slack-notifier.ts'
import type { OrgOptions } from './salesforce/org-options.ts'
import { createEmbeddedStore } from './store/embedded/embedded-store.ts'
import { inspectRedis } from './store/redis/inspect-redis.ts'
import { createRedisStore } from './store/redis/redis-store.ts'
import type { StateStore } from './store/state-store.ts'
import type { StoreFacts } from './store/store-facts.ts'

type PortOptions = { readonly clock: Clock; readonly logger: Logger }

/** An org of the configuration as ingest wants it. */
export function toOrgOptions({ auth, ...org }: OrgConfig): OrgOptions {
  const secret = auth.flow === 'jwt' ? auth.privateKey : auth.clientSecret
  return { ...org, auth: { ...auth, readSecret: () => secret.read() } }
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
    compression: config.kafka.compression,
    sessionTimeout: config.kafka.sessionTimeout,
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

/** The topics to create. */
export function topicSpecs(config: Config): readonly TopicSpec[] {
  const partitions = config.log === 'kafka' ? (config.kafka?.partitions ?? 1) : 1
  return Object.values(topicNames(config)).map((name) => ({ name, partitions, retention }))
}

/** The consumer group of a stage. */
export function groupName(config: Config, stage: string): string {
  return `${config.kafka?.clientId ?? 'forcewatch'}-${stage}`
}

/** Where the receiver `console` writes. */
export type ConsoleOutput = {
  readonly stream: Writable
  readonly format: 'text' | 'json'
  readonly colors: boolean
}

type NotifierOptions = { readonly clock: Clock; readonly console?: ConsoleOutput | undefined }

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
      ...messageOptions(config),
    })
  }
  if (pagerduty) {
    const { routingKey, url } = pagerduty
    return createPagerDutyNotifier({
      receiver: name,
      readSecret: () => routingKey.read(),
      url,
      clock,
      ...messageOptions(config),
    })
  }
  const { stream, format, colors } = console ?? {
    stream: process.stderr,
    format: config.logging.format,
    colors: process.stderr.isTTY,
  }
  return createConsoleNotifier({ receiver: name, stream, format, colors, ...messageOptions(config) })
}

function messageOptions({ web, orgs }: Config): MessageOptions {
  return {
    ...(web.publicUrl !== undefined && { publicUrl: web.publicUrl }),
    orgUrls: Object.fromEntries(
      orgs.flatMap(({ name, loginUrl }) => (isMyDomain(loginUrl) ? [[name, loginUrl]] : [])),
    ),
  }
}

/** Pages of an org are not at Salesforce's common login hosts. */
function isMyDomain(loginUrl: string): boolean {
  return !/^(login|test)\.salesforce\.com$/.test(new URL(loginUrl).hostname)
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
