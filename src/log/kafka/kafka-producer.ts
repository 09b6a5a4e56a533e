import { type Message, Partitioners, type Producer } from 'kafkajs'
import type { Clock } from '../../clock.ts'
import { ForcewatchError } from '../../errors.ts'
import type { NewRecord } from '../log.ts'
import { type Compression, compressionTypes } from './codecs.ts'
import type { KafkaClient } from './kafka-client.ts'
import { protocolType, toLogError } from './kafka-errors.ts'
import { sizeOf, toMessage } from './kafka-record.ts'

export type KafkaProducerOptions = {
  readonly createClient: () => KafkaClient
  readonly brokers: readonly string[]
  /** How long an append may take before it fails with LOG_UNAVAILABLE, ms. */
  readonly appendTimeout: number
  readonly compression: Compression
  readonly clock: Clock
}

/** Brokers take 1,048,588 bytes by default; the rest is room for the batch's own header. */
const batchBytes = 1_000_000

type Pending = {
  readonly messages: readonly Message[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

type Connection = { readonly client: KafkaClient; readonly producer: Promise<Producer> }

/**
 * Produces with acks=all and idempotence. Every partition has one batch in flight, and what arrives meanwhile forms the
 * next one. Both are needed for kafkajs to keep its word: when it retries, it reuses sequence numbers, which a second
 * batch of the partition must not have taken; and when partitions of one request have several leaders, a change of
 * leaders makes it take one answer for another.
 *
 * After a failure whose outcome is unknown the producer is given up, and with it the sequence numbers in doubt: a repeated
 * append may write a record twice, but no other record is ever taken for it.
 */
export class KafkaProducer {
  readonly #options: KafkaProducerOptions
  readonly #lanes = new Map<string, Lane>()
  #connection: Connection | undefined

  constructor(options: KafkaProducerOptions) {
    this.#options = options
  }

  /** Resolves when the records are on all replicas in sync. @throws LOG_UNAVAILABLE, LOG_REJECTED */
  async append(topic: string, partition: number, records: readonly NewRecord[]): Promise<void> {
    const name = `${topic}/${partition}`
    const lane = this.#lanes.get(name) ?? new Lane((messages) => this.#send(topic, messages))
    this.#lanes.set(name, lane)
    await Promise.all(split(records, partition).map((chunk) => lane.add(chunk.messages, chunk.bytes)))
  }

  /** Cuts the connection: an append that is under way fails with LOG_UNAVAILABLE. */
  close(): void {
    const connection = this.#connection
    this.#connection = undefined
    if (connection) void giveUp(connection)
  }

  async #send(topic: string, messages: readonly Message[]): Promise<void> {
    const connection = this.#connect()
    try {
      await this.#inTime(topic, async () => {
        const producer = await connection.producer
        const compression = compressionTypes[this.#options.compression]
        await producer.send({ topic, acks: -1, compression, messages: [...messages] })
      })
    } catch (error) {
      if (protocolType(error) === 'MESSAGE_TOO_LARGE') return this.#sendHalves(topic, messages, error)
      if (this.#connection === connection) this.#connection = undefined
      void giveUp(connection)
      throw toLogError(error, `append to topic ${topic}`, this.#options.brokers)
    }
  }

  /** The topic takes smaller batches than we make; only a record that is too large by itself is a reason to give up. */
  async #sendHalves(topic: string, messages: readonly Message[], error: unknown): Promise<void> {
    const { brokers } = this.#options
    if (messages.length === 1) {
      const size = Buffer.byteLength(messages[0]?.value ?? '')
      throw toLogError(error, `append a record of ${size} bytes to topic ${topic}`, brokers)
    }
    const middle = messages.length >> 1
    await this.#send(topic, messages.slice(0, middle))
    await this.#send(topic, messages.slice(middle))
  }

  #connect(): Connection {
    this.#connection ??= open(this.#options.createClient())
    return this.#connection
  }

  async #inTime(topic: string, action: () => Promise<void>): Promise<void> {
    const { clock, appendTimeout, brokers } = this.#options
    const late = Promise.withResolvers<never>()
    const cancel = clock.after(appendTimeout, () =>
      late.reject(
        toLogError(
          new Error(`no acknowledgement for ${appendTimeout} ms`),
          `append to topic ${topic}`,
          brokers,
        ),
      ),
    )
    try {
      await Promise.race([action(), late.promise])
    } finally {
      cancel()
    }
  }
}

/** The batches of one partition, one after the other. */
class Lane {
  readonly #send: (messages: readonly Message[]) => Promise<void>
  readonly #waiting: Pending[] = []
  #sending = false

  constructor(send: (messages: readonly Message[]) => Promise<void>) {
    this.#send = send
  }

  add(messages: readonly Message[], bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, bytes, resolve, reject })
      if (!this.#sending) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#sending = true
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#send(batch.flatMap(({ messages }) => messages))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        // What waits came later and must not overtake what its caller will append once more.
        const behind = isRetryable(error) ? this.#waiting.splice(0) : []
        for (const { reject } of [...batch, ...behind]) reject(error)
      }
    }
    this.#sending = false
  }

  #takeBatch(): Pending[] {
    let bytes = 0
    let count = 0
    for (const pending of this.#waiting) {
      if (count > 0 && bytes + pending.bytes > batchBytes) break
      bytes += pending.bytes
      count++
    }
    return this.#waiting.splice(0, count)
  }
}

function open(client: KafkaClient): Connection {
  const producer = client.kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  const connected = producer.connect().then(() => producer)
  connected.catch(() => undefined)
  return { client, producer: connected }
}

/** Cuts the connections first: whatever kafkajs is still retrying must reach no broker any more. */
async function giveUp({ client, producer }: Connection): Promise<void> {
  client.cut()
  await producer.then((connected) => connected.disconnect()).catch(() => undefined)
}

function split(
  records: readonly NewRecord[],
  partition: number,
): { readonly messages: readonly Message[]; readonly bytes: number }[] {
  const chunks: { messages: Message[]; bytes: number }[] = []
  for (const record of records) {
    const bytes = sizeOf(record)
    let chunk = chunks.at(-1)
    if (!chunk || chunk.bytes + bytes > batchBytes) {
      chunk = { messages: [], bytes: 0 }
      chunks.push(chunk)
    }
    chunk.messages.push(toMessage(record, partition))
    chunk.bytes += bytes
  }
  return chunks
}

function isRetryable(error: unknown): boolean {
  return error instanceof ForcewatchError && error.retryable
}
