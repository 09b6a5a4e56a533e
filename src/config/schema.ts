import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { levels } from '../detection/detection.ts'
import type { Camelized } from './camelize.ts'
import {
  createFields,
  duration,
  type FieldContext,
  type Fields,
  hostAndPort,
  httpUrl,
  instant,
  integer,
  name,
  needsOne,
  takeOptionalSecret,
  takeSecret,
  timeZone,
} from './fields.ts'

/** The configuration as the program uses it: keys in camel case, durations in ms, paths absolute, defaults filled in. */
export type Config = Camelized<z.output<ReturnType<typeof createConfigSchema>>>

/** The configuration as it stands in the file. */
export type ConfigFile = z.input<ReturnType<typeof createConfigSchema>>

export type OrgConfig = Config['orgs'][number]
export type ReceiverConfig = Config['receivers'][number]
export type RouteConfig = Config['routes'][number]

/** Channels that an org is watched on unless its configuration says otherwise. LogoutEventStream is left out: it needs a strong permission. */
export const defaultChannels = [
  '/event/LoginEventStream',
  '/event/LoginAsEventStream',
  '/event/ApiEventStream',
  '/event/BulkApiResultEvent',
  '/event/ReportEventStream',
  '/event/ListViewEventStream',
  '/event/UriEventStream',
  '/event/LightningUriEventStream',
  '/event/FileEvent',
  '/event/PermissionSetEvent',
  '/event/ApiAnomalyEvent',
  '/event/ReportAnomalyEvent',
  '/event/CredentialStuffingEvent',
  '/event/SessionHijackingEvent',
  '/event/GuestUserAnomalyEvent',
  '/event/LoginAnomalyEvent',
]

/** Folder of the detectors that come with Forcewatch. */
export const shippedDetectors = fileURLToPath(new URL('../../detectors', import.meta.url))

/** The one schema of the configuration file. Unknown keys are errors. */
export function createConfigSchema(context: FieldContext) {
  const fields = createFields(context)
  return z
    .strictObject({
      orgs: z.array(org(fields)).min(1).describe('The Salesforce orgs to watch.'),
      log: z
        .enum(['embedded', 'kafka'])
        .default('embedded')
        .describe('Where records are kept: a file of this process, or Kafka.'),
      store: z
        .enum(['embedded', 'redis'])
        .default('embedded')
        .describe('Where state is kept: a file of this process, or Redis.'),
      embedded: z
        .strictObject({
          directory: fields.path().prefault('./forcewatch-data').describe('Folder of the files.'),
        })
        .prefault({})
        .describe('The embedded log and store. They serve a single process.'),
      kafka: kafka(fields).optional().describe('Needed with `log: kafka`.'),
      redis: redis(fields).optional().describe('Needed with `store: redis`.'),
      detectors: z
        .strictObject({
          directory: fields
            .path()
            .optional()
            .describe('Folder of the detector files. Those that come with Forcewatch when absent.'),
        })
        .prefault({})
        .transform(({ directory = shippedDetectors }) => ({ directory }))
        .describe('What is looked for.'),
      receivers: z
        .array(receiver(fields))
        .prefault([{ name: 'console', console: {} }])
        .describe('Where notifications can be sent. Standard error when absent.'),
      routes: z
        .array(route())
        .optional()
        .describe('Which alerts go to which receivers. Every alert to every receiver when absent.'),
      web: web().prefault({}).describe('The page, the metrics and the health checks.'),
      logging: logging().prefault({}).describe('The log of the program itself, on standard error.'),
      checkpoint: checkpoint()
        .prefault({})
        .describe('How often state is saved. What came after is processed again after a crash.'),
    })
    .transform((config) => ({
      ...config,
      routes: config.routes ?? [
        { match: {}, receivers: config.receivers.map((receiver) => receiver.name), stop: false },
      ],
    }))
}

function org(fields: Fields) {
  return z.strictObject({
    name: name().describe(
      'What you call the org; it appears in alerts and metrics. Keep it once chosen: cursors are stored under it.',
    ),
    login_url: httpUrl().describe('The My Domain address, such as https://acme.my.salesforce.com.'),
    auth: z
      .discriminatedUnion('flow', [jwt(fields), clientCredentials(fields)])
      .describe(
        'How Forcewatch logs in: `flow: jwt` (with a certificate; recommended) or `flow: client_credentials`.',
      ),
    channels: z
      .array(
        z
          .string()
          .regex(/^\/(event|data)\/\w+$/, { error: 'is no channel — write it like /event/LoginEventStream' }),
      )
      .min(1)
      .default(defaultChannels)
      .describe('CometD channels to subscribe to.'),
    time_zone: timeZone().default('UTC').describe("IANA time zone of the org's office hours."),
    watch_from: instant()
      .optional()
      .describe(
        'Events from before this date teach what is normal but notify nobody. Without it every event may notify.',
      ),
    api_version: z
      .string({ error: 'must be a text — put the number in quotes: "66.0"' })
      .regex(/^\d{2,3}\.0$/, { error: 'is no API version — write it like "66.0"' })
      .default('66.0')
      .describe('Salesforce API version, in quotes.'),
  })
}

function jwt({ secret, secretFile }: Fields) {
  const key = needsOne('private_key')
  return z
    .strictObject({
      flow: z.literal('jwt'),
      client_id: z.string().min(1).describe('Consumer key of the External Client App.'),
      username: z.string().min(1).describe('Username of the integration user.'),
      private_key: secret().optional().describe("Private key (PEM) that belongs to the app's certificate."),
      private_key_file: secretFile().optional().describe('File with that key.'),
    })
    .refine(key.check, key.params)
    .transform(takeSecret('private_key'))
}

function clientCredentials({ secret, secretFile }: Fields) {
  const clientSecret = needsOne('client_secret')
  return z
    .strictObject({
      flow: z.literal('client_credentials'),
      client_id: z.string().min(1).describe('Consumer key of the External Client App.'),
      client_secret: secret().optional().describe('Consumer secret of the app.'),
      client_secret_file: secretFile().optional().describe('File with that secret.'),
    })
    .refine(clientSecret.check, clientSecret.params)
    .transform(takeSecret('client_secret'))
}

function tls({ secretFile }: Fields) {
  return z.union([
    z.boolean(),
    z.strictObject({
      ca_file: secretFile()
        .optional()
        .describe("PEM file of the authority that signed the server's certificate."),
      cert_file: secretFile().optional().describe("PEM file of this client's certificate."),
      key_file: secretFile().optional().describe('PEM file of its private key.'),
    }),
  ])
}

function kafka(fields: Fields) {
  const password = needsOne('password')
  const topic = (logical: string) =>
    z
      .string()
      .regex(/^[\w.-]{1,249}$/, { error: 'is no topic name' })
      .default(`forcewatch.${logical}`)
  return z.strictObject({
    brokers: z.array(hostAndPort()).min(1).describe('Some brokers of the cluster, each host:port.'),
    client_id: z
      .string()
      .min(1)
      .default('forcewatch')
      .describe('How Forcewatch calls itself to Kafka; also the first part of its consumer groups.'),
    tls: tls(fields)
      .default(false)
      .describe("`true` for TLS with the system's authorities, or the files to use."),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How Forcewatch logs in.'),
        username: z.string().min(1).describe('Kafka user.'),
        password: fields.secret().optional().describe('Its password.'),
        password_file: fields.secretFile().optional().describe('File with that password.'),
      })
      .refine(password.check, password.params)
      .transform(takeSecret('password'))
      .optional()
      .describe('Login at the brokers.'),
    topics: z
      .strictObject({
        events: topic('events').describe('What Salesforce sent.'),
        detections: topic('detections').describe('What the detectors found.'),
        alerts: topic('alerts').describe('Alerts as OCSF Detection Findings, for other consumers.'),
        dead_letter: topic('dead-letter').describe('Records that could not be processed, with the reason.'),
      })
      .prefault({})
      .describe('Names of the topics.'),
    partitions: integer(1, 10_000)
      .default(12)
      .describe('Partitions of a topic that Forcewatch creates. An org lies in one.'),
    replication: integer(1, 10)
      .default(3)
      .describe('Replicas of a topic that Forcewatch creates. 1 on a single broker.'),
  })
}

function redis(fields: Fields) {
  return z
    .strictObject({
      url: fields
        .secret()
        .optional()
        .describe(
          'One server: redis://host:6379/0, or rediss:// for TLS. It counts as a secret, since it may hold a password.',
        ),
      url_file: fields.secretFile().optional().describe('File with that address.'),
      cluster: z
        .array(hostAndPort())
        .min(1)
        .optional()
        .describe('Or some nodes of a Redis Cluster, each host:port.'),
      tls: tls(fields)
        .default(false)
        .describe("`true` for TLS with the system's authorities, or the files to use."),
      username: z.string().min(1).optional().describe('ACL user.'),
      password: fields.secret().optional().describe('Its password.'),
      password_file: fields.secretFile().optional().describe('File with that password.'),
      prefix: z
        .string()
        .regex(/^[\w.:-]+$/, { error: 'is no prefix' })
        .default('forcewatch')
        .describe('First part of every key.'),
    })
    .transform(takeOptionalSecret('url'))
    .transform(takeOptionalSecret('password'))
}

function receiver({ secret, secretFile }: Fields) {
  const webhookUrl = needsOne('webhook_url')
  const routingKey = needsOne('routing_key')
  const kinds = ['slack', 'pagerduty', 'console'] as const
  return z
    .strictObject({
      name: name().describe('What routes call it.'),
      slack: z
        .strictObject({
          webhook_url: secret().optional().describe('Address of the incoming webhook.'),
          webhook_url_file: secretFile().optional().describe('File with that address.'),
        })
        .refine(webhookUrl.check, webhookUrl.params)
        .transform(takeSecret('webhook_url'))
        .optional()
        .describe('A Slack channel, by an incoming webhook.'),
      pagerduty: z
        .strictObject({
          routing_key: secret().optional().describe('Integration key of the service (Events API v2).'),
          routing_key_file: secretFile().optional().describe('File with that key.'),
          url: httpUrl()
            .default('https://events.pagerduty.com/v2/enqueue')
            .describe('Address of the Events API; https://events.eu.pagerduty.com/v2/enqueue in the EU.'),
        })
        .refine(routingKey.check, routingKey.params)
        .transform(takeSecret('routing_key'))
        .optional()
        .describe('A PagerDuty service.'),
      console: z.strictObject({}).optional().describe('Readable text on standard error.'),
    })
    .refine((value) => kinds.filter((kind) => value[kind] !== undefined).length === 1, {
      error: `needs exactly one of ${kinds.join(', ')}`,
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
}

function route() {
  return z.strictObject({
    match: z
      .strictObject({
        level: z.array(z.enum(levels)).min(1).optional().describe('Any of these levels.'),
        detector: z.array(z.string().min(1)).min(1).optional().describe('Any of these detectors, by id.'),
        org: z.array(z.string().min(1)).min(1).optional().describe('Any of these orgs, by name.'),
        entity: z
          .array(z.string().min(1))
          .min(1)
          .optional()
          .describe('Any of these types of entity, such as user.'),
        tags: z.array(z.string().min(1)).min(1).optional().describe('Any of these tags of the detector.'),
      })
      .prefault({})
      .describe('What an alert must be to take this route; every key must hold. Everything when empty.'),
    receivers: z.array(z.string().min(1)).min(1).describe('Names of the receivers that are told.'),
    stop: z
      .boolean()
      .default(false)
      .describe('Whether an alert that takes this route looks at no further one.'),
  })
}

function web() {
  return z.strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to listen on; 0.0.0.0 for all. There is no login: put a proxy with one in front.'),
    port: integer(0, 65_535).default(8086).describe('Port to listen on; 0 for any free one.'),
    remote_reload: z
      .boolean()
      .default(false)
      .describe('Whether other machines may ask for a reload (POST /-/reload).'),
  })
}

function logging() {
  return z.strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info')
      .describe('The least important lines to write.'),
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('One JSON object a line, or text for a terminal.'),
  })
}

function checkpoint() {
  return z.strictObject({
    records: integer(1, 10_000_000).default(20_000).describe('After so many records of a partition …'),
    interval: duration().prefault('5s').describe('… or so much time, whichever comes first.'),
  })
}
