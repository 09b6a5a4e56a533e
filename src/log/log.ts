/**
 * The partitioned, durable log. Two implementations: Kafka, and one SQLite file for a single process.
 * Records with the same key lie in one partition in the order in which they were appended.
 */
export interface Log {
  /** Creates the topics that do not exist; leaves the others as they are. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>
  /**
   * Appends records and resolves when all are durable (acks=all / synced file). Calls for one topic keep their order,
   * also when the caller does not wait between them.
   * @throws LOG_UNAVAILABLE when durability cannot be had for now: some of the records may be in the log all the same.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<void>
  /** Joins a consumer group. Resolves when the member takes part; rejects when the log cannot be reached. */
  subscribe(subscription: SubscriptionOptions): Promise<Subscription>
  /** Reads a partition from `from` up to what its end is now, outside of any group. */
  read(partition: TopicPartition, from: number, signal?: AbortSignal): AsyncIterable<LogRecord>
  /** First and next offset of every partition of a topic; empty when the topic does not exist. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  /**
   * The first record of every partition of a topic that was appended at `time` (ms since the epoch) or later, by the clock of
   * whoever appended it; the next offset where there is none. Empty when the topic does not exist.
   */
  offsetsAt(topic: string, time: number): Promise<readonly PartitionOffset[]>
  close(): Promise<void>
}

/** A topic to create. */
export type TopicSpec = {
  readonly name: string
  readonly partitions: number
  /** How long records are kept, in ms; the log's own default when absent. */
  readonly retention?: number
}

/** Names one partition of one topic. */
export type TopicPartition = { readonly topic: string; readonly partition: number }

/** `first`: offset of the oldest record kept. `next`: offset that the next appended record will get. */
export type PartitionOffsets = { readonly partition: number; readonly first: number; readonly next: number }

/** A place in a partition. */
export type PartitionOffset = { readonly partition: number; readonly offset: number }

/** A record to append. The key decides on the partition. */
export type NewRecord = {
  readonly key: string
  readonly value: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}

/** A record as the log keeps it. */
export type LogRecord = TopicPartition & {
  readonly offset: number
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
  /** When the record was appended, ms since the epoch. */
  readonly timestamp: number
}

export type SubscriptionOptions = {
  readonly group: string
  readonly topics: readonly string[]
  readonly handler: PartitionHandler
  /** Called once when the subscription cannot go on (the handler threw, or the log refused it for good). */
  readonly onFailure: (error: Error) => void
}

/** What a member does with its partitions. Calls for one partition never overlap. */
export interface PartitionHandler {
  /**
   * The partition belongs to this member from now on. Answers the next offset to read, or `'committed'` for the group's
   * committed offset (the oldest record where nothing was committed). No record arrives before this has resolved.
   */
  assigned(partition: TopicPartition): Promise<number | 'committed'>
  /**
   * Records of one partition in order. The next ones come after this has resolved: that is the back-pressure. Call
   * `alive()` at least every few hundred records: it keeps the membership, and answers false once the partition is no
   * longer ours (then stop at once; the remaining records are somebody else's).
   */
  records(
    partition: TopicPartition,
    records: readonly LogRecord[],
    alive: () => Promise<boolean>,
  ): Promise<void>
  /** The partition is not ours any more. With `lost` the new owner may already be at work. */
  revoked(partition: TopicPartition, reason: 'rebalance' | 'stopped' | 'lost'): Promise<void>
}

/** Membership in a consumer group. */
export interface Subscription {
  /** Records how far the group has come. Advisory: the true next offset is in the checkpoint. */
  commit(partition: TopicPartition, nextOffset: number): Promise<void>
  /** Continues reading a partition of ours at another offset. */
  seek(partition: TopicPartition, nextOffset: number): void
  /** Takes no further records, waits for the handler, revokes every partition (`stopped`) and leaves the group. */
  stop(): Promise<void>
}

/** `events/3`: the name of a partition in logs, metrics and scopes. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
