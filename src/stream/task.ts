import type { LogRecord, NewRecord } from '../log/log.ts'
import type { StateKey } from '../store/state-store.ts'
import type { DurableState } from './keyed-state.ts'

/**
 * What is done with the records of one partition. Deterministic: the same records from the same state give the same
 * state and the same output, since time comes from the records. One instance per partition and assignment.
 */
export interface PartitionTask {
  /**
   * Every state of the task, read anew at each checkpoint, so that it may grow while detectors are reloaded. A section of the
   * store that none of them claims is kept for a week, in case that it is wanted again, and then removed.
   */
  readonly states: readonly DurableState[]
  /** Called once, after the states have been restored and before the first record. */
  restored?(engine: Engine): void
  /**
   * Called with the records that come next, before they are handed to `process` one by one: what depends on nothing but them, such as
   * reading them, is done faster for some of them in a row. Says nothing of what it cannot do; `process` does.
   */
  prepare?(records: readonly LogRecord[]): void
  /**
   * Handles one record. Synchronous: whatever must wait goes through `output` or `checkpointed`.
   * @throws RECORD_MALFORMED for a record that nobody can use: it goes to the dead-letter topic with the message.
   */
  process(record: LogRecord, output: Output): void
  /** Called after each checkpoint: everything processed so far is durable. */
  checkpointed?(): void
  /** The partition is being released; `process` will not be called again. A last checkpoint may follow. */
  close?(): Promise<void>
}

export interface Output {
  /** Appends to a topic. The engine waits for the log's acknowledgement before the checkpoint that covers it. */
  emit(topic: string, record: NewRecord): void
  /** Asks for a checkpoint right after the records at hand, instead of at the usual interval. */
  checkpointSoon(): void
}

/** What a task may ask of its engine outside of `process`, after it changed its states by itself. */
export interface Engine {
  /**
   * Removes an entry from the store at once, beside the checkpoints, when keeping it until the next one could do harm, such
   * as sending a notification again. Take it out of its state as well: a failure is made good by the next checkpoint.
   */
  removeNow(entry: StateKey): void
  /** Saves the states soon. `checkpointed` tells when it is done. */
  requestCheckpoint(): void
}
