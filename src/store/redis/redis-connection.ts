import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { ForcewatchError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { makeStringsFast } from './fast-strings.ts'
import { isRejection, toStoreError } from './redis-errors.ts'

export type RedisConnectionOptions = {
  /** One server: `redis://` or `rediss://` (TLS), with an optional database number as path. */
  readonly url?: string | undefined
  /** Or some nodes of a cluster, each `host:port`; the others are found from there. */
  readonly cluster?: readonly string[] | undefined
  /** ACL user; `default` when absent. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** TLS with these PEM texts (not paths); `{}` for TLS with the system's authorities. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined
  /** The longest that one call with little to send may take, waiting for a connection included, ms. 10 seconds when absent. */
  readonly timeout?: number | undefined
}

makeStringsFast()

const defaultTimeout = 10_000
/** A line and a server slower than this, in bytes per ms, count as dead. */
const slowest = 4_000

/** A connection that comes back by itself. */
export interface RedisConnection {
  /**
   * Runs one request; waits for the connection when there is none just now, but never longer than the timeout.
   * @param what completes "Redis failed to …" in the error.
   * @param bytes how much it sends; it may take longer by what that takes on a slow line.
   * @throws STORE_UNAVAILABLE: the request may have been carried out all the same; STORE_REJECTED
   */
  run<T>(what: string, request: (client: Redis | Cluster) => Promise<T>, bytes?: number): Promise<T>
  close(): Promise<void>
}

/** Starts connecting at once and in the background. @throws CONFIG_INVALID */
export function createRedisConnection(
  options: RedisConnectionOptions,
  clock: Clock,
  logger: Logger,
): RedisConnection {
  const client = createClient(options)
  const server = serverName(options)
  const timeout = options.timeout ?? defaultTimeout
  let lastError: Error | undefined
  let closed = false
  let change = Promise.withResolvers<void>()

  watchOutages(client, server, logger)
  for (const event of ['ready', 'error', 'node error', 'close', 'end']) {
    client.on(event, (error?: Error) => {
      lastError = event === 'ready' ? undefined : (error ?? lastError)
      change.resolve()
      change = Promise.withResolvers()
    })
  }

  async function ready(abandoned: AbortSignal): Promise<void> {
    while (client.status !== 'ready') {
      if (closed) throw new Error('the store is closed')
      abandoned.throwIfAborted()
      if (lastError !== undefined && isRejection(lastError)) throw lastError
      await change.promise
    }
  }

  /** An answer that stays away means a dead connection: the repetition must meet a new one before TCP notices. */
  function giveUp(timeout: number): Error {
    if (client.status === 'ready') client.disconnect(true)
    return lastError ?? new Error(`no answer within ${Math.round(timeout)} ms`)
  }

  return {
    async run(what, request, bytes = 0) {
      const abandoned = new AbortController()
      const work = async () => {
        await ready(abandoned.signal)
        // A request that nobody waits for any more must not be sent.
        abandoned.signal.throwIfAborted()
        return request(client)
      }
      try {
        return await withDeadline(work(), clock, timeout + bytes / slowest, giveUp)
      } catch (error) {
        throw toStoreError(error, what, server)
      } finally {
        abandoned.abort()
      }
    },
    async close() {
      closed = true
      if (client.status === 'ready') await client.quit().catch(() => undefined)
      else client.disconnect()
    },
  }
}

function createClient(options: RedisConnectionOptions): Redis | Cluster {
  const common = {
    connectionName: 'forcewatch',
    connectTimeout: 5000,
    // How long a server may take to agree that a connection is over.
    disconnectTimeout: 100,
    // Requests in flight fail at once when the connection is lost; nothing is repeated behind our back.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
  } satisfies RedisOptions
  if (options.cluster && options.cluster.length > 0) {
    return new Cluster(options.cluster.map(parseNode), {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: backOff,
      slotsRefreshTimeout: 5000,
      slotsRefreshInterval: 30_000,
      // Certificates name hosts: TLS must see the name, not the looked-up address.
      ...(options.tls ? { dnsLookup: keepName } : {}),
    })
  }
  if (options.url) {
    return new Redis(options.url, { ...common, enableOfflineQueue: false, retryStrategy: backOff })
  }
  throw new ForcewatchError('CONFIG_INVALID', 'The Redis store has no address.', {
    remedy: 'Set `redis.url` or `redis.cluster`.',
  })
}

function keepName(host: string, callback: (error: null, address: string) => void): void {
  callback(null, host)
}

/** 50 ms, doubling up to 5 s, and up to a fifth more so that a fleet does not come back in step. */
function backOff(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt - 1, 10), 5000) * (1 + Math.random() / 5)
}

function parseNode(node: string): { host: string; port: number } {
  const colon = node.lastIndexOf(':')
  return { host: node.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(node.slice(colon + 1)) }
}

/** The address without credentials. */
function serverName({ url, cluster }: RedisConnectionOptions): string {
  return cluster?.length ? cluster.join(', ') : new URL(url ?? 'redis://').host
}

/** Logs each outage once, when it begins and when it is over. */
function watchOutages(client: Redis | Cluster, server: string, logger: Logger): void {
  let down = false
  const failed = (error: Error) => {
    if (down) return
    down = true
    const { message, remedy } = toStoreError(error, 'connect', server)
    logger.warn({ remedy }, message)
  }
  client.on('error', failed)
  client.on('node error', failed)
  client.on('ready', () => {
    if (down) logger.info(`Redis at ${server} is back`)
    down = false
  })
}

async function withDeadline<T>(
  work: Promise<T>,
  clock: Clock,
  timeout: number,
  giveUp: (timeout: number) => Error,
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const cancel = clock.after(timeout, () => late.reject(giveUp(timeout)))
  try {
    return await Promise.race([work, late.promise])
  } finally {
    cancel()
  }
}
