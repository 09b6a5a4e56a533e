import type { LogRecord, NewRecord } from '../log/log.ts'
import type { KeyedState } from './keyed-state.ts'

/**
 * What is done with the records of one partition. Deterministic: the same records from the same state give the same
 * state and the same output, since time comes from the records. One instance per partition and assignment.
 */
export interface PartitionTask {
  /** Every keyed state of the task; the engine restores them before the first record and saves them in checkpoints. */
  readonly states: readonly KeyedState<unknown>[]
  /** Called once, after the states have been restored and before the first record. */
  restored?(): void
  /**
   * Handles one record. Synchronous: whatever must wait goes through `output` or `checkpointed`.
   * @throws RECORD_MALFORMED for a record that nobody can use: it goes to the dead-letter topic with the message.
   */
  process(record: LogRecord, output: Output): void
  /** Called after each checkpoint: everything processed so far is durable. */
  checkpointed?(): void
  /** The partition is being released; nothing more will be called. */
  close?(): Promise<void>
}

export interface Output {
  /** Appends to a topic. The engine waits for the log's acknowledgement before the checkpoint that covers it. */
  emit(topic: string, record: NewRecord): void
  /** Asks for a checkpoint right after the records at hand, instead of at the usual interval. */
  checkpointSoon(): void
}
