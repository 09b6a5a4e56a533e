import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ISocketFactory, Kafka, type SASLOptions } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import type { Logger } from '../../logger.ts'
import { installCodecs } from './codecs.ts'
import { createLogCreator } from './kafka-logging.ts'
import { dropNegativeTimeoutWarning } from './negative-timeout-warning.ts'

export type KafkaConnectionOptions = {
  /** Some brokers, each `host:port`. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** `true` for TLS with the system's authorities, or the contents of PEM files. */
  readonly tls?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string }
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}

const firstRetry = 100
const longestRetry = 2 * second
const connectionTimeout = 5 * second
const requestTimeout = 20 * second
const keepAliveDelay = minute

/** Why connections ended that we cut ourselves, in kafkajs' log. */
const givenUp = 'this client was given up'

/** A kafkajs client whose connections can be cut for good, which kafkajs' `disconnect` does not promise while it retries. */
export type KafkaClient = { readonly kafka: Kafka; readonly cut: () => void }

export type ClientOptions = KafkaConnectionOptions & {
  /** How long kafkajs repeats by itself what failed, ms, roughly. What takes longer is for its caller to repeat. */
  readonly retryFor: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Makes a client. Each consumer and each producer needs its own: kafkajs keeps the offsets of a group in the client, and
 * would share them between members of one group.
 */
export function createClient(options: ClientOptions): KafkaClient {
  dropNegativeTimeoutWarning()
  installCodecs()
  const { brokers, clientId, tls = false, sasl, retryFor, clock, logger } = options
  const connections = createConnections()
  const kafka = new Kafka({
    // Without brokers to try kafkajs gives up at once, where it would repeat a connection that fails for long.
    brokers: () => (connections.isCut() ? [] : [...brokers]),
    clientId,
    ssl: tls,
    ...(sasl && { sasl: sasl as SASLOptions }),
    retry: { initialRetryTime: firstRetry, maxRetryTime: longestRetry, retries: countRetries(retryFor) },
    connectionTimeout,
    requestTimeout,
    socketFactory: connections.open,
    logCreator: createLogCreator(logger, clock),
  })
  return { kafka, cut: connections.cut }
}

function createConnections(): {
  readonly open: ISocketFactory
  readonly cut: () => void
  readonly isCut: () => boolean
} {
  const sockets = new Set<Socket>()
  let isCut = false
  return {
    open({ host, port, ssl, onConnect }) {
      const name = isIP(host) ? {} : { servername: host }
      const socket = ssl
        ? connectTls({ host, port, ...name, ...ssl }, onConnect)
        : connectPlain({ host, port }, onConnect)
      socket.setKeepAlive(true, keepAliveDelay)
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      if (isCut) socket.destroy(new Error(givenUp))
      return socket
    },
    cut() {
      isCut = true
      for (const socket of sockets) socket.destroy(new Error(givenUp))
    },
    isCut: () => isCut,
  }
}

/** The pauses double from the first to the longest. */
function countRetries(milliseconds: number): number {
  let count = 0
  for (let total = 0, pause = firstRetry; total < milliseconds; count++) {
    total += pause
    pause = Math.min(2 * pause, longestRetry)
  }
  return count
}
