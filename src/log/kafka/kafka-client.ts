import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ISocketFactory, Kafka, type SASLOptions } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import type { Logger } from '../../logger.ts'
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

/** kafkajs' own retries, about ten seconds in all. What takes longer is retried by us, or by our caller. */
const retry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 }
const connectionTimeout = 5 * second
const requestTimeout = 20 * second
const keepAliveDelay = minute

/** A kafkajs client whose connections can be cut for good, which kafkajs' `disconnect` does not promise while it retries. */
export type KafkaClient = { readonly kafka: Kafka; readonly cut: () => void }

/**
 * Makes a client. Each consumer and each producer needs its own: kafkajs keeps the offsets of a group in the client, and
 * would share them between members of one group.
 */
export function createClient(options: KafkaConnectionOptions, clock: Clock, logger: Logger): KafkaClient {
  dropNegativeTimeoutWarning()
  const { brokers, clientId, tls = false, sasl } = options
  const connections = createConnections()
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    ssl: tls,
    ...(sasl && { sasl: sasl as SASLOptions }),
    retry,
    connectionTimeout,
    requestTimeout,
    socketFactory: connections.open,
    logCreator: createLogCreator(logger, clock),
  })
  return { kafka, cut: connections.cut }
}

function createConnections(): { readonly open: ISocketFactory; readonly cut: () => void } {
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
      if (isCut) socket.destroy(new Error('this client was given up'))
      return socket
    },
    cut() {
      isCut = true
      for (const socket of sockets) socket.destroy(new Error('this client was given up'))
    },
  }
}
