import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, type TestOptions } from 'vitest'
import { type Log, type LogRecord, partitionName, type Subscription } from '../../src/log/log.ts'
import { Recorder } from '../support/recorder.ts'

/** One log, which the suite opens as often as it likes. */
export type LogUnderTest = {
  /** A further handle on the same log, as another process would have it. The suite closes it. */
  open(): Log
}

export type LogCapabilities = {
  /** Whether members of a group share its partitions. Without it the suite expects these promises to be broken. */
  readonly rebalance: boolean
  /** How long a member may be silent, ms: the slow consumer is slower than that. */
  readonly sessionTimeout: number
  /**
   * Appends the numbers from 0 on to a topic, with one key, while what keeps the log is killed with SIGKILL; answers how
   * many were acknowledged. Afterwards the log can be opened again. Left out where the log cannot be killed.
   */
  readonly appendThroughCrash?: (topic: string) => Promise<number>
}

/** What every implementation of the log promises. */
export function describeLog(
  name: string,
  start: () => Promise<LogUnderTest>,
  capabilities: LogCapabilities,
  options: TestOptions = {},
): void {
  describe(name, options, () => {
    let subject: LogUnderTest
    let log: Log
    let topic: string
    let opened: Log[]

    beforeEach(async () => {
      opened = []
      subject ??= await start()
      log = open()
      topic = await createTopic(1)
    })

    afterEach(async () => {
      await Promise.all(opened.map((each) => each.close()))
    })

    function open(): Log {
      const another = subject.open()
      opened.push(another)
      return another
    }

    async function createTopic(partitions: number): Promise<string> {
      const created = `topic-${randomUUID()}`
      await log.createTopics([{ name: created, partitions }])
      return created
    }

    function join(recorder: Recorder, group: string, through = log, topics = [topic]): Promise<Subscription> {
      return through.subscribe({ group, topics, handler: recorder, onFailure: recorder.onFailure })
    }

    describe('append and read', () => {
      it('keeps the order of a key and gives consecutive offsets', async () => {
        await log.append(topic, numbers(0, 500))
        await log.append(topic, numbers(500, 700))
        const records = await Array.fromAsync(log.read({ topic, partition: 0 }, 0))
        expect(records.map(({ value }) => Number(value.toString()))).toEqual(range(0, 700))
        expect(records.map(({ offset }) => offset)).toEqual(range(0, 700))
      })

      it('keeps the order of calls that nobody waited between', async () => {
        await Promise.all(range(0, 300).map((number) => log.append(topic, numbers(number, number + 1))))
        const records = await Array.fromAsync(log.read({ topic, partition: 0 }, 0))
        expect(records.map(({ value }) => Number(value.toString()))).toEqual(range(0, 300))
      })

      it('puts a key into the partition where Kafka puts it', async () => {
        topic = await createTopic(12)
        const expected = { '00D5g000004XyzAEAS': 4, '00D000000000001AAA': 10, 'org-3': 0, '': 9 }
        const keys = Object.keys(expected)
        await log.append(
          topic,
          keys.map((key) => ({ key, value: key })),
        )
        const found: Record<string, number> = {}
        for (const partition of range(0, 12)) {
          for await (const record of log.read({ topic, partition }, 0)) found[record.key] = record.partition
        }
        expect(found).toEqual(expected)
      })

      it('keeps key, value, headers and the time of appending', async () => {
        const before = Date.now()
        await log.append(topic, [
          { key: '00D', value: Buffer.from([0, 255, 128]), headers: { org: 'akmé', origin: 'stream' } },
          { key: '00D', value: 'Zürich ☂' },
        ])
        const [binary, text] = await Array.fromAsync(log.read({ topic, partition: 0 }, 0))
        expect(binary).toMatchObject({
          topic,
          partition: 0,
          key: '00D',
          headers: { org: 'akmé', origin: 'stream' },
        })
        expect([...binary!.value]).toEqual([0, 255, 128])
        expect(binary!.timestamp).toBeGreaterThanOrEqual(before - 1000)
        expect(text!.value.toString()).toBe('Zürich ☂')
        expect(text!.headers).toEqual({})
      })

      it('takes records of 1 MB, many at once', async () => {
        const large = range(0, 5).map((number) => ({ key: 'org', value: String(number).repeat(1 << 20) }))
        await log.append(topic, large)
        const recorder = new Recorder()
        await join(recorder, 'large')
        await recorder.until(() => recorder.received.length === 5)
        expect(recorder.values).toEqual(large.map(({ value }) => value))
        const read = await Array.fromAsync(log.read({ topic, partition: 0 }, 3))
        expect(read.map(({ value }) => value.toString())).toEqual(large.slice(3).map(({ value }) => value))
      })

      it('reads from an offset up to what the end was, or up to an abort', async () => {
        await log.append(topic, numbers(0, 20))
        const abort = new AbortController()
        const seen: number[] = []
        for await (const { offset } of log.read({ topic, partition: 0 }, 15)) {
          if (offset === 15) await log.append(topic, numbers(20, 25))
          seen.push(offset)
        }
        expect(seen).toEqual(range(15, 20))
        for await (const { offset } of log.read({ topic, partition: 0 }, 0, abort.signal)) {
          if (offset === 3) abort.abort()
          seen.push(offset)
        }
        expect(seen.slice(5)).toEqual(range(0, 4))
      })

      it('answers the first and next offset of every partition, and none of an unknown topic', async () => {
        topic = await createTopic(3)
        await log.append(topic, numbers(0, 7))
        const offsets = await log.offsets(topic)
        expect(offsets.map(({ partition, first }) => [partition, first])).toEqual([
          [0, 0],
          [1, 0],
          [2, 0],
        ])
        expect(offsets.map(({ next }) => next).sort()).toEqual([0, 0, 7])
        expect(await log.offsets(`no-${topic}`)).toEqual([])
      })

      it('answers where the records of a time begin', async () => {
        topic = await createTopic(2)
        await log.append(topic, numbers(0, 3))
        await delay(20)
        await log.append(topic, numbers(3, 6))
        const { partition = -1 } = (await log.offsets(topic)).find(({ next }) => next === 6) ?? {}
        const times: number[] = []
        for await (const { timestamp } of log.read({ topic, partition }, 0)) times.push(timestamp)
        const offsetAt = async (time = 0) =>
          (await log.offsetsAt(topic, time)).find((each) => each.partition === partition)?.offset
        expect(await offsetAt((times[2] ?? 0) + 1)).toBe(3)
        expect(await offsetAt(times[3])).toBe(3)
        expect(await offsetAt(0)).toBe(0)
        expect(await offsetAt((times[5] ?? 0) + 1)).toBe(6)
        expect(await log.offsetsAt(`no-${topic}`, 0)).toEqual([])
      })

      it('leaves a topic as it is that exists', async () => {
        await log.append(topic, numbers(0, 3))
        await log.createTopics([{ name: topic, partitions: 1 }])
        await open().createTopics([{ name: topic, partitions: 7 }])
        expect(await log.offsets(topic)).toEqual([{ partition: 0, first: 0, next: 3 }])
      })

      it('refuses an unknown topic for good, and says which', async () => {
        await expect(log.append(`no-${topic}`, numbers(0, 1))).rejects.toMatchObject({
          code: 'LOG_REJECTED',
          message: expect.stringContaining(`no-${topic}`),
          remedy: expect.any(String),
        })
      })
    })

    describe('groups', () => {
      it('hand every record to every group', async () => {
        topic = await createTopic(4)
        const [first, second] = [new Recorder(), new Recorder()]
        await join(first, 'first')
        await log.append(topic, spread(200))
        await join(second, 'second', open())
        for (const recorder of [first, second]) {
          await recorder.until(() => recorder.received.length === 200)
          expect(new Set(recorder.values).size).toBe(200)
          expect(isOrderedByPartition(recorder.received)).toBe(true)
        }
      })

      it('see what another process appends', async () => {
        const recorder = new Recorder()
        await join(recorder, 'watcher')
        await open().append(topic, numbers(0, 3))
        await recorder.until(() => recorder.received.length === 3)
      })

      it('resume at the committed offset', async () => {
        await log.append(topic, numbers(0, 10))
        const first = new Recorder()
        const subscription = await join(first, 'resuming')
        await first.until(() => first.received.length === 10)
        await subscription.commit({ topic, partition: 0 }, 6)
        await subscription.stop()
        const second = new Recorder()
        await join(second, 'resuming', open())
        await second.until(() => second.received.length === 4)
        expect(second.values).toEqual(['6', '7', '8', '9'])
      })

      it('resume where `assigned` says, whatever was committed', async () => {
        await log.append(topic, numbers(0, 10))
        const first = new Recorder()
        const subscription = await join(first, 'told')
        await first.until(() => first.received.length === 10)
        await subscription.commit({ topic, partition: 0 }, 8)
        await subscription.stop()
        for (const start of [2, 9]) {
          const recorder = new Recorder({ assigned: async () => start })
          const again = await join(recorder, 'told')
          await recorder.until(() => recorder.received.length === 10 - start)
          expect(recorder.received.map(({ offset }) => offset)).toEqual(range(start, 10))
          await again.stop()
        }
      })

      it('continue elsewhere after a seek', async () => {
        await log.append(topic, numbers(0, 10))
        const recorder = new Recorder()
        const subscription = await join(recorder, 'seeking')
        await recorder.until(() => recorder.received.length === 10)
        subscription.seek({ topic, partition: 0 }, 7)
        await recorder.until(() => recorder.received.length === 13)
        expect(recorder.values.slice(10)).toEqual(['7', '8', '9'])
      })

      it('hand over nothing before `assigned` has resolved', async () => {
        await log.append(topic, numbers(0, 5))
        const restored = Promise.withResolvers<number>()
        let early = true
        const recorder = new Recorder({
          assigned: () => restored.promise,
          records: async () => expect(early).toBe(false),
        })
        await join(recorder, 'restoring')
        await delay(300)
        early = false
        restored.resolve(1)
        await recorder.until(() => recorder.received.length === 4)
        expect(recorder.values).toEqual(['1', '2', '3', '4'])
        expect(recorder.failures).toEqual([])
      })

      it('hand over nothing of a partition while the handler has records of it', async () => {
        let calls = 0
        let most = 0
        const recorder = new Recorder({
          async records() {
            most = Math.max(most, ++calls)
            await log.append(topic, recorder.received.length < 20 ? numbers(0, 5) : [])
            calls--
          },
        })
        await join(recorder, 'slow')
        await log.append(topic, numbers(0, 1))
        await recorder.until(() => recorder.received.length > 20)
        expect(most).toBe(1)
      })

      it('keep a member that is slow but says that it is alive', async () => {
        const { sessionTimeout } = capabilities
        const recorder = new Recorder({
          async records(_partition, _records, alive) {
            const end = recorder.received.length === 0 ? Date.now() + 1.5 * sessionTimeout : 0
            for (; Date.now() < end; await delay(50)) {
              expect(await alive()).toBe(true)
            }
          },
        })
        await join(recorder, 'patient')
        await log.append(topic, numbers(0, 1))
        await recorder.until(() => recorder.received.length === 1)
        await log.append(topic, numbers(1, 2))
        await recorder.until(() => recorder.received.length === 2)
        expect(recorder.events).toEqual([`assigned ${topic}/0`])
      })

      it('release every partition at a stop, after the handler, and take the last commit', async () => {
        await log.append(topic, numbers(0, 5))
        let working = false
        const started = Promise.withResolvers<void>()
        const finish = Promise.withResolvers<void>()
        const recorder = new Recorder({
          async records() {
            working = true
            started.resolve()
            await finish.promise
            working = false
          },
          async revoked(partition) {
            expect(working).toBe(false)
            await subscription.commit(partition, 5)
          },
        })
        const subscription = await join(recorder, 'stopping')
        await started.promise
        const stopped = subscription.stop()
        finish.resolve()
        await stopped
        expect(recorder.events).toEqual([`assigned ${topic}/0`, `revoked ${topic}/0 stopped`])
        await log.append(topic, numbers(5, 6))
        const successor = new Recorder()
        await join(successor, 'stopping')
        await successor.until(() => successor.received.length === 1)
        expect(successor.values).toEqual(['5'])
      })

      it('end with the handler’s error, told once', async () => {
        topic = await createTopic(2)
        await log.append(topic, spread(50))
        const recorder = new Recorder({ records: () => Promise.reject(new Error('the handler broke')) })
        await join(recorder, 'breaking')
        await recorder.until(() => recorder.failures.length > 0 && recorder.owned.size === 0)
        expect(recorder.failures.map(({ message }) => message)).toEqual(['the handler broke'])
        expect(recorder.events.filter((event) => event.startsWith('revoked')).sort()).toEqual([
          `revoked ${topic}/0 lost`,
          `revoked ${topic}/1 lost`,
        ])
      })

      it('give everything to the member that waited or shared, when the other has gone', async () => {
        topic = await createTopic(4)
        await log.append(topic, spread(40))
        const [first, second] = [new Recorder(), new Recorder()]
        const subscription = await join(first, 'inherited')
        await first.until(() => first.received.length === 40)
        await join(second, 'inherited', open())
        for (const partition of range(0, 4)) {
          const next = first.received.filter((record) => record.partition === partition).length
          await subscription.commit({ topic, partition }, next)
        }
        await subscription.stop()
        await second.until(() => second.owned.size === 4)
        await log.append(topic, spread(40))
        await second.until(() => second.received.length >= 40)
        expect(first.owned.size).toBe(0)
      })
    })

    describe('rebalance', () => {
      const shared = capabilities.rebalance ? it : it.fails
      const patience = capabilities.rebalance ? 45_000 : 1_500

      shared('shares the partitions of a group evenly among its members', async () => {
        topic = await createTopic(5)
        const members = [new Recorder(), new Recorder()]
        for (const member of members) await join(member, 'shared', open())
        const shares = () => members.map(({ owned }) => owned.size).sort()
        await members[0]!.until(() => shares().join() === '2,3', patience)
        expect(new Set(members.flatMap(({ owned }) => [...owned])).size).toBe(5)
        await log.append(topic, spread(100))
        // Where the group shares anew meanwhile, what was not committed comes again.
        const all = () => new Set(members.flatMap(({ values }) => values))
        await members[0]!.until(() => all().size >= 100)
        expect(all()).toEqual(new Set(spread(100).map(({ value }) => value)))
      })

      shared('releases a partition before another member has it, and keeps what stays', async () => {
        topic = await createTopic(4)
        const order: string[] = []
        const noting = (who: string) =>
          new Recorder({
            async assigned(partition) {
              order.push(`${who} has ${partitionName(partition)}`)
              return 'committed'
            },
            async revoked(partition, reason) {
              order.push(`${who} released ${partitionName(partition)} ${reason}`)
            },
          })
        const [first, second] = [noting('first'), noting('second')]
        await join(first, 'handed-over')
        await first.until(() => first.owned.size === 4)
        const owned = new Set(first.owned)
        await join(second, 'handed-over', open())
        await second.until(() => first.owned.size === 2 && second.owned.size === 2, patience)
        for (const partition of second.owned) {
          expect(order.indexOf(`first released ${partition} rebalance`)).toBeGreaterThanOrEqual(0)
          expect(order.indexOf(`first released ${partition} rebalance`)).toBeLessThan(
            order.indexOf(`second has ${partition}`),
          )
        }
        expect([...first.owned].every((partition) => owned.has(partition))).toBe(true)
      })

      shared('tells a handler at work that its partition is going', async () => {
        topic = await createTopic(2)
        await log.append(topic, spread(20))
        let stopped = 0
        let over = false
        const busy = new Recorder({
          async records(_partition, _records, alive) {
            while (!over && (await alive())) await delay(20)
            stopped++
          },
        })
        await join(busy, 'interrupted')
        await busy.until(() => busy.owned.size === 2)
        const other = new Recorder()
        await join(other, 'interrupted', open())
        await other
          .until(() => other.owned.size === 1, patience)
          .finally(() => {
            over = true
          })
        expect(stopped).toBeGreaterThan(0)
      })
    })

    if (capabilities.appendThroughCrash) {
      it('loses no acknowledged record to a SIGKILL, and keeps the order', async () => {
        const acknowledged = (await capabilities.appendThroughCrash?.(topic)) ?? 0
        const records = await Array.fromAsync(open().read({ topic, partition: 0 }, 0))
        const found = records.map(({ value }) => Number(value.toString()))
        expect(acknowledged).toBeGreaterThan(0)
        expect(found.slice(0, acknowledged)).toEqual(range(0, acknowledged))
        expect(records.map(({ offset }) => offset)).toEqual(range(0, records.length))
      })
    }
  })
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

/** The numbers from `from` to `to`, all with one key. */
export function numbers(from: number, to: number): { key: string; value: string }[] {
  return range(from, to).map((number) => ({ key: 'org', value: String(number) }))
}

/** Numbers with many keys, so that every partition gets some. */
export function spread(count: number): { key: string; value: string }[] {
  return range(0, count).map((number) => ({ key: `org-${number % 20}`, value: String(number) }))
}

function isOrderedByPartition(records: readonly LogRecord[]): boolean {
  const last = new Map<number, number>()
  return records.every(({ partition, offset }) => {
    const previous = last.get(partition) ?? -1
    last.set(partition, offset)
    return offset === previous + 1
  })
}
