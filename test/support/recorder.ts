import { setTimeout as delay } from 'node:timers/promises'
import {
  type LogRecord,
  type PartitionHandler,
  partitionName,
  type TopicPartition,
} from '../../src/log/log.ts'

/** A handler that keeps what it is given, and lets a test wait for it. Hooks replace or precede parts of it. */
export class Recorder implements PartitionHandler {
  /** Every record, in the order of arrival. */
  readonly received: LogRecord[] = []
  /** `assigned events/0`, `revoked events/0 stopped` … in order. */
  readonly events: string[] = []
  /** The partitions at present. */
  readonly owned = new Set<string>()
  readonly failures: Error[] = []
  readonly #hooks: Partial<PartitionHandler>

  constructor(hooks: Partial<PartitionHandler> = {}) {
    this.#hooks = hooks
  }

  get values(): string[] {
    return this.received.map(({ value }) => value.toString())
  }

  async assigned(partition: TopicPartition): Promise<number | 'committed'> {
    const start = (await this.#hooks.assigned?.(partition)) ?? 'committed'
    this.owned.add(partitionName(partition))
    this.events.push(`assigned ${partitionName(partition)}`)
    return start
  }

  async records(
    partition: TopicPartition,
    records: readonly LogRecord[],
    alive: () => Promise<boolean>,
  ): Promise<void> {
    await this.#hooks.records?.(partition, records, alive)
    this.received.push(...records)
  }

  async revoked(partition: TopicPartition, reason: 'rebalance' | 'stopped' | 'lost'): Promise<void> {
    await this.#hooks.revoked?.(partition, reason)
    this.owned.delete(partitionName(partition))
    this.events.push(`revoked ${partitionName(partition)} ${reason}`)
  }

  readonly onFailure = (error: Error): void => {
    this.failures.push(error)
  }

  /** Resolves soon after the condition, on this recorder or others, holds; rejects when it does not within `timeout` ms. */
  async until(condition: () => boolean, timeout = 45_000): Promise<void> {
    for (const end = Date.now() + timeout; !condition(); await delay(5)) {
      if (Date.now() < end) continue
      throw new Error(
        `it did not happen: ${condition}; ${this.received.length} records, ${this.events.join(', ')}`,
      )
    }
  }
}
