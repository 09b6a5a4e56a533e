import type { LogRecord, NewRecord } from '../log/log.ts'
import type { DurableState } from './keyed-state.ts'

/**
 * What is done with the records of one partition. Deterministic: the same records from the same state give the same
 * state and the same output, since time comes from the records. One instance per partition and assignment.
 */
export interface PartitionTask {
  /**
   * Every state of the task, read anew at each checkpoint, so that it may grow while detectors are reloaded. What
   * the store holds is offered to `adopt` for sections that are not in here.
   */
  readonly states: readonly DurableState[]
  /** A stored section without a state: answers the state to restore it into, or null to have it removed. */
  adopt?(section: string): DurableState | null
  /** Sections that are not needed any more since the last call; the next checkpoint removes them. */
  takeDroppedSections?(): readonly string[]
  /** Called once, after the states have been restored and before the first record. */
  restored?(engine: Engine): void
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
  /** Saves the states soon. `checkpointed` tells when it is done. */
  requestCheckpoint(): void
}
