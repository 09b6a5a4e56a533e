import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { createTestCertificates, type TestCertificates } from './test-certificates.ts'

/** A Kafka broker of the test's own: one process, one node, in KRaft mode, with its data in a temporary folder. */
export type KafkaBroker = {
  /** `host:port` of the plain listener. */
  readonly address: string
  /** The listener that wants TLS and a login, when asked for. */
  readonly secure: SecureListener | undefined
  /** SIGKILL: what a crash of the machine's process does. Resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT: connections stay open, but nothing answers meanwhile. */
  freeze(): void
  thaw(): void
  /** Starts again after `kill`, on the same ports and data. Resolves when it accepts connections. */
  restart(): Promise<void>
  /** Ends the broker and removes its data. */
  stop(): Promise<void>
}

export type SecureListener = {
  readonly address: string
  /** PEM of the authority that signed the broker's certificate. */
  readonly ca: string
  readonly username: string
  readonly password: string
}

export type BrokerOptions = {
  /** The folder with Kafka's jars. */
  readonly jars: string
  /** Also a SASL_SSL listener that takes PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly secure?: boolean
}

const login = { username: 'forcewatch', password: 'correct horse' }
const startTimeout = 60_000

/** Starts a broker; resolves when it accepts connections. */
export async function startKafkaBroker({ jars, secure = false }: BrokerOptions): Promise<KafkaBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'forcewatch-broker-'))
  const ports = { plain: await freePort(), controller: await freePort(), secure: await freePort() }
  const certificates = secure ? await createTestCertificates() : undefined
  const settings = {
    ...plainSettings(directory, ports),
    ...(certificates && secureSettings(certificates, ports)),
  }
  const file = join(directory, 'server.properties')
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  await writeFile(join(directory, 'log4j2.properties'), logging)
  await format(jars, file, secure)

  let child = await run(jars, directory, ports.plain)
  return {
    address: `127.0.0.1:${ports.plain}`,
    secure: certificates && { address: `localhost:${ports.secure}`, ca: certificates.ca, ...login },
    kill: () => end(child, 'SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async restart() {
      child = await run(jars, directory, ports.plain)
    },
    async stop() {
      child.kill('SIGCONT')
      await end(child, 'SIGTERM')
      await certificates?.remove()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Ports = { readonly plain: number; readonly controller: number; readonly secure: number }

function plainSettings(directory: string, { plain, controller }: Ports): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'auto.create.topics.enable': 'false',
  }
}

function secureSettings({ cert, key }: TestCertificates, ports: Ports): Record<string, string> {
  const { username, password } = login
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  return {
    listeners: `PLAINTEXT://127.0.0.1:${ports.plain},SECURE://127.0.0.1:${ports.secure},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.plain},SECURE://localhost:${ports.secure}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': plain,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': scram,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': oneLine(cert),
    'ssl.keystore.key': oneLine(key),
  }
}

/** A text of several lines, as a properties file writes it. */
function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n')
}

const logging = `rootLogger.level = WARN
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
rootLogger.appenderRef.console.ref = console
`

async function format(jars: string, file: string, secure: boolean): Promise<void> {
  const tool = ['-cp', join(jars, '*'), 'kafka.tools.StorageTool']
  const java = promisify(execFile)
  const { stdout } = await java('java', [...tool, 'random-uuid'])
  const { username, password } = login
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ])
  const id = stdout.trim().split('\n').at(-1) ?? ''
  await java('java', [...tool, 'format', '--standalone', '-t', id, '-c', file, ...(secure ? users : [])])
}

async function run(jars: string, directory: string, port: number): Promise<ChildProcess> {
  const child = spawn(
    'java',
    [
      '-Xmx512m',
      `-Dlog4j2.configurationFile=${join(directory, 'log4j2.properties')}`,
      '-cp',
      join(jars, '*'),
      'kafka.Kafka',
      join(directory, 'server.properties'),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000)
    })
  }
  const deadline = Date.now() + startTimeout
  while (!(await accepts(port))) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < deadline) await delay(50)
    else {
      await end(child, 'SIGKILL')
      throw new Error(`the broker did not start:\n${output}`)
    }
  }
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => socket.destroy()).once('error', () => resolve(false))
    socket.once('close', (failed) => resolve(!failed))
  })
}
