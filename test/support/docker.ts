import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

/** Whether a Docker engine answers; a client alone, or an engine that hangs, does not count. */
export async function hasDockerEngine(): Promise<boolean> {
  const version = ['version', '--format', '{{.Server.Version}}']
  return promisify(execFile)('docker', version, { timeout: 5_000 }).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  )
}

export type Container = { readonly address: string; stop(): Promise<void> }

export async function startRedisContainer(): Promise<Container> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer('redis:8-alpine')
    .withExposedPorts(6379)
    .withCommand(['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/i))
    .start()
  const address = `redis://${container.getHost()}:${container.getMappedPort(6379)}`
  return { address, stop: async () => void (await container.stop()) }
}

/** One broker. Its port is fixed beforehand, since a broker has to advertise the address that clients see. */
export async function startKafkaContainer(): Promise<Container> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const port = await freePort()
  const container = await new GenericContainer('apache/kafka:4.1.1')
    .withExposedPorts({ container: port, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start()
  return { address: `127.0.0.1:${port}`, stop: async () => void (await container.stop()) }
}
