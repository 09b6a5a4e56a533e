import type { Consumer, EachBatchPayload } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { second } from '../../duration.ts'
import { type PartitionHandler, partitionName, type TopicPartition } from '../log.ts'
import type { KafkaClient } from './kafka-client.ts'
import { protocolType } from './kafka-errors.ts'
import { toLogRecord } from './kafka-record.ts'
import { createStickyAssigner } from './sticky-assigner.ts'

export type KafkaMemberOptions = {
  readonly client: KafkaClient
  readonly group: string
  readonly topics: readonly string[]
  readonly handler: PartitionHandler
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly clock: Clock
  /** What the member had before, by way of a consumer that has been replaced by this one. */
  readonly claim: Claim
  /** The consumer has ended by itself. */
  readonly onCrash: (error: Error) => void
  /** The handler threw: nothing can go on. */
  readonly onHandlerFailure: (error: Error) => void
}

/** What a member had, and since when (ms since the epoch): what it may claim at the next rebalance. */
export type Claim = { readonly owned: readonly TopicPartition[]; readonly since: number }

type ReleaseReason = 'rebalance' | 'stopped' | 'lost'

/** A partition in our hands. Once it is not in the member's map any more, whatever still refers to it is stale. */
type Assignment = {
  readonly partition: TopicPartition
  /** Whether the handler took the partition; resolves when it has said where to begin. */
  readonly ready: Promise<boolean>
  /** Batches that are being handed over. kafkajs has one at a time. */
  running: Promise<void>
  /** Older records are not handed over; undefined until the first batch when the group's committed offset decides. */
  nextOffset: number | undefined
  /** Counts seeks, so that what was fetched before one does not move the next offset. */
  seeks: number
}

/** kafkajs makes one more long poll before it stops, so this bounds how long a stop takes, too. */
const maxWaitTime = second / 2
const concurrency = 64
/** A broker that is there takes a goodbye within milliseconds; one that is not must hold up no stop. */
const leaveTimeout = 2 * second
const evictions = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])
const interruptions = new Set([...evictions, 'REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP'])

/**
 * One kafkajs consumer, from joining the group to leaving it or to its crash. At a rebalance every partition is released
 * before the group is joined anew, so that the next owner finds the last checkpoint.
 */
export class KafkaMember {
  readonly #options: KafkaMemberOptions
  readonly #consumer: Consumer
  readonly #assignments = new Map<string, Assignment>()
  readonly #joined = Promise.withResolvers<void>()
  #claim: Claim
  #isJoined = false
  #ended = false
  /** The group is rebalancing, or does not know us any more: whatever is being processed should end soon. */
  #interrupted = false
  #runningBatches = 0
  #lastSignOfLife: number
  #lastHeartbeat: number

  constructor(options: KafkaMemberOptions) {
    this.#options = options
    this.#claim = options.claim
    this.#lastSignOfLife = options.clock.monotonic()
    this.#lastHeartbeat = this.#lastSignOfLife
    this.#consumer = this.#createConsumer()
    this.#joined.promise.catch(() => undefined)
  }

  /** What a successor should claim. */
  get claim(): Claim {
    return this.#claim
  }

  /** For how long nothing has been heard of the consumer, ms; 0 while the handler is at work. */
  get silence(): number {
    if (this.#runningBatches > 0) return 0
    return this.#options.clock.monotonic() - this.#lastSignOfLife
  }

  /** Resolves when the group has let us in. Rejects with kafkajs' error. */
  async join(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: (payload) => this.#handOver(payload),
    })
    await this.#joined.promise
  }

  async commit({ topic, partition }: TopicPartition, nextOffset: number): Promise<void> {
    await this.#consumer.commitOffsets([{ topic, partition, offset: String(nextOffset) }])
  }

  seek(partition: TopicPartition, nextOffset: number): void {
    const assignment = this.#assignments.get(partitionName(partition))
    if (assignment) this.#seek(assignment, nextOffset)
  }

  /** Takes no further records, waits for the handler, releases every partition and leaves the group. Never throws kafkajs' errors. */
  async leave(reason: ReleaseReason): Promise<void> {
    this.#ended = true
    const { client, clock, topics } = this.#options
    ignoringErrors(() => this.#consumer.pause(topics.map((topic) => ({ topic }))))
    try {
      await this.#release(reason)
    } finally {
      const left = this.#consumer.disconnect().catch(() => undefined)
      const done = new AbortController()
      await Promise.race([left, clock.sleep(leaveTimeout, done.signal)])
      done.abort()
      client.cut()
    }
  }

  #createConsumer(): Consumer {
    const { client, group, sessionTimeout, rebalanceTimeout } = this.#options
    const consumer = client.kafka.consumer({
      groupId: group,
      sessionTimeout,
      rebalanceTimeout,
      heartbeatInterval: this.#heartbeatInterval,
      maxWaitTimeInMs: maxWaitTime,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: async () => false },
      partitionAssigners: [
        createStickyAssigner({ claim: () => this.#claim, beforeJoin: () => this.#beforeJoin() }),
      ],
    })
    const { CRASH, END_BATCH_PROCESS, FETCH, GROUP_JOIN, HEARTBEAT } = consumer.events
    consumer.on(GROUP_JOIN, ({ payload }) => this.#takePartitions(payload.memberAssignment))
    consumer.on(HEARTBEAT, () => {
      this.#lastHeartbeat = this.#noteSignOfLife()
    })
    consumer.on(FETCH, () => void this.#noteSignOfLife())
    consumer.on(END_BATCH_PROCESS, () => void this.#noteSignOfLife())
    consumer.on(CRASH, ({ payload }) => this.#crashed(payload.error))
    return consumer
  }

  get #heartbeatInterval(): number {
    return Math.min(3 * second, this.#options.sessionTimeout / 3)
  }

  #noteSignOfLife(): number {
    this.#lastSignOfLife = this.#options.clock.monotonic()
    return this.#lastSignOfLife
  }

  #crashed(error: Error): void {
    if (this.#isJoined && !this.#ended) this.#options.onCrash(error)
    this.#joined.reject(error)
  }

  /** Called when the group has told what is ours, before kafkajs fetches anything of it. */
  #takePartitions(assigned: Readonly<Record<string, readonly number[]>>): void {
    this.#interrupted = false
    this.#lastHeartbeat = this.#noteSignOfLife()
    if (!this.#ended) {
      const owned = Object.entries(assigned).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      )
      this.#claim = { owned, since: this.#options.clock.now() }
      for (const partition of owned) this.#take(partition)
    }
    this.#isJoined = true
    this.#joined.resolve()
  }

  #take(partition: TopicPartition): void {
    const { handler } = this.#options
    const name = partitionName(partition)
    const begin = async (): Promise<boolean> => {
      try {
        const start = await handler.assigned(partition)
        if (start !== 'committed' && this.#assignments.get(name) === assignment) this.#seek(assignment, start)
        return true
      } catch (error) {
        if (!this.#ended) this.#options.onHandlerFailure(error as Error)
        return false
      }
    }
    const ready = Promise.resolve().then(begin)
    const assignment: Assignment = {
      partition,
      ready,
      running: Promise.resolve(),
      nextOffset: undefined,
      seeks: 0,
    }
    this.#assignments.set(name, assignment)
  }

  #seek(assignment: Assignment, nextOffset: number): void {
    assignment.nextOffset = nextOffset
    assignment.seeks++
    // A consumer that has just ended refuses; its successor will ask for the offset anew.
    ignoringErrors(() => this.#consumer.seek({ ...assignment.partition, offset: String(nextOffset) }))
  }

  /** kafkajs fetches nothing more of the broker until this resolves: that is the back-pressure. */
  async #handOver(payload: EachBatchPayload): Promise<void> {
    const assignment = this.#assignments.get(partitionName(payload.batch))
    if (!assignment || this.#ended) return
    const stopBeating = this.#options.clock.every(
      this.#heartbeatInterval,
      () => void this.#heartbeat(payload),
    )
    this.#runningBatches++
    const work = this.#process(assignment, payload)
    assignment.running = work.catch(() => undefined)
    try {
      await work
    } catch (error) {
      if (!this.#ended) this.#options.onHandlerFailure(error as Error)
    } finally {
      this.#runningBatches--
      stopBeating()
    }
  }

  async #process(assignment: Assignment, payload: EachBatchPayload): Promise<void> {
    const { batch, isStale, resolveOffset } = payload
    const { partition } = assignment
    if (!(await assignment.ready) || !this.#owns(assignment) || isStale()) return
    const { seeks, nextOffset = 0 } = assignment
    const records = batch.messages
      .map((message) => toLogRecord(partition, message))
      .filter(({ offset }) => offset >= nextOffset)
    if (records.length > 0) {
      await this.#options.handler.records(partition, records, () => this.#isAlive(assignment, payload))
    }
    if (!this.#owns(assignment) || this.#interrupted || assignment.seeks !== seeks) return
    assignment.nextOffset = Number(batch.lastOffset()) + 1
    resolveOffset(batch.lastOffset())
  }

  #owns(assignment: Assignment): boolean {
    return this.#assignments.get(partitionName(assignment.partition)) === assignment
  }

  async #isAlive(assignment: Assignment, payload: EachBatchPayload): Promise<boolean> {
    await this.#heartbeat(payload)
    return this.#owns(assignment) && !this.#interrupted
  }

  /** kafkajs sends a heartbeat when one is due. One that does not get through is no loss before the session ends. */
  async #heartbeat({ heartbeat }: EachBatchPayload): Promise<void> {
    try {
      await heartbeat()
    } catch (error) {
      if (interruptions.has(protocolType(error) ?? '') || this.#sessionIsOver) this.#interrupted = true
    }
  }

  get #sessionIsOver(): boolean {
    return this.#options.clock.monotonic() - this.#lastHeartbeat > this.#options.sessionTimeout
  }

  async #beforeJoin(): Promise<void> {
    await this.#release(this.#sessionIsOver ? 'lost' : 'rebalance')
  }

  async #release(reason: ReleaseReason): Promise<void> {
    const assignments = [...this.#assignments.values()]
    if (reason !== 'stopped') this.#assignments.clear()
    const released = assignments.map(async ({ partition, ready, running }) => {
      const taken = await ready
      await running
      if (taken) await this.#options.handler.revoked(partition, reason)
    })
    const results = await Promise.allSettled(released)
    this.#assignments.clear()
    const failed = results.find((result) => result.status === 'rejected')
    if (!failed) return
    if (!this.#ended) this.#options.onHandlerFailure(failed.reason as Error)
    throw failed.reason
  }
}

function ignoringErrors(action: () => void): void {
  try {
    action()
  } catch {
    // The caller says why this is harmless.
  }
}
