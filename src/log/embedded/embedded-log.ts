import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Cancel, Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import { ForcewatchError, messageOf } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type {
  Log,
  LogRecord,
  NewRecord,
  PartitionOffset,
  PartitionOffsets,
  Subscription,
  SubscriptionOptions,
  TopicPartition,
  TopicSpec,
} from '../log.ts'
import { partitionOf } from '../partitioning.ts'
import { unknownTopic } from './embedded-errors.ts'
import { GroupMember, pageBytes, pageRecords } from './group-member.ts'
import { LogFile, type PartitionAppend } from './log-file.ts'

export type EmbeddedLogOptions = {
  /** The SQLite file; it and its directory are created when absent. `-wal`, `-shm` and one `.lock` per group lie beside it. */
  readonly file: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The log as one SQLite file. Records are durable when `append` resolves (WAL, synchronous=FULL), also across a power
 * cut. Other processes may open the file; of each consumer group one member takes every partition, and the others wait
 * for its end.
 * @throws LOG_REJECTED when the file cannot be opened or is not ours.
 */
export function createEmbeddedLog(options: EmbeddedLogOptions): Log {
  return new EmbeddedLog(options)
}

/** How often to look for what other processes wrote; within a process readers are woken at once. */
const pollInterval = second
const pruneInterval = 10 * minute
/** Records removed in one transaction, so that pruning never holds up appends for long. */
const pruneChunk = 1_000

type PendingAppend = {
  readonly appends: readonly PartitionAppend[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

class EmbeddedLog implements Log {
  readonly #file: LogFile
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #members = new Set<GroupMember>()
  readonly #timers: readonly Cancel[]
  #pending: PendingAppend[] = []
  #flushing: Promise<void> | undefined
  #closed = false

  constructor({ file, clock, logger }: EmbeddedLogOptions) {
    this.#file = new LogFile(file, clock)
    this.#logger = logger
    this.#clock = clock
    this.#timers = [
      clock.every(pollInterval, () => this.#poll()),
      clock.every(pruneInterval, () => void this.#prune()),
    ]
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<void> {
    for (const topic of topics) this.#file.createTopic(topic)
    void this.#prune()
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    if (this.#closed) throw closed(this.#file.path)
    const partitions = this.#file.partitionCount(topic)
    if (partitions === 0) throw unknownTopic(topic, this.#file.path)
    const appends = groupByPartition(topic, records, partitions)
    await new Promise<void>((resolve, reject) => {
      this.#pending.push({ appends, resolve, reject })
      this.#flushing ??= this.#flushSoon()
    })
  }

  async subscribe(options: SubscriptionOptions): Promise<Subscription> {
    if (this.#closed) throw closed(this.#file.path)
    for (const topic of options.topics) {
      if (this.#file.partitionCount(topic) === 0) throw unknownTopic(topic, this.#file.path)
    }
    const member = new GroupMember(options, {
      file: this.#file,
      logger: this.#logger,
      onEnd: () => {
        this.#members.delete(member)
        this.#poll()
      },
    })
    member.start()
    this.#members.add(member)
    return member
  }

  async *read(partition: TopicPartition, from: number, signal?: AbortSignal): AsyncGenerator<LogRecord> {
    const end = (await this.offsets(partition.topic))[partition.partition]?.next ?? 0
    for (let next = from; next < end; ) {
      const records = this.#file.read(partition, next, pageRecords, pageBytes)
      for (const record of records) {
        if (record.offset >= end || signal?.aborted) return
        yield record
        next = record.offset + 1
      }
      if (records.length === 0) return
    }
  }

  async offsets(topic: string): Promise<readonly PartitionOffsets[]> {
    return this.#file.offsets(topic)
  }

  async offsetsAt(topic: string, time: number): Promise<readonly PartitionOffset[]> {
    return this.#file.offsetsAt(topic, time)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const cancel of this.#timers) cancel()
    await this.#flushing
    await Promise.all([...this.#members].map((member) => member.stop()))
    this.#file.close()
  }

  /** Everything appended within one turn of the event loop shares one transaction, and so one wait for the disk. */
  async #flushSoon(): Promise<void> {
    await nextTurn()
    const pending = this.#pending.splice(0)
    this.#flushing = undefined
    try {
      this.#file.append(pending.flatMap(({ appends }) => appends))
      for (const { resolve } of pending) resolve()
    } catch (error) {
      for (const { reject } of pending) reject(error)
      return
    }
    this.#wakeMembers()
  }

  #poll(): void {
    this.#wakeMembers()
    for (const member of this.#members) member.takeOver()
  }

  #wakeMembers(): void {
    for (const member of this.#members) member.wake()
  }

  async #prune(): Promise<void> {
    try {
      while (!this.#closed && this.#file.prune(pruneChunk)) await this.#clock.sleep(1)
    } catch (error) {
      this.#logger.warn({ err: error }, `old records could not be removed: ${messageOf(error)}`)
    }
  }
}

function groupByPartition(
  topic: string,
  records: readonly NewRecord[],
  partitions: number,
): PartitionAppend[] {
  const groups = Map.groupBy(records, ({ key }) => partitionOf(key, partitions))
  return [...groups].map(([partition, group]) => ({ topic, partition, records: group }))
}

function closed(file: string): ForcewatchError {
  return new ForcewatchError('LOG_UNAVAILABLE', `The embedded log ${file} is closed.`)
}
