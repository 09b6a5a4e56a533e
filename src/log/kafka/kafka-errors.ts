import { type ErrorCode, ForcewatchError, messageOf } from '../../errors.ts'

type Diagnosis = { readonly code: ErrorCode; readonly remedy: string }

/** Kafka's error types, and kafkajs' error names, that waiting cannot mend. */
const rejections: Readonly<Record<string, string>> = {
  KafkaJSSASLAuthenticationError:
    'Check `kafka.sasl`: the mechanism that the listener offers, the username and the password.',
  SASL_AUTHENTICATION_FAILED: 'Check `kafka.sasl.username` and `kafka.sasl.password`.',
  UNSUPPORTED_SASL_MECHANISM: 'Set `kafka.sasl.mechanism` to one that the listener offers.',
  ILLEGAL_SASL_STATE: 'The listener wants a login: set `kafka.sasl`.',
  TOPIC_AUTHORIZATION_FAILED:
    'Grant the Kafka user Read, Write, Describe and Create on the topics of `kafka.topics`.',
  GROUP_AUTHORIZATION_FAILED:
    'Grant the Kafka user Read on consumer groups whose names begin with `kafka.client_id`.',
  CLUSTER_AUTHORIZATION_FAILED:
    'Grant the Kafka user IdempotentWrite and Create on the cluster, or create the topics by hand.',
  INVALID_REPLICATION_FACTOR: 'Set `kafka.replication` to at most the number of brokers.',
  INVALID_TOPIC_EXCEPTION: 'Choose another name in `kafka.topics`.',
  POLICY_VIOLATION: 'The cluster has a policy for new topics: create the topics of `kafka.topics` by hand.',
  MESSAGE_TOO_LARGE: 'Raise `max.message.bytes` of the topic.',
  UNSUPPORTED_VERSION: 'Use Apache Kafka 2.1 or later.',
  INCONSISTENT_GROUP_PROTOCOL:
    'Another program is in this consumer group: choose another `kafka.client_id`, or end that program.',
}

/** What may mend itself, with a remedy of its own for when it does not. */
const troubles: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION:
    'Check that the topic exists: the service creates it when it starts, if the Kafka user may.',
  NOT_ENOUGH_REPLICAS: 'Bring back the brokers that are down: too few replicas are in sync.',
}

/** The cluster answers, and will know the group's coordinator in a moment. */
const coordinatorTroubles = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** Normal life of a cluster that has just started or lost a broker: no news for an operator. */
export function isCoordinatorTrouble(error: unknown): boolean {
  return coordinatorTroubles.has(protocolType(error) ?? '')
}

/** What a broker says of a topic that it has not heard of yet, or whose leader is being chosen. */
const unsettled = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'])

/** A new topic is known to one broker before the other. */
export function isUnsettled(error: unknown): boolean {
  return unsettled.has(protocolType(error) ?? '')
}

const certificateProblem = /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_|ERR_TLS_CERT/

const unavailable =
  'Check that the brokers run, that their advertised addresses can be reached from here, and whether the listener wants TLS (`kafka.tls`).'

/** Turns whatever kafkajs threw into an error that names the brokers, what was tried, and the remedy. */
export function toLogError(error: unknown, what: string, brokers: readonly string[]): ForcewatchError {
  if (error instanceof ForcewatchError) return error
  const { code, remedy } = diagnose(error)
  const reason = messageOf(rootCause(error)).replace(/\.$/, '')
  return new ForcewatchError(code, `Kafka at ${brokers.join(', ')} failed to ${what}: ${reason}.`, {
    remedy,
    cause: error,
  })
}

/** The protocol's name of an error (`MESSAGE_TOO_LARGE`), wherever in the chain of causes it is. */
export function protocolType(error: unknown): string | undefined {
  for (const cause of causes(error)) if ('type' in cause && typeof cause.type === 'string') return cause.type
  return undefined
}

function diagnose(error: unknown): Diagnosis {
  for (const cause of causes(error)) {
    const type = 'type' in cause ? String(cause.type) : cause.name
    const remedy = rejections[type] ?? rejections[cause.name]
    if (remedy !== undefined) return { code: 'LOG_REJECTED', remedy }
    if (troubles[type] !== undefined) return { code: 'LOG_UNAVAILABLE', remedy: troubles[type] }
    if (certificateProblem.test('code' in cause ? String(cause.code) : '')) {
      return {
        code: 'LOG_REJECTED',
        remedy:
          "The broker's certificate is not trusted: set `kafka.tls.ca_file`, and use the name that it was issued for.",
      }
    }
  }
  return { code: 'LOG_UNAVAILABLE', remedy: unavailable }
}

/** The error, its causes, and the parts of aggregates. */
function* causes(error: unknown): Generator<Error> {
  if (!(error instanceof Error)) return
  yield error
  if ('errors' in error && Array.isArray(error.errors)) for (const part of error.errors) yield* causes(part)
  if (error.cause !== error) yield* causes(error.cause)
}

function rootCause(error: unknown): unknown {
  return [...causes(error)].at(-1) ?? error
}
