import type { Cluster, Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { ForcewatchError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Lease, LeaseOptions, StateChange, StateEntry, StateStore } from '../state-store.ts'
import { type SectionPart, toCommitCalls } from './commit-calls.ts'
import {
  createRedisConnection,
  type RedisConnection,
  type RedisConnectionOptions,
} from './redis-connection.ts'
import { createScopeKeys, type ScopeKeys } from './redis-keys.ts'
import { acquireScript, commitScript, releaseScript, renewScript } from './redis-scripts.ts'
import { warnOfDataLoss } from './redis-settings.ts'

export type RedisStoreOptions = RedisConnectionOptions & {
  /** First part of every key. `forcewatch` when absent. */
  readonly prefix?: string | undefined
}

/**
 * The store on Redis 6.2 or later (or a compatible server), one server or a cluster. Leases expire by the server's
 * clock. A commit is as durable as the server's settings make it: use AOF and maxmemory-policy noeviction. A server that
 * loses acknowledged commits all the same fences their lease, so that the owner goes on from the state that is left.
 *
 * With ACLs, the user needs what `requiredAclRules` answers.
 * @throws CONFIG_INVALID without an address
 */
export function createRedisStore(
  options: RedisStoreOptions & { readonly clock: Clock; readonly logger: Logger },
): StateStore {
  const { clock, logger, prefix = 'forcewatch' } = options
  const connection = createRedisConnection(options, clock, logger)
  void warnOfDataLoss(connection, logger)
  return {
    async acquire(scope, lease) {
      const keys = createScopeKeys(prefix, scope)
      const epoch = await connection.run(`take the lease on ${scope}`, (client) =>
        client.eval(acquireScript, 2, keys.fence, keys.lease, lease.owner, lease.ttl, lease.mode),
      )
      return epoch === null ? null : new RedisLease(connection, keys, scope, Number(epoch), lease)
    },
    read: (scope) => readScope(connection, scope, createScopeKeys(prefix, scope)),
    close: () => connection.close(),
  }
}

/** An answer of HSCAN should bring about so many bytes: the entries of a hash may have some bytes each, or a megabyte. */
const scanBytes = 1 << 20
/** How many entries the first answer brings, about, and how many a later one at least and at most. */
const firstCount = 100
const leastCount = 10
const mostCount = 10_000

async function* readScope(
  connection: RedisConnection,
  scope: string,
  keys: ScopeKeys,
): AsyncGenerator<StateEntry> {
  const sections = await connection.run(`list the sections of ${scope}`, (client) =>
    client.smembers(keys.sections),
  )
  for (const section of sections) yield* readSection(connection, scope, section, keys.section(section))
}

/** Redis works on the next answer while the caller works on the entries of this one. */
async function* readSection(
  connection: RedisConnection,
  scope: string,
  section: string,
  key: string,
): AsyncGenerator<StateEntry> {
  const scan = (cursor: string, count: number): Promise<[cursor: Buffer, fields: Buffer[]]> =>
    connection.run(`read ${scope}`, (client) => client.hscanBuffer(key, cursor, 'COUNT', count))
  let count = firstCount
  let answer = scan('0', count)
  for (let more = true; more; ) {
    const [cursor, fields] = await answer
    const next = cursor.toString()
    more = next !== '0'
    if (more) {
      count = nextCount(count, fields)
      answer = scan(next, count)
      // It is awaited above, unless the caller goes away.
      answer.catch(() => undefined)
    }
    for (let i = 0; i + 1 < fields.length; i += 2) {
      yield { section, key: (fields[i] as Buffer).toString(), value: fields[i + 1] as Buffer }
    }
  }
}

/** Redis closes the connection of a client that sends more than 1 GiB in one transaction. */
const mostBytes = 1_000_000_000

type CommitArguments = [keys: number, ...(string | number | Buffer)[]]

class RedisLease implements Lease {
  readonly scope: string
  readonly epoch: number
  readonly #connection: RedisConnection
  readonly #keys: ScopeKeys
  readonly #owner: string
  readonly #ttl: number
  #sequence = 0
  /** Sequence of the last commit that Redis said it had written. */
  #acknowledged = 0

  constructor(
    connection: RedisConnection,
    keys: ScopeKeys,
    scope: string,
    epoch: number,
    { owner, ttl }: LeaseOptions,
  ) {
    this.#connection = connection
    this.#keys = keys
    this.scope = scope
    this.epoch = epoch
    this.#owner = owner
    this.#ttl = ttl
  }

  async renew(): Promise<void> {
    const { fence, lease } = this.#keys
    const answer = await this.#connection.run(`renew the lease on ${this.scope}`, (client) =>
      client.eval(renewScript, 2, fence, lease, this.epoch, this.#owner, this.#ttl),
    )
    this.#check(answer)
  }

  async release(): Promise<void> {
    const { fence, lease } = this.#keys
    await this.#connection.run(`release the lease on ${this.scope}`, (client) =>
      client.eval(releaseScript, 2, fence, lease, this.epoch, this.#owner),
    )
  }

  restore(): AsyncGenerator<StateEntry> {
    return readScope(this.#connection, this.scope, this.#keys)
  }

  async commit(change: StateChange): Promise<void> {
    const bytes = sizeOf(change)
    if (bytes > mostBytes) throw tooBig(bytes, this.scope)
    this.#sequence += 1
    const sequence = this.#sequence
    const calls = toCommitCalls(change).map((parts) => this.#commitArguments(parts))
    const answers = await this.#connection.run(
      `save ${this.scope}`,
      (client) => evalAll(client, calls),
      bytes,
    )
    for (const answer of answers) this.#check(answer)
    this.#acknowledged = Math.max(this.#acknowledged, sequence)
  }

  /** Number of keys, the keys, the arguments: see {@link commitScript}. */
  #commitArguments(parts: readonly SectionPart[]): CommitArguments {
    const { fence, sections, section } = this.#keys
    const keys = [fence, sections, ...parts.map((part) => section(part.section))]
    const written = parts.flatMap(({ section: name, drop, deletes, puts }) => [
      name,
      drop ? 1 : 0,
      deletes.length,
      puts.length,
      ...deletes,
      ...puts,
    ])
    return [keys.length, ...keys, this.epoch, this.#owner, this.#sequence, this.#acknowledged, ...written]
  }

  #check(answer: unknown): void {
    if (answer === 'OK') return
    if (answer === 'SUPERSEDED') {
      throw new ForcewatchError('STORE_UNAVAILABLE', `A later commit of ${this.scope} overtook this one.`, {
        remedy: 'Repeat the commit.',
      })
    }
    throw new ForcewatchError(
      'FENCED',
      `The lease on scope ${this.scope} with epoch ${this.epoch} is not ours any more, or Redis has lost commits of it.`,
    )
  }
}

function nextCount(count: number, fields: readonly Buffer[]): number {
  const bytes = fields.reduce((sum, { length }) => sum + length, 1)
  return Math.round(Math.min(Math.max((count * scanBytes) / bytes, leastCount), mostCount))
}

/** Runs the calls of the commit script as one: a single EVAL, or several in a MULTI. */
async function evalAll(client: Redis | Cluster, calls: readonly CommitArguments[]): Promise<unknown[]> {
  const [only] = calls
  if (only && calls.length === 1) return [await client.eval(commitScript, ...only)]
  const transaction = client.multi()
  for (const call of calls) transaction.eval(commitScript, ...call)
  const answers = (await transaction.exec()) ?? []
  return answers.map(([error, answer]) => {
    if (error) throw error
    return answer
  })
}

function sizeOf({ puts }: StateChange): number {
  return puts.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
}

function tooBig(bytes: number, scope: string): ForcewatchError {
  return new ForcewatchError(
    'STORE_REJECTED',
    `A commit of ${scope} has ${bytes} bytes; Redis takes ${mostBytes}.`,
    { remedy: 'Checkpoint more often, or use more partitions.' },
  )
}
