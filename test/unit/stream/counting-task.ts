import { ForcewatchError } from '../../../src/errors.ts'
import type { LogRecord } from '../../../src/log/log.ts'
import { KeyedState } from '../../../src/stream/keyed-state.ts'
import type { Engine, Output, PartitionTask } from '../../../src/stream/task.ts'

/** Counts records per key and emits the running count; `bad` is malformed, `bug` throws what nobody expects. */
export class CountingTask implements PartitionTask {
  readonly counts = new KeyedState<number>('counts')
  readonly states = [this.counts]
  engine: Engine | undefined
  checkpoints = 0
  closed = false
  /** What was announced, by how many at a time. */
  readonly prepared: number[] = []

  restored(engine: Engine): void {
    this.engine = engine
  }

  prepare(records: readonly LogRecord[]): void {
    this.prepared.push(records.length)
  }

  process(record: LogRecord, output: Output): void {
    const text = record.value.toString()
    if (text === 'bad') throw new ForcewatchError('RECORD_MALFORMED', 'the value is "bad"')
    if (text === 'bug') throw new TypeError('nobody expected this')
    const count = (this.counts.get(record.key) ?? 0) + 1
    this.counts.set(record.key, count)
    output.emit('counted', { key: record.key, value: `${record.key} ${count}` })
    if (text === 'urgent') output.checkpointSoon()
  }

  checkpointed(): void {
    this.checkpoints++
  }

  async close(): Promise<void> {
    this.closed = true
  }
}
