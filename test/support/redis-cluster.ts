import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { vi } from 'vitest'
import { type PrivateRedis, startPrivateRedis } from './private-redis.ts'

/** Three primaries without replicas that share the slots. */
export type RedisCluster = {
  /** `host:port` of each node. */
  readonly nodes: readonly string[]
  readonly servers: readonly PrivateRedis[]
  stop(): Promise<void>
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const servers = await Promise.all([startNode(), startNode(), startNode()])
  const nodes = servers.map(({ port }) => `127.0.0.1:${port}`)
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'])
  await Promise.all(servers.map(({ port }) => agrees(port)))
  return {
    nodes,
    servers,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}

/** The cluster bus takes the port 10000 higher, which may be taken or beyond 65535: then another port is tried. */
async function startNode(): Promise<PrivateRedis> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startPrivateRedis({ args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', '3000'] })
    } catch (error) {
      if (attempt === 20) throw error
    }
  }
}

/** Resolves once the node sees all slots served. */
async function agrees(port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1')
  try {
    await vi.waitFor(
      async () => {
        const info = await client.cluster('INFO')
        if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3'))
          throw new Error(info)
      },
      { timeout: 20_000, interval: 50 },
    )
  } finally {
    client.disconnect()
  }
}
