import { createServer, type Server } from 'node:http'
import { basename } from 'node:path'
import type { TestProject } from 'vitest/node'
import { hasDockerEngine, startKafkaContainer, startRedisContainer } from './docker.ts'
import { startKafkaBroker } from './kafka-broker.ts'
import { fetchKafkaJars } from './kafka-jars.ts'
import { startRedisServer } from './redis-server.ts'

type Started = { readonly address: string; stop(): Promise<void> }
type Attempt = { readonly what: string; start(): Promise<Started | undefined> }
type Service = { readonly remedy: string; readonly attempts: readonly Attempt[] }

const services: Readonly<Record<string, Service>> = {
  redis: {
    remedy: 'set REDIS_URL, start a Docker engine, or install redis-server',
    attempts: [
      { what: 'REDIS_URL', start: async () => given(process.env.REDIS_URL) },
      {
        what: 'a container',
        start: async () => ((await hasDockerEngine()) ? startRedisContainer() : undefined),
      },
      {
        what: 'redis-server',
        async start() {
          const { url, stop } = await startRedisServer()
          return { address: url, stop }
        },
      },
    ],
  },
  kafka: {
    remedy: 'set KAFKA_BROKERS, start a Docker engine, or install java and mvn',
    attempts: [
      { what: 'KAFKA_BROKERS', start: async () => given(process.env.KAFKA_BROKERS) },
      {
        what: 'a container',
        start: async () => ((await hasDockerEngine()) ? startKafkaContainer() : undefined),
      },
      { what: 'java and mvn', start: async () => startKafkaBroker({ jars: await fetchKafkaJars() }) },
    ],
  },
  'kafka-jars': {
    remedy: 'install java and mvn',
    attempts: [{ what: 'java and mvn', start: async () => given(await fetchKafkaJars()) }],
  },
}

/**
 * Serves the addresses of Kafka and Redis to the tests of one run. A service is started when a test file first asks for
 * it, and ends with the run. Suites that had to be left out are named at the end; with CI set they fail instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = new Map<string, Promise<Started | string>>()
  const leftOut = new Map<string, Set<string>>()
  const resolve = (name: string, service: Service) => {
    const known = running.get(name) ?? start(name, service)
    running.set(name, known)
    return known
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const name = url.pathname.slice(1)
    const service = services[name]
    if (!service) return response.writeHead(404).end()
    const result = await resolve(name, service)
    if (typeof result !== 'string') return response.end(result.address)
    if (process.env.CI) return response.writeHead(503).end(result)
    leftOut.set(result, (leftOut.get(result) ?? new Set()).add(basename(url.searchParams.get('suite') ?? '')))
    return response.writeHead(204).end()
  })
  project.provide('services', await listen(server))

  return async () => {
    server.close()
    for (const [reason, suites] of leftOut) console.warn(`Left out: ${[...suites].join(', ')}. ${reason}`)
    for (const service of await Promise.all(running.values())) {
      if (typeof service !== 'string') await service.stop()
    }
  }
}

/** Tries one way after the other; answers what is missing when none works. */
async function start(name: string, { remedy, attempts }: Service): Promise<Started | string> {
  const failures: string[] = []
  for (const { what, start } of attempts) {
    try {
      const started = await start()
      if (started) return started
    } catch (error) {
      failures.push(` (${what}: ${error instanceof Error ? error.message : error})`)
    }
  }
  return `There is no ${name}: ${remedy}.${failures.join('')}`
}

function given(address: string | undefined): Started | undefined {
  return address ? { address, stop: async () => undefined } : undefined
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}
