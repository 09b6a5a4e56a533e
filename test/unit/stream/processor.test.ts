import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as inTheBackground } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import { createEmbeddedLog } from '../../../src/log/embedded/embedded-log.ts'
import type { Log } from '../../../src/log/log.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createEmbeddedStore } from '../../../src/store/embedded/embedded-store.ts'
import type { StateStore } from '../../../src/store/state-store.ts'
import { preparedTogether } from '../../../src/stream/partition-runner.ts'
import { Processor, type ProcessorOptions } from '../../../src/stream/processor.ts'
import { CountingTask } from './counting-task.ts'

const clock = systemClock
const logger = createLogger({ level: 'silent', format: 'json' }, createSecretScrubber())

let folder: string
let log: Log
let store: StateStore
const started: Processor[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forcewatch-stream-'))
  log = createEmbeddedLog({ file: join(folder, 'log.db'), clock, logger })
  store = createEmbeddedStore({ file: join(folder, 'store.db'), clock })
  await log.createTopics(['input', 'counted', 'dead'].map((name) => ({ name, partitions: 1 })))
})

afterEach(async () => {
  await Promise.all(started.splice(0).map((processor) => processor.stop()))
  await log.close()
  await store.close()
  await rm(folder, { recursive: true })
})

async function startProcessor(
  options: Partial<ProcessorOptions> = {},
): Promise<{ processor: Processor; task: CountingTask }> {
  const task = new CountingTask()
  const processor = new Processor({
    stage: 'count',
    group: 'count',
    topic: 'input',
    deadLetterTopic: 'dead',
    createTask: () => task,
    checkpoint: { records: 1_000_000, interval: 3_600_000 },
    log,
    store,
    owner: 'one',
    clock,
    logger,
    metrics: createMetrics(),
    onFailure: (error) => {
      throw error
    },
    ...options,
  })
  started.push(processor)
  await processor.start()
  return { processor, task }
}

async function values(topic: string): Promise<string[]> {
  const found: string[] = []
  for await (const record of log.read({ topic, partition: 0 }, 0)) found.push(record.value.toString())
  return found
}

const append = (...texts: string[]) =>
  log.append(
    'input',
    texts.map((text) => ({ key: 'k', value: text })),
  )

test('a stopped processor resumes after the last record it took, with its state', async () => {
  const first = await startProcessor()
  await append('a', 'b')
  await vi.waitFor(async () => expect(await values('counted')).toEqual(['k 1', 'k 2']))
  await first.processor.stop()
  expect(first.task.closed).toBe(true)

  await append('c')
  const second = await startProcessor()
  await vi.waitFor(async () => expect(await values('counted')).toEqual(['k 1', 'k 2', 'k 3']))
  expect(second.task.counts.get('k')).toBe(3)
})

test('a task is shown the records that come next, a few at a time', async () => {
  await append(...Array.from({ length: 40 }, () => 'a'))
  const { task } = await startProcessor()
  await vi.waitFor(() => expect(task.counts.get('k')).toBe(40))
  expect(task.prepared.reduce((sum, count) => sum + count, 0)).toBe(40)
  expect(Math.max(...task.prepared)).toBeGreaterThan(1)
  expect(Math.max(...task.prepared)).toBeLessThanOrEqual(preparedTogether)
})

test('malformed records and records that crash the task go to the dead-letter topic with the reason', async () => {
  await startProcessor()
  await append('a', 'bad', 'bug', 'b')
  await vi.waitFor(async () => expect(await values('counted')).toEqual(['k 1', 'k 2']))
  const dead = await Array.fromAsync(log.read({ topic: 'dead', partition: 0 }, 0))
  expect(dead.map(({ key, value, headers }) => ({ key, value: value.toString(), headers }))).toEqual([
    {
      key: 'k',
      value: 'bad',
      headers: {
        stage: 'count',
        code: 'RECORD_MALFORMED',
        reason: 'the value is "bad"',
        topic: 'input',
        partition: '0',
        offset: '1',
      },
    },
    {
      key: 'k',
      value: 'bug',
      headers: {
        stage: 'count',
        code: 'UNEXPECTED',
        reason: 'nobody expected this',
        topic: 'input',
        partition: '0',
        offset: '2',
      },
    },
  ])
})

test('a checkpoint is made after the configured number of records', async () => {
  const { task } = await startProcessor({ checkpoint: { records: 3, interval: 3_600_000 } })
  await append('a', 'b')
  await vi.waitFor(() => expect(task.counts.get('k')).toBe(2))
  expect(task.checkpoints).toBe(0)
  await append('c')
  await vi.waitFor(() => expect(task.checkpoints).toBe(1))
})

test('a task that changed its state by itself gets its checkpoint on request', async () => {
  const { task } = await startProcessor()
  await append('urgent')
  await vi.waitFor(() => expect(task.checkpoints).toBe(1))
  task.counts.set('other', 7)
  task.engine?.requestCheckpoint()
  await vi.waitFor(() => expect(task.checkpoints).toBe(2))

  const [processor] = started.splice(0)
  await processor?.stop()
  const { task: revived } = await startProcessor()
  await append('x')
  await vi.waitFor(() => expect(revived.counts.get('k')).toBe(2))
  expect(revived.counts.get('other')).toBe(7)
})

test('a partition whose lease was taken by somebody else is dropped without writing', async () => {
  const { task } = await startProcessor()
  await append('urgent')
  await vi.waitFor(() => expect(task.checkpoints).toBe(1))

  const thief = await store.acquire('count:input/0', { owner: 'thief', ttl: 60_000, mode: 'steal' })
  await append('urgent')
  await vi.waitFor(() => expect(task.closed).toBe(true))
  const entries = await Array.fromAsync(thief!.restore())
  expect(Object.fromEntries(entries.map(({ section, value }) => [section, value.toString()]))).toEqual({
    counts: '1',
    checkpoint: '1',
  })
})

test('nothing is lost while the log refuses what the task emits', async () => {
  let refusals = 3
  const flaky: Log = Object.assign(Object.create(log) as Log, {
    append: async (topic: string, records: Parameters<Log['append']>[1]) => {
      if (topic === 'counted' && refusals-- > 0) {
        throw new ForcewatchError('LOG_UNAVAILABLE', 'refused')
      }
      return log.append(topic, records)
    },
    subscribe: (options: Parameters<Log['subscribe']>[0]) => log.subscribe(options),
    offsets: (topic: string) => log.offsets(topic),
  })
  await startProcessor({ log: flaky })
  await append('a', 'b')
  await vi.waitFor(async () => expect(await values('counted')).toEqual(['k 1', 'k 2']), { timeout: 10_000 })
})

test('after a checkpoint that the store refused for good, nothing that builds on it is saved', async () => {
  const failures: Error[] = []
  let refuse = false
  const refusing: StateStore = {
    close: () => store.close(),
    read: (scope) => store.read(scope),
    async acquire(scope, options) {
      const lease = await store.acquire(scope, options)
      if (!lease) return null
      const { renew, restore, release } = {
        renew: () => lease.renew(),
        restore: () => lease.restore(),
        release: () => lease.release(),
      }
      return {
        ...{ scope: lease.scope, epoch: lease.epoch, renew, restore, release },
        async commit(change) {
          if (refuse) throw new ForcewatchError('STORE_REJECTED', 'refused')
          await lease.commit(change)
        },
      }
    },
  }
  const { task, processor } = await startProcessor({
    store: refusing,
    onFailure: (error) => failures.push(error),
  })
  await append('urgent')
  await vi.waitFor(() => expect(task.checkpoints).toBe(1))
  refuse = true
  task.engine?.requestCheckpoint()
  await append('urgent')
  await vi.waitFor(() => expect(failures).not.toEqual([]))
  refuse = false
  started.splice(0)
  await processor.stop()

  const { task: revived } = await startProcessor()
  await vi.waitFor(() => expect(revived.counts.get('k')).toBe(2))
})

test('a log that was made anew is read from its beginning, and not passed over', async () => {
  const first = await startProcessor()
  await append('a', 'b', 'c')
  await vi.waitFor(() => expect(first.task.counts.get('k')).toBe(3))
  started.splice(0)
  await first.processor.stop()
  await log.close()
  for (const suffix of ['', '-wal', '-shm']) await rm(join(folder, `log.db${suffix}`), { force: true })
  log = createEmbeddedLog({ file: join(folder, 'log.db'), clock, logger })
  await log.createTopics(['input', 'counted', 'dead'].map((name) => ({ name, partitions: 1 })))

  const second = await startProcessor()
  await append('d', 'e')
  await vi.waitFor(() => expect(second.task.counts.get('k')).toBe(5))
})

test('what must not stay until the next checkpoint is removed at once', async () => {
  const { task } = await startProcessor()
  task.counts.set('row', 1)
  await append('urgent')
  await vi.waitFor(() => expect(task.checkpoints).toBe(1))
  task.counts.delete('row')
  task.engine?.removeNow({ section: 'counts', key: 'row' })

  await inTheBackground()

  const [first] = started.splice(0)
  const lease = await store.acquire('count:input/0', { owner: 'reader', ttl: 1000, mode: 'steal' })
  const keys = (await Array.fromAsync(lease!.restore())).map(({ key }) => key)
  expect(keys.sort()).toEqual(['k', 'next-offset'])
  await first?.stop()
})
