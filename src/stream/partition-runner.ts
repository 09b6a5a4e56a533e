import type { Clock } from '../clock.ts'
import { second } from '../duration.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import { type LogRecord, type NewRecord, partitionName, type TopicPartition } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { retrying } from '../retrying.ts'
import type { Lease, StateChange, StateEntry, StateKey } from '../store/state-store.ts'
import { deadLetter } from './dead-letter.ts'
import type { DurableState } from './keyed-state.ts'
import { SerialQueue } from './serial-queue.ts'
import type { Output, PartitionTask } from './task.ts'
import { UnclaimedSections, unclaimedSection } from './unclaimed-sections.ts'

export type RunnerOptions = {
  readonly stage: string
  readonly partition: TopicPartition
  readonly lease: Lease
  readonly task: PartitionTask
  readonly deadLetterTopic: string
  readonly append: (topic: string, records: readonly NewRecord[]) => Promise<void>
  readonly commit: (nextOffset: number) => Promise<void>
  readonly checkpoint: CheckpointOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Something went wrong outside of a call that could throw it. */
  readonly onFailure: (error: Error) => void
}

/** A checkpoint is due after so many records or so many ms, whichever comes first. */
export type CheckpointOptions = { readonly records: number; readonly interval: number }

/** How often, in records, the runner looks up: saves what is due and keeps the membership of the group. */
const chunkSize = 256
/** So many records are prepared together: enough to be worth it, and few enough to stay close at hand. */
export const preparedTogether = 32
/** A lease is renewed this often, ms, and stands for three times as long. */
const renewalInterval = 10 * second
export const leaseTtl = 3 * renewalInterval
const checkpointSection = 'checkpoint'
const nextOffsetKey = 'next-offset'

/**
 * One partition in our hands, from lease to release: restores the task, feeds it records, and saves keyed state and next
 * offset in one commit. What the task emitted is in the log before the checkpoint that covers it.
 */
export class PartitionRunner {
  readonly #options: RunnerOptions
  readonly #serial = new SerialQueue()
  readonly #commits = new SerialQueue()
  readonly #abort = new AbortController()
  readonly #emitted = new Map<string, NewRecord[]>()
  readonly #output: Output = {
    emit: (topic, record) => {
      const records = this.#emitted.get(topic)
      if (records) records.push(record)
      else this.#emitted.set(topic, [record])
    },
    checkpointSoon: () => {
      this.#checkpointWanted = true
    },
  }
  #nextOffset: number | undefined
  #checkpointedOffset: number | undefined
  #recordsSinceCheckpoint = 0
  #lastCheckpoint: number
  #lastRenewal: number
  #checkpointWanted = false
  #broken = false

  private constructor(options: RunnerOptions) {
    this.#options = options
    this.#lastCheckpoint = options.clock.monotonic()
    this.#lastRenewal = this.#lastCheckpoint
  }

  /** Restores the task from the scope of the lease. @throws STORE_UNAVAILABLE, FENCED */
  static async restore(options: RunnerOptions): Promise<PartitionRunner> {
    const runner = new PartitionRunner(options)
    await runner.#restoreStates()
    options.task.restored?.({
      requestCheckpoint: () => runner.#checkpointInBackground(),
      removeNow: (entry) => runner.#removeInBackground(entry),
    })
    return runner
  }

  /** The next offset according to the checkpoint; undefined when there is none yet. */
  get nextOffset(): number | undefined {
    return this.#nextOffset
  }

  /** Goes on at another offset than the checkpoint's: the log is not the one that the checkpoint was made over. */
  continueAt(nextOffset: number): void {
    this.#nextOffset = nextOffset
  }

  /** Processes records in order, skipping those that the checkpoint covers. Stops early when `alive` answers false. */
  process(records: readonly LogRecord[], alive: () => Promise<boolean>): Promise<void> {
    const { stage, metrics } = this.#options
    return this.#whileOurs(async () => {
      for (let start = 0; start < records.length; start += chunkSize) {
        const before = this.#recordsSinceCheckpoint
        this.#processAll(records.slice(start, start + chunkSize))
        metrics.records_processed_total.inc({ stage }, this.#recordsSinceCheckpoint - before)
        if (this.#checkpointIsDue()) await this.#checkpoint()
        if (this.#abort.signal.aborted || !(await alive())) return
      }
      await this.#sendEmitted()
    })
  }

  /** To be called now and then: renews the lease and saves what has been waiting. @throws FENCED */
  tick(): Promise<void> {
    return this.#whileOurs(async () => {
      const { clock, lease } = this.#options
      if (clock.monotonic() - this.#lastRenewal >= renewalInterval) {
        await lease.renew()
        this.#lastRenewal = clock.monotonic()
      }
      if (this.#recordsSinceCheckpoint > 0 && this.#checkpointIsDue()) await this.#checkpoint()
    })
  }

  /** Ends the work. With `save` a last checkpoint is made first; without it another owner may already be at work. */
  async close(save: boolean): Promise<void> {
    if (!save) this.#abort.abort()
    await this.#serial.run(async () => {
      await this.#options.task.close?.()
      try {
        if (save && !this.#broken) await this.#checkpoint()
      } finally {
        this.#abort.abort()
        await this.#options.lease
          .release()
          .catch((error: unknown) => this.#warn(error, 'its lease must expire by itself'))
      }
    })
  }

  /** In turn; what fails because the partition was taken from us meanwhile is nobody's business any more. */
  #whileOurs(action: () => Promise<void>): Promise<void> {
    const { signal } = this.#abort
    return this.#serial.run(async () => {
      if (signal.aborted || this.#broken) return
      await action().catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    })
  }

  #processAll(records: readonly LogRecord[]): void {
    for (let start = 0; start < records.length; start += preparedTogether) {
      const together = records.slice(start, start + preparedTogether)
      this.#options.task.prepare?.(together)
      for (const record of together) this.#processOne(record)
    }
  }

  #processOne(record: LogRecord): void {
    if (this.#nextOffset !== undefined && record.offset < this.#nextOffset) return
    try {
      this.#options.task.process(record, this.#output)
    } catch (error) {
      this.#bury(record, error)
    }
    this.#nextOffset = record.offset + 1
    this.#recordsSinceCheckpoint++
  }

  #bury(record: LogRecord, error: unknown): void {
    const { stage, logger, metrics, deadLetterTopic } = this.#options
    const code = error instanceof ForcewatchError ? error.code : 'UNEXPECTED'
    const where = `${partitionName(record)} offset ${record.offset}`
    if (code === 'RECORD_MALFORMED')
      logger.warn({ stage }, `${where} is malformed: ${messageOf(error)}; it is in the dead-letter topic`)
    else
      logger.error({ stage, err: error }, `${where} could not be processed; it is in the dead-letter topic`)
    metrics.records_dead_total.inc({ stage, code })
    this.#output.emit(deadLetterTopic, deadLetter(record, { stage, code, reason: messageOf(error) }))
  }

  async #sendEmitted(): Promise<void> {
    for (const [topic, records] of this.#emitted) {
      await this.#persist('log', () => this.#options.append(topic, records))
      this.#emitted.delete(topic)
    }
  }

  #checkpointIsDue(): boolean {
    const { records, interval } = this.#options.checkpoint
    return (
      this.#checkpointWanted ||
      this.#recordsSinceCheckpoint >= records ||
      this.#options.clock.monotonic() - this.#lastCheckpoint >= interval
    )
  }

  #checkpointInBackground(): void {
    this.#whileOurs(() => this.#checkpoint()).catch(this.#options.onFailure)
  }

  async #checkpoint(): Promise<void> {
    await this.#sendEmitted()
    const { stage, task, clock, metrics } = this.#options
    const started = clock.monotonic()
    this.#checkpointWanted = false
    const nextOffset = this.#nextOffset
    const change = this.#takeChange()
    if (change.puts.length + change.deletes.length > 0) await this.#save(change)
    this.#lastCheckpoint = clock.monotonic()
    this.#lastRenewal = this.#lastCheckpoint
    this.#recordsSinceCheckpoint = 0
    metrics.checkpoint_seconds.observe({ stage }, (this.#lastCheckpoint - started) / 1000)
    metrics.checkpoint_entries_total.inc({ stage }, change.puts.length + change.deletes.length)
    if (nextOffset !== undefined && nextOffset !== this.#checkpointedOffset) {
      this.#checkpointedOffset = nextOffset
      await this.#options.commit(nextOffset)
    }
    task.checkpointed?.()
  }

  /**
   * A change that the store refuses for good is lost to us, and so is the right to save anything that builds on it: the next
   * owner starts from the last checkpoint.
   */
  async #save(change: StateChange): Promise<void> {
    try {
      await this.#persist('store', () => this.#commits.run(() => this.#options.lease.commit(change)))
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  #removeInBackground(entry: StateKey): void {
    if (this.#abort.signal.aborted) return
    const { lease } = this.#options
    this.#commits
      .run(() => lease.commit({ puts: [], deletes: [entry] }))
      .catch((error: unknown) => this.#warn(error, 'the next checkpoint will remove it'))
  }

  /** Taken in one synchronous piece, so that states and next offset belong together. */
  #takeChange(): { puts: StateEntry[]; deletes: StateKey[] } {
    const puts: StateEntry[] = []
    const deletes: StateKey[] = []
    for (const { section, ...state } of this.#options.task.states.map(changesOf)) {
      for (const { key, value } of state.puts) puts.push({ section, key, value })
      for (const key of state.deletes) deletes.push({ section, key })
    }
    if (this.#nextOffset !== undefined && this.#nextOffset !== this.#checkpointedOffset) {
      puts.push({
        section: checkpointSection,
        key: nextOffsetKey,
        value: Buffer.from(String(this.#nextOffset)),
      })
    }
    return { puts, deletes }
  }

  #warn(error: unknown, consequence: string): void {
    const { stage, partition, logger } = this.#options
    logger.warn(
      { stage, err: error },
      `${partitionName(partition)}: the store did not answer; ${consequence}`,
    )
  }

  /** Repeats what may be repeated until it succeeds: the stream stands still meanwhile, and nothing is lost. */
  #persist(what: 'log' | 'store', action: () => Promise<void>): Promise<void> {
    const { stage, partition, clock, logger } = this.#options
    return retrying(action, {
      clock,
      signal: this.#abort.signal,
      onRetry: (error, wait) =>
        logger.warn(
          { stage, err: error },
          `${partitionName(partition)}: the ${what} did not take it; again in ${wait} ms`,
        ),
    })
  }

  async #restoreStates(): Promise<void> {
    const { task, lease, clock } = this.#options
    const states = new Map(task.states.map((state) => [state.section, state]))
    const unclaimed = new UnclaimedSections()
    for await (const { section, key, value } of lease.restore()) {
      if (section === unclaimedSection) unclaimed.restore(key, value)
      else if (section !== checkpointSection)
        (states.get(section) ?? unclaimed.found(section)).restore(key, value)
      else this.#checkpointedOffset = this.#nextOffset = Number(value.toString())
    }
    const change = unclaimed.tidy(new Set(states.keys()), clock.now())
    if (change) await lease.commit(change)
  }
}

function changesOf(state: DurableState) {
  return { section: state.section, ...state.takeChanges() }
}
