import type { Clock } from '../clock.ts'
import { second } from '../duration.ts'
import { hasCode } from '../errors.ts'
import {
  type Log,
  type LogRecord,
  type PartitionHandler,
  partitionName,
  type Subscription,
  type TopicPartition,
} from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { retrying } from '../retrying.ts'
import type { StateStore } from '../store/state-store.ts'
import { type CheckpointOptions, leaseTtl, PartitionRunner } from './partition-runner.ts'
import type { PartitionTask } from './task.ts'

export type ProcessorOptions = {
  /** `detect` or `alert`: names the consumer group, the scopes and the metrics. */
  readonly stage: string
  readonly group: string
  readonly topic: string
  readonly deadLetterTopic: string
  readonly createTask: (partition: TopicPartition) => PartitionTask
  readonly checkpoint: CheckpointOptions
  readonly log: Log
  readonly store: StateStore
  /** Unique per process. */
  readonly owner: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Called once when the processor cannot go on by itself. */
  readonly onFailure: (error: Error) => void
}

/** `restoring`: partitions whose state is being read. */
export type ProcessorStatus = {
  readonly subscribed: boolean
  readonly restoring: number
  readonly partitions: readonly string[]
}

const tickInterval = second
const lagInterval = 15 * second
const rejoinPause = 2 * second

/**
 * Runs one task per partition of a topic that the consumer group gives to this process. A partition that turns out to
 * belong to somebody else (FENCED) is dropped without writing anything, and the group is joined anew.
 */
export class Processor implements PartitionHandler {
  readonly #options: ProcessorOptions
  readonly #runners = new Map<number, PartitionRunner>()
  readonly #abort = new AbortController()
  readonly #cancels: (() => void)[] = []
  #subscription: Subscription | undefined
  #rejoining: Promise<void> | undefined
  #restoring = 0

  constructor(options: ProcessorOptions) {
    this.#options = options
  }

  /** Joins the group. @throws LOG_UNAVAILABLE when the log cannot be reached. */
  async start(): Promise<void> {
    const { clock } = this.#options
    await this.#subscribe()
    this.#cancels.push(clock.every(tickInterval, () => this.#tick()))
    this.#cancels.push(clock.every(lagInterval, () => void this.#measureLag().catch(() => undefined)))
  }

  /** Takes no further record, makes the last checkpoints and leaves the group. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel()
    this.#abort.abort()
    await this.#rejoining
    await this.#subscription?.stop()
    this.#subscription = undefined
  }

  status(): ProcessorStatus {
    const partitions = [...this.#runners.keys()].sort((a, b) => a - b)
    return {
      subscribed: this.#subscription !== undefined,
      restoring: this.#restoring,
      partitions: partitions.map((partition) => partitionName({ topic: this.#options.topic, partition })),
    }
  }

  async assigned(partition: TopicPartition): Promise<number | 'committed'> {
    const { stage, clock, logger } = this.#options
    this.#restoring++
    try {
      const runner = await retrying(() => this.#open(partition), {
        clock,
        signal: this.#abort.signal,
        onRetry: (error, wait) =>
          logger.warn(
            { stage, err: error },
            `${partitionName(partition)} cannot be restored; again in ${wait} ms`,
          ),
      })
      this.#runners.set(partition.partition, runner)
      this.#countOwned()
      logger.info({ stage, nextOffset: runner.nextOffset ?? null }, `${partitionName(partition)} is ours`)
      return runner.nextOffset ?? 'committed'
    } catch (error) {
      if (!hasCode(error, 'FENCED')) throw error
      this.#drop(partition)
      return 'committed'
    } finally {
      this.#restoring--
    }
  }

  async records(
    partition: TopicPartition,
    records: readonly LogRecord[],
    alive: () => Promise<boolean>,
  ): Promise<void> {
    const runner = this.#runners.get(partition.partition)
    await this.#guard(partition, async () => runner?.process(records, alive))
  }

  async revoked(partition: TopicPartition, reason: 'rebalance' | 'stopped' | 'lost'): Promise<void> {
    const runner = this.#runners.get(partition.partition)
    this.#runners.delete(partition.partition)
    this.#countOwned()
    await runner?.close(reason !== 'lost').catch((error: unknown) => {
      if (!hasCode(error, 'FENCED')) throw error
    })
    this.#options.logger.info(
      { stage: this.#options.stage, reason },
      `${partitionName(partition)} is released`,
    )
  }

  async #subscribe(): Promise<void> {
    const { log, group, topic } = this.#options
    const onFailure = (error: Error) => this.#fail(error)
    this.#subscription = await log.subscribe({ group, topics: [topic], handler: this, onFailure })
  }

  async #open(partition: TopicPartition): Promise<PartitionRunner> {
    const { stage, store, owner, log, createTask, ...shared } = this.#options
    const lease = await store.acquire(`${stage}:${partitionName(partition)}`, {
      owner,
      ttl: leaseTtl,
      mode: 'steal',
    })
    if (!lease)
      throw new Error(`${partitionName(partition)}: a lease cannot be refused when it is taken by force`)
    const runner = await PartitionRunner.restore({
      ...shared,
      stage,
      partition,
      lease,
      task: createTask(partition),
      append: (topic, records) => log.append(topic, records),
      commit: async (nextOffset) => this.#subscription?.commit(partition, nextOffset),
      onFailure: (error) =>
        void this.#guard(partition, () => Promise.reject(error)).catch((failure) => this.#fail(failure)),
    })
    await this.#compareWithLog(partition, runner)
    return runner
  }

  /** A checkpoint that does not fit the log is no reason to pass records over: what has been counted is known by its id. */
  async #compareWithLog(partition: TopicPartition, runner: PartitionRunner): Promise<void> {
    const { log, stage, logger } = this.#options
    const offsets = (await log.offsets(partition.topic)).find(
      (found) => found.partition === partition.partition,
    )
    if (!offsets || runner.nextOffset === undefined) return
    const { first, next } = offsets
    const { nextOffset } = runner
    if (nextOffset >= first && nextOffset <= next) return
    const what =
      nextOffset > next
        ? `ends at offset ${next}: it is another log than before, and is read from its beginning`
        : `begins at offset ${first}: ${first - nextOffset} records went before they were processed; keep them longer`
    logger.error(
      { stage },
      `${partitionName(partition)}: the checkpoint says ${nextOffset}, but the log ${what}`,
    )
    runner.continueAt(first)
  }

  /** Runs an action on a partition; FENCED drops the partition instead of failing the processor. */
  async #guard(partition: TopicPartition, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!hasCode(error, 'FENCED')) throw error
      this.#options.logger.warn(
        { stage: this.#options.stage },
        `${partitionName(partition)} has another owner now; it is dropped and the group is joined anew`,
      )
      this.#drop(partition)
    }
  }

  #drop(partition: TopicPartition): void {
    const runner = this.#runners.get(partition.partition)
    this.#runners.delete(partition.partition)
    this.#countOwned()
    void runner?.close(false).catch(() => undefined)
    if (!this.#abort.signal.aborted)
      this.#rejoining ??= this.#rejoin().finally(() => (this.#rejoining = undefined))
  }

  async #rejoin(): Promise<void> {
    const { clock } = this.#options
    await clock.sleep(rejoinPause, this.#abort.signal)
    if (this.#abort.signal.aborted) return
    try {
      await this.#subscription?.stop()
      await this.#subscribe()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #tick(): void {
    const { topic } = this.#options
    for (const [partition, runner] of this.#runners) {
      this.#guard({ topic, partition }, () => runner.tick()).catch((error) => {
        if (!hasCode(error, 'STORE_UNAVAILABLE')) this.#fail(error)
      })
    }
  }

  /** What fails while we stop is the stopping's business, not the owner's. */
  #fail(error: Error): void {
    if (!this.#abort.signal.aborted) this.#options.onFailure(error)
  }

  #countOwned(): void {
    this.#options.metrics.partitions_owned.set({ stage: this.#options.stage }, this.#runners.size)
  }

  async #measureLag(): Promise<void> {
    const { stage, topic, log, metrics } = this.#options
    for (const { partition, next, first } of await log.offsets(topic)) {
      const runner = this.#runners.get(partition)
      const labels = { stage, partition: String(partition) }
      if (runner) metrics.lag_records.set(labels, next - (runner.nextOffset ?? first))
      else metrics.lag_records.remove(labels)
    }
  }
}
