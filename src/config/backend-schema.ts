import { z } from 'zod'
import { minute, second } from '../duration.ts'
import {
  duration,
  type Fields,
  hostAndPort,
  integer,
  needsOne,
  takeOptionalSecret,
  takeSecret,
} from './fields.ts'

/** The section `kafka`. */
export function kafka(fields: Fields) {
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
      .prefault(12)
      .describe('Partitions of a topic that Forcewatch creates. An org lies in one.'),
    replication: integer(1, 10)
      .prefault(3)
      .describe('Replicas of a topic that Forcewatch creates. 1 on a single broker.'),
    session_timeout: duration()
      .refine((timeout) => timeout >= 6 * second && timeout <= 30 * minute, {
        error: 'must lie between 6s and 30m, which is what brokers allow unless told otherwise',
      })
      .prefault('30s')
      .describe(
        'How soon the work of a process that died goes to another. A process whose machine stands still for longer loses its work likewise.',
      ),
    compression: z
      .enum(['none', 'gzip', 'zstd'])
      .prefault('gzip')
      .describe(
        'How records are compressed on the way to Kafka and there. `gzip` leaves about an eighth of events, and every Kafka client can read it. `zstd` leaves about a tenth and costs a little less, but whoever else reads the topics must know it (Java clients and librdkafka do; kafkajs does not by itself).',
      ),
  })
}

/** The section `redis`. Exactly one address must be given; the cross-checks see to it. */
export function redis(fields: Fields) {
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
