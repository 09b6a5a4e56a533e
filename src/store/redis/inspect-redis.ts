import { Cluster, type Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { StoreFacts, StoreNode } from '../store-facts.ts'
import { createRedisConnection, type RedisConnectionOptions } from './redis-connection.ts'

/**
 * Reads how the servers are set up, by INFO alone, which also a restricted user and a managed offer allow; changes nothing.
 * @throws STORE_UNAVAILABLE, STORE_REJECTED
 */
export async function inspectRedis(
  options: RedisConnectionOptions & { readonly clock: Clock; readonly logger: Logger },
): Promise<StoreFacts> {
  const connection = createRedisConnection(options, options.clock, options.logger)
  try {
    return await connection.run('tell about itself', async (client) => {
      const servers = client instanceof Cluster ? client.nodes('master') : [client]
      return { nodes: await Promise.all(servers.map(inspectNode)) }
    })
  } finally {
    await connection.close()
  }
}

async function inspectNode(server: Redis): Promise<StoreNode> {
  const info = parseInfo(await server.info())
  const { host, port } = server.options
  return {
    address: `${host}:${port}`,
    version: info.get('valkey_version') ?? info.get('redis_version') ?? '',
    isPrimary: info.get('role') === 'master',
    evictionPolicy: info.get('maxmemory_policy') ?? '',
    appendOnlyFile: info.get('aof_enabled') === '1',
    lastWriteFailed: info.get('aof_last_write_status') === 'err',
    usedMemory: Number(info.get('used_memory') ?? 0),
    maxMemory: Number(info.get('maxmemory') ?? 0),
  }
}

/** Lines `name:value`, and headings that begin with `#`. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':')
    return colon > 0 && !line.startsWith('#') ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : []
  })
  return new Map(pairs)
}
