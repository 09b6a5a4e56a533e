import { expect, test } from 'vitest'
import type { EventMessage } from '../../../src/salesforce/event-message.ts'
import type {
  Session,
  SessionRequest,
  SessionStep,
  Start,
  Transport,
} from '../../../src/salesforce/transport.ts'
import { logins, until, watchOrg } from './watched-org.ts'

/** A stream as Pub/Sub API has it: ids are bytes, and move while nothing happens. */
function createByteStream() {
  const kept: EventMessage[] = []
  const sessions: ByteSession[] = []
  const starts: Start[] = []
  const transport: Transport = {
    open(request) {
      const session = new ByteSession(request, kept)
      sessions.push(session)
      starts.push(request.channels.get(logins)!)
      return session
    },
  }
  return {
    transport,
    starts,
    publish(id: string) {
      const event = { channel: logins, data: { payload: { EventIdentifier: id } } }
      kept.push({ ...event, value: JSON.stringify(event) })
      sessions.at(-1)?.wake()
    },
    end: () => sessions.at(-1)?.end(),
    keepAlive: () => sessions.at(-1)?.keepAlive(),
    isIdle: () => sessions.at(-1)?.isIdle,
  }
}

class ByteSession implements Session {
  readonly #kept: readonly EventMessage[]
  #next: number
  #isSubscribed = false
  #isAcknowledged = true
  #isKeptAlive = false
  #ended: SessionStep | undefined
  #wake: () => void = () => undefined

  constructor({ channels }: SessionRequest, kept: readonly EventMessage[]) {
    const start = channels.get(logins)!
    this.#kept = kept
    this.#next = start === 'now' ? kept.length : start === 'oldest' ? 0 : fromBytes(start.after)
  }

  async next(): Promise<SessionStep> {
    for (;;) {
      if (this.#ended) return this.#ended
      if (!this.#isSubscribed) {
        this.#isSubscribed = true
        return { kind: 'subscribed', time: undefined }
      }
      const messages = this.#kept.slice(this.#next)
      if (this.#isAcknowledged && (messages.length > 0 || this.#isKeptAlive)) {
        this.#isAcknowledged = false
        this.#next = this.#kept.length + (this.#isKeptAlive ? 100 : 0)
        this.#isKeptAlive = false
        return { kind: 'batch', messages, cursors: new Map([[logins, toBytes(this.#next)]]), time: undefined }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  acknowledge(): void {
    this.#isAcknowledged = true
  }

  async close(): Promise<void> {
    this.#finish({ kind: 'ended', end: { kind: 'closed' } })
  }

  /** Whether everything that it gave is safe. */
  get isIdle(): boolean {
    return this.#isAcknowledged && !this.#isKeptAlive
  }

  wake(): void {
    this.#wake()
  }

  keepAlive(): void {
    this.#isKeptAlive = true
    this.#wake()
  }

  end(): void {
    this.#finish({
      kind: 'ended',
      end: { kind: 'busy', text: 'sfdc.platform.eventbus.grpc.service.unavailable' },
    })
  }

  #finish(step: SessionStep): void {
    this.#ended ??= step
    this.#wake()
  }
}

function toBytes(place: number): string {
  return Buffer.from(`place ${place}`).toString('base64')
}

function fromBytes(cursor: string): number {
  return Number(Buffer.from(cursor, 'base64').toString().slice('place '.length))
}

test('a transport whose cursors are bytes and move without events goes on where it was', async () => {
  await using org = await watchOrg()
  const stream = createByteStream()
  await org.started({ channels: [logins] }, {}, stream.transport)
  stream.publish('1')
  stream.publish('2')
  await until(async () => (await org.records()).length === 2)
  stream.end()
  await until(() => stream.starts.length === 2)
  stream.publish('3')
  await until(async () => (await org.records()).length === 3)
  stream.keepAlive()
  await until(() => stream.isIdle() === true)
  stream.end()
  await until(() => stream.starts.length === 3)
  expect(stream.starts).toEqual(['now', { after: toBytes(2) }, { after: toBytes(103) }])
})
