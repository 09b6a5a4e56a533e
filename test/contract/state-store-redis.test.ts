import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { createLogger, createSecretScrubber } from '../../src/logger.ts'
import { requiredAclRules } from '../../src/store/redis/redis-acl.ts'
import { createRedisStore, type RedisStoreOptions } from '../../src/store/redis/redis-store.ts'
import type { StateStore } from '../../src/store/state-store.ts'
import { startCommitter } from '../support/committer.ts'
import {
  canStartRedis,
  type PrivateRedis,
  type PrivateRedisSettings,
  startPrivateRedis,
} from '../support/private-redis.ts'
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts'
import { redisUrl } from '../support/services.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { createTestCertificates } from '../support/test-certificates.ts'
import { contents, describeStateStore, entries, entry, many, type StoreBench, take } from './state-store.ts'

const sharedServer = await redisUrl()
const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())

function open(options: RedisStoreOptions): StateStore {
  return createRedisStore({ ...options, clock: systemClock, logger })
}

/** Stores on one prefix of the given server. */
function benchOn(options: RedisStoreOptions, end: () => Promise<void>): StoreBench {
  const opened: StateStore[] = []
  return {
    open() {
      const store = open(options)
      opened.push(store)
      return store
    },
    // Redis' own clock decides, and nobody but time can move it.
    pass: (ms) => systemClock.sleep(ms),
    async close() {
      await Promise.all(opened.map((store) => store.close()))
      await end()
    },
  }
}

describe.skipIf(sharedServer === undefined)('the shared redis', () => {
  describeStateStore('redis', async () => {
    const prefix = `test-${randomUUID()}`
    return benchOn({ url: sharedServer, prefix }, () => removeKeys(sharedServer ?? '', prefix))
  })
})

async function removeKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url)
  for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1000 })) {
    if (keys.length > 0) await client.unlink(keys)
  }
  await client.quit()
}

describe.skipIf(!canStartRedis)('redis servers of our own', () => {
  describeStateStore('redis cluster of three nodes', async () => {
    const cluster = await startRedisCluster()
    return benchOn({ cluster: cluster.nodes.slice(0, 1) }, () => cluster.stop())
  })

  describeStateStore('redis with a user of least privilege', async () => {
    const acl = ['user', 'forcewatch', 'on', '>s3cret', ...requiredAclRules('forcewatch')]
    const server = await startPrivateRedis({
      args: ['--requirepass', 'admin', ...acl.map((word, i) => (i === 0 ? '--user' : word))],
    })
    return benchOn({ url: server.url, username: 'forcewatch', password: 's3cret' }, () => server.stop())
  })

  describe('a connection that breaks', () => {
    let server: PrivateRedis
    let proxy: TcpProxy
    let store: StateStore
    beforeAll(async () => {
      server = await startPrivateRedis()
      proxy = await startTcpProxy(server.port)
      store = open({ url: `redis://127.0.0.1:${proxy.port}`, timeout: 1500 })
    })
    afterAll(async () => {
      await store.close()
      await proxy.close()
      await server.stop()
    })

    test.each([100, 200_000, 2_000_000])(
      'cut after %i bytes of a big commit: nothing is written, and the repetition succeeds',
      async (bytes) => {
        const lease = await take(store, `cut-${bytes}`, 'one')
        await lease.commit({ puts: [entry('a', 'x', 'before')] })
        const change = { puts: many(30_000), drops: ['a'] }
        proxy.cutAfter(bytes)
        await expect(lease.commit(change)).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
          remedy: expect.any(String),
        })
        proxy.behave()
        expect(await contents(lease)).toEqual({ 'a/x': 'before' })
        await lease.commit(change)
        expect(await entries(lease)).toHaveLength(30_000)
      },
    )

    test('cut before the answer: the outcome is unknown, and the repetition is harmless', async () => {
      const lease = await take(store, 'unanswered', 'one')
      const change = { puts: many(5000) }
      proxy.cutAtAnswer()
      await expect(lease.commit(change)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      proxy.behave()
      await lease.commit(change)
      expect(await entries(lease)).toHaveLength(5000)
    })

    test('a request without an answer does not hang, and arriving late it does not undo a later commit', async () => {
      const lease = await take(store, 'late', 'one')
      proxy.hold()
      await expect(lease.commit({ puts: [entry('a', 'x', 'first')] })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      })
      proxy.behave()
      const repeat = () => succeeds(lease.commit({ puts: [entry('a', 'x', 'second')] }))
      await expect.poll(repeat, { timeout: 20_000 }).toBe(true)
      await proxy.deliver()
      expect(await contents(lease)).toEqual({ 'a/x': 'second' })
    })

    test('while the server is away calls end, and afterwards they succeed again', async () => {
      const lease = await take(store, 'away', 'one')
      proxy.refuse()
      for (let i = 0; i < 3; i++) {
        await expect(lease.commit({ puts: [entry('a', 'x', '1')] })).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
          message: expect.stringContaining(`127.0.0.1:${proxy.port}`),
        })
      }
      proxy.behave()
      await expect
        .poll(() => succeeds(lease.commit({ puts: [entry('a', 'x', '2')] })), { timeout: 20_000 })
        .toBe(true)
      expect(await contents(lease)).toEqual({ 'a/x': '2' })
    })

    test('a server that nobody reaches is reported, not waited for', async () => {
      const unreachable = open({ url: 'redis://127.0.0.1:1', timeout: 300 })
      await expect(take(unreachable, 'a', 'one')).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('ECONNREFUSED'),
      })
      await unreachable.close()
    })
  })

  test('a client killed in the middle of a commit leaves all of it or nothing', async () => {
    const server = await ownRedis()
    const { acknowledged } = await startCommitter(['redis', server.url, 'killed'], 3)
    const store = open({ url: server.url, prefix: 'killed' })
    await expectOneCommit(store, acknowledged)
    await store.close()
  })

  test('a server killed in the middle of commits keeps what it acknowledged, whole', async () => {
    const server = await ownRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    const store = open({ url: server.url })
    const lease = await take(store, 'killed', 'one')
    let acknowledged = 0
    const killed = Promise.withResolvers<void>()
    for (let number = 1, running = true; running; number++) {
      const value = Buffer.from(String(number))
      const puts = Array.from({ length: 20_000 }, (_, i) => ({
        section: `s${i % 5}`,
        key: `key-${i}`,
        value,
      }))
      const commit = lease.commit({ puts })
      if (number === 4) server.restart().then(killed.resolve, killed.reject)
      running = await succeeds(commit)
      if (running) acknowledged = number
    }
    await killed.promise
    await expect.poll(() => succeeds(lease.renew()), { timeout: 20_000 }).toBe(true)
    await expectOneCommit(store, acknowledged)
    await store.close()
  })

  test('a server that has lost acknowledged commits fences their lease; the next one finds the older state whole', async () => {
    const server = await ownRedis()
    const admin = new Redis(server.url)
    const store = open({ url: server.url })
    const lease = await take(store, 'forgotten', 'one')
    await lease.commit({ puts: [entry('a', 'x', '1'), entry('a', 'offset', '1')] })
    await admin.save()
    await lease.commit({ puts: [entry('a', 'y', '2'), entry('a', 'offset', '2')] })
    admin.disconnect()
    await server.restart()
    await expect.poll(() => succeeds(lease.renew()), { timeout: 20_000 }).toBe(true)
    const delta = { puts: [entry('a', 'z', '3'), entry('a', 'offset', '3')] }
    await expect(lease.commit(delta)).rejects.toMatchObject({ code: 'FENCED' })
    expect(await contents(await take(store, 'forgotten', 'one'))).toEqual({ 'a/x': '1', 'a/offset': '1' })
    await store.close()
  })

  test('a server with too many clients is waited for', async () => {
    const server = await ownRedis({ args: ['--maxclients', '1'] })
    const admin = new Redis(server.url)
    await admin.ping()
    const store = open({ url: server.url, timeout: 1500 })
    await expect(take(store, 'a', 'one')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await admin.quit()
    await expect.poll(() => succeeds(take(store, 'a', 'one')), { timeout: 20_000 }).toBe(true)
    await store.close()
  })

  test('a commit that Redis has no memory for leaves nothing, and succeeds once there is some', async () => {
    const server = await ownRedis()
    const admin = new Redis(server.url)
    const store = open({ url: server.url })
    const lease = await take(store, 'full', 'one')
    await lease.commit({ puts: [entry('s0', 'x', 'before')] })
    const change = { puts: many(10_000), drops: ['s0'] }
    await admin.config('SET', 'maxmemory', '1')
    for (const refused of [change, { puts: [entry('s0', 'y', 'small')], drops: ['s0'] }]) {
      await expect(lease.commit(refused)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        remedy: expect.stringContaining('maxmemory'),
      })
    }
    await admin.config('SET', 'maxmemory', '0')
    expect(await contents(lease)).toEqual({ 's0/x': 'before' })
    await lease.commit(change)
    expect(await entries(lease)).toHaveLength(10_000)
    await Promise.all([store.close(), admin.quit()])
  })

  describe('a server that refuses us', () => {
    let server: PrivateRedis
    beforeAll(async () => {
      const limited = ['--user', 'limited', 'on', '>pass', '~other:*', '+@all']
      const powerless = ['--user', 'powerless', 'on', '>pass', '~*', '+@all', '-hset']
      server = await startPrivateRedis({
        args: ['--requirepass', 'admin', ...limited, ...powerless],
      })
    })
    afterAll(() => server.stop())

    test.each([
      ['no password', {}, 'redis.password'],
      ['a wrong password', { password: 'wrong' }, 'redis.password'],
      ['a user without our keys', { username: 'limited', password: 'pass' }, '~<prefix>:*'],
      ['a user without our commands', { username: 'powerless', password: 'pass' }, '+hset'],
    ])('%s: refused for good, with a remedy', async (_, login, remedy) => {
      const store = open({ url: server.url, ...login })
      await expect(take(store, 'a', 'one')).rejects.toMatchObject({
        code: 'STORE_REJECTED',
        remedy: expect.stringContaining(remedy),
      })
      await store.close()
    })

    test('keys of another program are not overwritten', async () => {
      const admin = new Redis(server.url, { password: 'admin' })
      await admin.set('forcewatch:{taken}:fence', 'something else')
      const store = open({ url: server.url, password: 'admin' })
      await expect(take(store, 'taken', 'one')).rejects.toMatchObject({ code: 'STORE_REJECTED' })
      await Promise.all([store.close(), admin.quit()])
    })
  })

  test('TLS with a private authority and a client certificate', async () => {
    const certificates = await createTestCertificates()
    onTestFinished(() => certificates.remove())
    const { caFile, certFile, keyFile, ca, cert, key } = certificates
    const files = ['--tls-ca-cert-file', caFile, '--tls-cert-file', certFile, '--tls-key-file', keyFile]
    const server = await ownRedis({ tls: true, args: files })
    const url = server.url.replace('127.0.0.1', 'localhost')

    const store = open({ url, tls: { ca, cert, key } })
    const lease = await take(store, 'a', 'one')
    await lease.commit({ puts: [entry('s', 'k', 'v')] })
    expect(await contents(lease)).toEqual({ 's/k': 'v' })
    await store.close()

    const distrustful = open({ url })
    await expect(take(distrustful, 'a', 'one')).rejects.toMatchObject({
      code: 'STORE_REJECTED',
      remedy: expect.stringContaining('redis.tls.ca_file'),
    })
    await distrustful.close()
  })

  describe('a cluster node that restarts', () => {
    let cluster: RedisCluster
    beforeAll(async () => {
      cluster = await startRedisCluster()
    })
    afterAll(() => cluster.stop())

    test('scopes on it fail for a while, then go on', async () => {
      const store = open({ cluster: cluster.nodes, timeout: 2000 })
      const scopes = Array.from({ length: 12 }, (_, i) => `detect:events/${i}`)
      await Promise.all(scopes.map((scope) => take(store, scope, 'one')))
      await cluster.servers[1]!.restart()
      for (const scope of scopes) {
        await expect.poll(() => succeeds(take(store, scope, 'one')), { timeout: 30_000 }).toBe(true)
      }
      await store.close()
    })
  })

  test('settings that lose data are warned of; a server that hides them is not', async () => {
    const warnings = async (args: string[]) => {
      const lines: string[] = []
      const server = await ownRedis({ args })
      const recording = createLogger({ level: 'warn', format: 'json' }, createSecretScrubber(), {
        write: (line) => void lines.push(line),
      })
      const store = createRedisStore({ url: server.url, clock: systemClock, logger: recording })
      // Replies come in order, so once the lease is there the settings have been read.
      await take(store, 'a', 'one')
      await take(store, 'a', 'one')
      await store.close()
      return lines.join('')
    }
    const careless = await warnings(['--maxmemory-policy', 'allkeys-lru'])
    expect(careless).toContain('maxmemory-policy')
    expect(careless).toContain('append-only')
    expect(await warnings(['--appendonly', 'yes'])).toBe('')
    expect(await warnings(['--rename-command', 'CONFIG', ''])).toBe('')
  })
})

/** A server that ends with the test. */
async function ownRedis(settings?: PrivateRedisSettings): Promise<PrivateRedis> {
  const server = await startPrivateRedis(settings)
  onTestFinished(() => server.stop())
  return server
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}

/** The scope `killed` holds one whole commit of the committer: its 20,000 entries all carry the same number. */
async function expectOneCommit(store: StateStore, atLeast: number): Promise<void> {
  const restored = await entries(await take(store, 'killed', 'survivor'))
  const values = new Set(restored.map(({ value }) => Number(value)))
  expect(values.size).toBe(1)
  expect(new Set(restored.map(({ section, key }) => `${section}/${key}`)).size).toBe(20_000)
  expect(Math.max(...values)).toBeGreaterThanOrEqual(atLeast)
}
