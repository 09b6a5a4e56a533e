/** A topic as a cluster has it. */
export type TopicFacts = {
  readonly name: string
  readonly partitions: number
  /** Replicas, and those in sync, of the partition that has fewest. */
  readonly replicas: number
  readonly inSync: number
  /** How many replicas must take an append before it is acknowledged. */
  readonly minInSync: number
  /** How long records are kept, ms; Infinity for ever. */
  readonly retention: number
  /** Most bytes of partition that are kept; Infinity for any. */
  readonly retentionBytes: number
  /** Whether older records with the key of a newer one are removed. */
  readonly compacted: boolean
  readonly maxMessageBytes: number
}

/** A cluster as a person who sets it up must know it. Topics that do not exist are not among `topics`. */
export type LogFacts = { readonly brokers: number; readonly topics: readonly TopicFacts[] }
