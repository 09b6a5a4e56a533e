import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from '../../logger.ts'
import { partitionName, type Subscription, type SubscriptionOptions, type TopicPartition } from '../log.ts'
import { GroupLock } from './group-lock.ts'
import type { LogFile } from './log-file.ts'

/** What is read, and handed over, at once. */
export const pageRecords = 512
export const pageBytes = 4 << 20

/** What the log gives each of its members. */
export type MemberContext = {
  readonly file: LogFile
  readonly logger: Logger
  /** Called when the member has left the group, for whatever reason. */
  readonly onEnd: () => void
}

/**
 * A member of a consumer group. While it holds the group's lock every partition of its topics is its own, each with a
 * reading loop; before that it waits and gets nothing.
 */
export class GroupMember implements Subscription {
  readonly #options: SubscriptionOptions
  readonly #context: MemberContext
  readonly #lock: GroupLock
  readonly #loops = new Map<string, PartitionLoop>()
  #waitingIsKnown = false
  #ended: Promise<void> | undefined

  constructor(options: SubscriptionOptions, context: MemberContext) {
    this.#options = options
    this.#context = context
    this.#lock = new GroupLock(context.file.path, options.group)
  }

  /** Takes the group if nobody has it. @throws LOG_REJECTED, LOG_UNAVAILABLE when the lock file cannot be used. */
  start(): void {
    if (this.#lock.tryAcquire()) this.#takePartitions()
    else this.#tellThatItWaits()
  }

  /** There may be new records. */
  wake(): void {
    for (const loop of this.#loops.values()) loop.wake()
  }

  /** The group may be free now. */
  takeOver(): void {
    if (this.#ended || this.#lock.held) return
    try {
      this.start()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Advisory, as the port says: an offset that does not get through is a line in the log. */
  async commit(partition: TopicPartition, nextOffset: number): Promise<void> {
    const { file, logger } = this.#context
    const { group } = this.#options
    try {
      file.commit(group, partition, nextOffset)
    } catch (error) {
      logger.warn({ group, err: error }, `the offset of ${partitionName(partition)} was not committed`)
    }
  }

  seek(partition: TopicPartition, nextOffset: number): void {
    this.#loops.get(partitionName(partition))?.seek(nextOffset)
  }

  stop(): Promise<void> {
    this.#ended ??= this.#end('stopped')
    return this.#ended
  }

  #takePartitions(): void {
    const { file } = this.#context
    const { topics, group, handler } = this.#options
    for (const topic of topics) {
      for (let partition = 0; partition < file.partitionCount(topic); partition++) {
        const onFailure = (error: Error) => this.#fail(error)
        const loop = new PartitionLoop({ partition: { topic, partition }, file, group, handler, onFailure })
        this.#loops.set(partitionName({ topic, partition }), loop)
        loop.start()
      }
    }
  }

  async #end(reason: 'stopped' | 'lost'): Promise<void> {
    const results = await Promise.allSettled([...this.#loops.values()].map((loop) => loop.end(reason)))
    this.#lock.release()
    this.#context.onEnd()
    const failed = results.find((result) => result.status === 'rejected')
    if (failed && reason === 'stopped') throw failed.reason
  }

  #fail(error: Error): void {
    if (this.#ended) return
    this.#ended = this.#end('lost')
    this.#options.onFailure(error)
  }

  #tellThatItWaits(): void {
    if (this.#waitingIsKnown) return
    this.#waitingIsKnown = true
    const { file, logger } = this.#context
    logger.warn(
      { group: this.#options.group, remedy: 'Use Kafka to share the work of a group among processes.' },
      `another member of group ${this.#options.group} reads ${file.path}: this one waits for its end`,
    )
  }
}

type LoopOptions = Pick<SubscriptionOptions, 'group' | 'handler' | 'onFailure'> & {
  readonly partition: TopicPartition
  readonly file: LogFile
}

/** Reads one partition and hands over page after page, from assignment to revocation. */
class PartitionLoop {
  readonly #options: LoopOptions
  #next = 0
  #seeks = 0
  #assigned = false
  #ending = false
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run().catch((error) => {
      this.#ending = true
      this.#options.onFailure(error)
    })
  }

  wake(): void {
    this.#wake?.()
  }

  seek(nextOffset: number): void {
    this.#next = nextOffset
    this.#seeks++
    this.wake()
  }

  async end(reason: 'stopped' | 'lost'): Promise<void> {
    const { handler, partition } = this.#options
    this.#ending = true
    this.wake()
    await this.#running
    if (this.#assigned) await handler.revoked(partition, reason)
  }

  async #run(): Promise<void> {
    const { file, group, handler, partition } = this.#options
    const start = await handler.assigned(partition)
    this.#assigned = true
    const oldest = () => file.offsets(partition.topic)[partition.partition]?.first ?? 0
    this.#next = start === 'committed' ? (file.committed(group, partition) ?? oldest()) : start
    while (!this.#ending) await this.#handOver()
  }

  async #handOver(): Promise<void> {
    const { file, handler, partition } = this.#options
    const records = file.read(partition, this.#next, pageRecords, pageBytes)
    const last = records.at(-1)
    if (!last) return this.#untilWoken()
    const seeks = this.#seeks
    await handler.records(partition, records, () => this.#isAlive())
    if (seeks === this.#seeks) this.#next = last.offset + 1
    await nextTurn()
  }

  /** Lets timers and sockets have their turn, too: they would starve while a backlog is worked off. */
  async #isAlive(): Promise<boolean> {
    await nextTurn()
    return true
  }

  #untilWoken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
