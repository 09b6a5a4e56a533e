import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createProgram } from '../../src/cli/program.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createSecretScrubber } from '../../src/logger.ts'
import { allocator } from '../support/allocator.ts'

type Service = {
  readonly image?: string
  readonly build?: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly profiles?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly read_only?: boolean
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(root + file, 'utf8')
const compose: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(
  read('docker-compose.yml'),
)
const { kafka = {}, redis = {}, simulator = {}, forcewatch = {} } = compose.services
const dockerfile = read('Dockerfile')

describe('docker-compose.yml', () => {
  test('without a profile it starts Kafka and Redis, with the profile demo all four', () => {
    const byDefault = Object.entries(compose.services).filter(([, { profiles }]) => !profiles)
    expect(byDefault.map(([name]) => name)).toEqual(['kafka', 'redis'])
    expect([simulator.profiles, forcewatch.profiles]).toEqual([['demo'], ['demo']])
    expect(Object.keys(compose.services)).toHaveLength(4)
  })

  test('every image has a version, and ours is built from this folder', () => {
    expect([kafka.image, redis.image]).toEqual([
      expect.stringMatching(/^apache\/kafka:\d+\.\d+\.\d+$/),
      expect.stringMatching(/^redis:\d/),
    ])
    expect([simulator.build, forcewatch.build]).toEqual(['.', '.'])
  })

  test('every service has a health check, and the service waits for all that it needs', () => {
    expect(kafka.healthcheck?.test[0]).toBe('CMD')
    expect(redis.healthcheck?.test).toEqual(['CMD', 'redis-cli', 'ping'])
    expect(simulator.healthcheck?.test[1]).toBe('/nodejs/bin/node')
    expect(dockerfile).toContain('/-/healthy')
    expect(forcewatch.depends_on).toEqual({
      kafka: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
      simulator: { condition: 'service_healthy' },
    })
  })

  test('Kafka runs in KRaft mode, with one replica of everything', () => {
    expect(kafka.environment).toMatchObject({ KAFKA_PROCESS_ROLES: 'broker,controller', KAFKA_NODE_ID: 1 })
    const factors = Object.entries(kafka.environment ?? {}).filter(([name]) =>
      /REPLICATION_FACTOR|MIN_ISR/.test(name),
    )
    expect(factors).toHaveLength(5)
    expect(factors.every(([, value]) => value === 1)).toBe(true)
    // Kafka wants 16 bytes in base64.
    expect(Buffer.from(String(kafka.environment?.CLUSTER_ID), 'base64url')).toHaveLength(16)
  })

  test('Redis neither forgets at a restart nor when memory is short', () => {
    expect(redis.command?.join(' ')).toMatch(/--appendonly yes\b.*--maxmemory-policy noeviction/)
    expect(redis.volumes).toEqual(['redis:/data'])
  })

  test('everything mounted exists', () => {
    const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((mount) => mount.split(':')),
    )
    for (const [source = ''] of mounts) {
      if (source.startsWith('.')) expect(existsSync(root + source), source).toBe(true)
      else expect(compose.volumes).toHaveProperty(source)
    }
  })

  test('ports are open to this machine only, and our containers cannot write to their image', () => {
    const ports = Object.values(compose.services).flatMap(({ ports = [] }) => ports)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    expect([simulator.read_only, forcewatch.read_only]).toEqual([true, true])
  })
})

describe('the configuration of the demo', async () => {
  const mounted = forcewatch.volumes?.find((mount) => mount.includes('/etc/forcewatch/forcewatch.yaml')) ?? ''
  const simulate = await optionsOf(simulator.command ?? [])
  const config = loadConfig(root + mounted.split(':')[0], {
    env: { DEMO_WATCH_FROM: '2026-01-01' },
    secretSeen: () => undefined,
  })

  test('uses Kafka and Redis as the compose file offers them', () => {
    expect(config).toMatchObject({ log: 'kafka', store: 'redis', kafka: { replication: 1 } })
    const advertised = String(kafka.environment?.KAFKA_ADVERTISED_LISTENERS)
    for (const broker of config.kafka?.brokers ?? []) expect(advertised).toContain(broker)
  })

  test('names the simulator as the org, and listens where the health check asks', () => {
    const { port, clientId, clientSecret } = simulate
    expect(config.orgs.map(({ loginUrl }) => loginUrl)).toEqual([`http://simulator:${port}`])
    const [auth] = config.orgs.map((org) => org.auth)
    if (auth?.flow !== 'client_credentials') throw new Error('the demo logs in by client credentials')
    expect([auth.clientId, auth.clientSecret.read()]).toEqual([clientId, clientSecret])
    expect(simulator.ports).toEqual([`127.0.0.1:${port}:${port}`])
    expect(simulator.healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${port}/`)
    expect(config.web).toMatchObject({ host: '0.0.0.0', port: 8086 })
    expect(forcewatch.ports).toContain(`127.0.0.1:${config.web.port}:${config.web.port}`)
    expect(Object.keys(forcewatch.environment ?? {})).toEqual(['DEMO_WATCH_FROM'])
  })
})

describe('the image', () => {
  test('sets malloc as the processes of tests and benches do', () => {
    for (const [name, value] of Object.entries(allocator)) expect(dockerfile).toContain(` ${name}=${value}`)
  })

  test('holds what the service needs and nothing that .dockerignore keeps back', () => {
    const offered = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    )
    expect(copied.length).toBeGreaterThan(0)
    for (const source of copied) {
      expect(existsSync(root + source), source).toBe(true)
      expect(offered).toContain(source)
    }
    expect(new Set(copied)).toEqual(
      new Set(['package.json', 'package-lock.json', 'LICENSE', 'detectors', 'src']),
    )
  })

  test('runs as a numeric user that is not root, with Node as its first process', async () => {
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
    const [, command = ''] = /^CMD (.+)$/m.exec(dockerfile) ?? []
    expect(await optionsOf(JSON.parse(command))).toMatchObject({ config: '/etc/forcewatch/forcewatch.yaml' })
    expect(dockerfile).toMatch(/^ENTRYPOINT \["\/nodejs\/bin\/node", "\/app\/src\/main\.ts"\]$/m)
    expect(existsSync(`${root}src/main.ts`)).toBe(true)
  })

  test('has the Node that the checkout is tested with', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>
    }
    expect(dockerfile).toContain(`FROM node:${devDependencies.node}-`)
    expect(dockerfile).toContain(`/nodejs${devDependencies.node?.split('.')[0]}-`)
  })
})

/** Parses a command line as the program would. */
async function optionsOf([name, ...args]: readonly string[]): Promise<Record<string, unknown>> {
  const program = await createProgram({ env: {}, scrubber: createSecretScrubber() })
  const command = program.commands.find((candidate) => candidate.name() === name)
  expect(command, `forcewatch ${name}`).toBeDefined()
  expect(command?.parseOptions(args)).toEqual({ operands: [], unknown: [] })
  return command?.opts() ?? {}
}
