import type { Logger } from '../../logger.ts'
import type { RedisConnection } from './redis-connection.ts'

/**
 * Warns once of server settings under which Redis forgets what it has acknowledged. Silent when CONFIG is forbidden, as
 * in most managed offers, or when the server cannot be reached.
 */
export async function warnOfDataLoss(connection: RedisConnection, logger: Logger): Promise<void> {
  const read = (name: string) =>
    connection
      .run(`read ${name}`, (client) => client.config('GET', name))
      .then((answer) => (Array.isArray(answer) ? String(answer[1]) : undefined))
      .catch(() => undefined)
  const policy = await read('maxmemory-policy')
  if (policy !== undefined && policy !== 'noeviction') {
    logger.warn(
      { remedy: 'CONFIG SET maxmemory-policy noeviction' },
      `Redis evicts keys when memory is short (maxmemory-policy ${policy}): state would be lost silently`,
    )
  }
  if ((await read('appendonly')) === 'no') {
    logger.warn(
      { remedy: 'CONFIG SET appendonly yes' },
      'Redis keeps no append-only file: a restart of the server loses the newest checkpoints',
    )
  }
}
