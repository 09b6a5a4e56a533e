import Client, { type Extension, type Message } from 'faye/src/protocol/client.js'
import type { Cancel, Clock } from '../../clock.ts'
import { second } from '../../duration.ts'
import type { Cursor } from '../event-message.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import { Connection } from './connection.ts'
import { FetchTransport } from './fetch-transport.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { OpenSession, Refusal, Session, SessionEnd, SessionRequest, SessionStep } from './session.ts'
import { createWatchdog } from './watchdog.ts'

export type FayeSessionOptions = {
  readonly clock: Clock
  /** Salesforce API version of the endpoint, such as `66.0`. */
  readonly apiVersion: string
  readonly limits?: Partial<SessionLimits>
}

/** How long the server may take, ms. */
export type SessionLimits = {
  /** For anything but a long poll. */
  readonly answer: number
  /** For a long poll, beyond the time that the server says it will hold it. */
  readonly grace: number
  /** For the farewell when we leave. */
  readonly farewell: number
}

const defaultLimits: SessionLimits = { answer: 30 * second, grace: 15 * second, farewell: 1 * second }
/** What Salesforce advises; taken until it has done so. */
const usualHold = 110 * second
/** After these the server does not hold the session any more. */
const serverHasLeft = new Set(['unknown-client', 'token-invalid', 'server-disconnect'])

/** Sessions by faye's Bayeux client, kept from repairing anything by itself. */
export function createFayeSessions(options: FayeSessionOptions): OpenSession {
  return (request) => new FayeSession(request, options)
}

type Held<T> = { readonly message: Message; readonly go: (message: T) => void }

class FayeSession implements Session {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #replay: Readonly<Record<string, string | number>>
  readonly #connection: Connection
  readonly #transport: FetchTransport
  readonly #steps: SessionStep[] = []
  readonly #outgoing: Held<Message>[] = []
  #incoming: Held<Message>[] = []
  #refusals: Refusal[] = []
  #subscriptionsToAnswer: number
  #inFlight: Message | undefined
  #unacknowledged = 0
  #hold = usualHold
  #cancelPause: Cancel | undefined
  #clientId: string | undefined
  #end: SessionEnd | undefined
  #left: Promise<void> = Promise.resolve()
  #wake: () => void = () => undefined

  constructor(request: SessionRequest, { clock, apiVersion, limits }: FayeSessionOptions) {
    this.#clock = clock
    this.#limits = { ...defaultLimits, ...limits }
    this.#replay = toReplayMap(request.channels)
    this.#subscriptionsToAnswer = request.channels.size
    const endpoint = new URL(`/cometd/${apiVersion}`, request.instanceUrl)
    this.#connection = new Connection(endpoint, request.accessToken)
    this.#transport = new FetchTransport(endpoint, this.#connection, (end) => this.#finish(end))
    const scheduler = createWatchdog({
      limitOf: ({ channel }) =>
        channel === '/meta/connect' ? this.#hold + this.#limits.grace : this.#limits.answer,
      onSilence: ({ channel }) => this.#finish({ kind: 'timeout', text: `no answer to ${channel} in time` }),
    })
    const client = new Client(endpoint, { scheduler })
    client.disable('websocket')
    client.addExtension(this.#extension)
    for (const channel of request.channels.keys()) client.subscribe(channel)
  }

  async next(): Promise<SessionStep> {
    for (;;) {
      if (this.#end) return { kind: 'ended', end: this.#end }
      const step = this.#steps.shift()
      if (step) return step
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  acknowledge(): void {
    this.#unacknowledged--
    this.#pump()
  }

  async close(): Promise<void> {
    this.#finish({ kind: 'closed' })
    await this.#left
  }

  /** The only place where messages pass between faye and the server. */
  readonly #extension: Extension = {
    outgoing: (message, send) => {
      if (this.#end) return
      this.#outgoing.push({ message: this.#dress(message), go: send })
      this.#pump()
    },
    // faye hands the messages of one answer over in one go, so a microtask comes after the last of them.
    incoming: (message, pass) => {
      if (this.#end) return
      this.#incoming.push({ message, go: pass })
      if (this.#incoming.length === 1) queueMicrotask(() => this.#takeAnswer())
    },
  }

  #dress(message: Message): Message {
    if (message.channel === '/meta/handshake')
      return { ...message, supportedConnectionTypes: ['long-polling'], ext: { replay: true } }
    if (message.channel === '/meta/subscribe') return { ...message, ext: { replay: this.#replay } }
    return message
  }

  /** Sends what may be sent now: one request at a time, and a connect only when it is due. */
  #pump(): void {
    if (this.#end || this.#inFlight) return
    const index = this.#outgoing.findIndex(
      ({ message }) => message.channel !== '/meta/connect' || this.#mayConnect(),
    )
    const [held] = index < 0 ? [] : this.#outgoing.splice(index, 1)
    if (!held) return
    this.#inFlight = held.message
    held.go(held.message)
  }

  #mayConnect(): boolean {
    return this.#subscriptionsToAnswer === 0 && this.#unacknowledged === 0 && !this.#cancelPause
  }

  #takeAnswer(): void {
    const answer = this.#incoming
    this.#incoming = []
    const request = this.#inFlight
    if (this.#end || !request) return
    const verdict = judgeAnswer(
      answer.map(({ message }): BayeuxMessage => message),
      request,
    )
    if (verdict.kind === 'end') {
      this.#finish(verdict.end)
      return
    }
    this.#inFlight = undefined
    if (verdict.kind === 'refused') this.#refusals.push(verdict.refusal)
    else if (!this.#accept(verdict.reply)) return
    if (verdict.events.length > 0 || request.channel === '/meta/connect')
      this.#step({
        kind: 'batch',
        messages: verdict.events.map(({ channel, data }) => ({ channel, data })),
        time: this.#connection.serverTime,
      })
    if (request.channel === '/meta/subscribe') this.#countSubscription()
    const pass = answer.find(({ message }) => message.id === request.id)?.go
    if (verdict.kind === 'fine') pass?.(toFayeReply(request, verdict.reply))
    this.#pump()
  }

  /** False when the session cannot go on with this reply. */
  #accept({ channel, clientId, ext, advice }: BayeuxMessage): boolean {
    if (channel === '/meta/handshake') {
      this.#clientId = clientId
      if (!clientId || ext?.replay !== true) {
        const text = clientId ? 'the server does not offer replay' : 'the server gave no client id'
        this.#finish({ kind: 'protocol', text })
        return false
      }
    }
    if (advice?.timeout) this.#hold = advice.timeout
    if (advice?.interval) {
      this.#cancelPause = this.#clock.after(advice.interval, () => {
        this.#cancelPause = undefined
        this.#pump()
      })
    }
    return true
  }

  #countSubscription(): void {
    this.#subscriptionsToAnswer--
    if (this.#subscriptionsToAnswer > 0) return
    if (this.#refusals.length > 0) this.#finish({ kind: 'refused', refusals: this.#refusals })
    else this.#step({ kind: 'subscribed' })
  }

  #step(step: SessionStep): void {
    if (step.kind === 'batch') this.#unacknowledged++
    this.#steps.push(step)
    this.#wake()
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return
    this.#end = end
    this.#cancelPause?.()
    this.#transport.discard()
    this.#left = this.#leave(end)
    this.#wake()
  }

  async #leave(end: SessionEnd): Promise<void> {
    if (this.#clientId && !serverHasLeft.has(end.kind)) await this.#sayFarewell(this.#clientId)
    await this.#connection.close()
  }

  async #sayFarewell(clientId: string): Promise<void> {
    const done = new AbortController()
    const cancel = this.#clock.after(this.#limits.farewell, () => done.abort())
    await this.#connection.post([{ channel: '/meta/disconnect', id: 'farewell', clientId }], done.signal)
    cancel()
  }
}

/**
 * What faye gets to see of a good reply: only what it needs to go on. The advice stays with us, since faye would set timers
 * for it, and a reply that lacks a field would make faye throw.
 */
function toFayeReply({ channel, id }: Message, { clientId }: BayeuxMessage): Message {
  return { channel, id, clientId, successful: true, supportedConnectionTypes: ['long-polling'] }
}

/** Ids travel as numbers, as Salesforce sends them, unless a number could not hold them. */
function toReplayMap(channels: ReadonlyMap<string, Cursor>): Readonly<Record<string, string | number>> {
  const entries = [...channels].map(([channel, cursor]): [string, string | number] => {
    const id = Number(cursor)
    return [channel, Number.isSafeInteger(id) && String(id) === cursor ? id : cursor]
  })
  return Object.fromEntries(entries)
}
