import Client, { type Extension, type Message } from 'faye/src/protocol/client.js'
import type { Cancel, Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import type { EventMessage } from '../event-message.ts'
import type { Refusal, Session, SessionEnd, SessionRequest, SessionStep, Transport } from '../transport.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import { Connection } from './connection.ts'
import { HttpTransport } from './http-transport.ts'
import { advisedPause, judgeAnswer } from './judge-answer.ts'
import { cursorsBehind, type ReplayMap, toReplayMap } from './replay-map.ts'
import { SingleAttempt } from './single-attempt.ts'

export type CometdOptions = {
  readonly clock: Clock
  /** Salesforce API version of the endpoint, such as `66.0`. */
  readonly apiVersion: string
  readonly limits?: Partial<SessionLimits>
}

/** How long the server may take, ms. */
export type SessionLimits = {
  /** For anything but a long poll, unless a long poll would have to be answered sooner. */
  readonly answer: number
  /** For a long poll, beyond the time that the server says it will hold it. */
  readonly grace: number
  /** For the farewell when we leave. */
  readonly farewell: number
}

const defaultLimits: SessionLimits = { answer: 30 * second, grace: 15 * second, farewell: 1 * second }
/** What Salesforce advises; taken until it has done so. */
const usualHold = 110 * second
/** The longest time for which a server may hold a long poll, ms: more would be a mistake that stops us for good. */
const longestHold = 15 * minute
/** The server waits 40 s for a connect, and a subscription that replays may take seconds: then a connect comes between them, after so long, ms. */
const longestWithoutConnect = 25 * second
/** Long polls that end with nothing within `quick` ms are repeated at once this often; then they wait for `quickPause` ms. */
const quick = 100
const quickInARow = 3
const quickPause = 1 * second
/** Events of one batch: a backlog becomes safe part by part, so that it never has to be fetched from its beginning again. */
const largestBatch = 1000
/** After these the server does not hold the session any more. */
const serverHasLeft = new Set(['unknown-client', 'token-invalid', 'server-disconnect'])

/** Sessions over CometD by faye's Bayeux client, kept from repairing anything by itself. */
export function createCometd(options: CometdOptions): Transport {
  // A session begins with what the one before was advised.
  const advised = { hold: usualHold }
  return { open: (request) => new CometdSession(request, options, advised) }
}

type Held<T> = { readonly message: Message; readonly go: (message: T) => void }

class CometdSession implements Session {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #advised: { hold: number }
  readonly #replay: ReplayMap
  readonly #connection: Connection
  readonly #transport: HttpTransport
  readonly #steps: SessionStep[] = []
  readonly #outgoing: Held<Message>[] = []
  #incoming: Held<Message>[] = []
  #refusals: Refusal[] = []
  #subscriptionsToAnswer: number
  #inFlight: Message | undefined
  #sentAt = 0
  /** Since when the server has been waiting for a connect. */
  #awaitedSince = 0
  #connects = 0
  #quickPolls = 0
  #unacknowledged = 0
  #cancelPause: Cancel | undefined
  #clientId: string | undefined
  #end: SessionEnd | undefined
  #left: Promise<void> = Promise.resolve()
  #wake: () => void = () => undefined

  constructor(
    { instanceUrl, accessToken, channels }: SessionRequest,
    { clock, apiVersion, limits }: CometdOptions,
    advised: { hold: number },
  ) {
    this.#clock = clock
    this.#limits = { ...defaultLimits, ...limits }
    this.#advised = advised
    this.#replay = toReplayMap(channels)
    this.#subscriptionsToAnswer = channels.size
    const endpoint = new URL(`/cometd/${apiVersion}`, instanceUrl)
    this.#connection = new Connection({ endpoint, accessToken, clock })
    this.#transport = new HttpTransport({
      endpoint,
      connection: this.#connection,
      limitOf: ({ channel }) => this.#limitOf(channel),
      onFailure: (end) => this.#finish(end),
    })
    const client = new Client(endpoint, { scheduler: SingleAttempt })
    client.disable('websocket')
    client.addExtension(this.#extension)
    for (const channel of channels.keys()) client.subscribe(channel)
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

  #limitOf(channel: string): number {
    const longPoll = this.#advised.hold + this.#limits.grace
    return channel === '/meta/connect' ? longPoll : Math.min(this.#limits.answer, longPoll)
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
    const connectsNow = this.#mayConnect()
    const index = this.#outgoing.findIndex(
      ({ message }) => (message.channel === '/meta/connect') === connectsNow,
    )
    const [held] = index < 0 ? [] : this.#outgoing.splice(index, 1)
    if (!held) return
    this.#inFlight = held.message
    this.#sentAt = this.#clock.monotonic()
    held.go(held.message)
  }

  #mayConnect(): boolean {
    const isDue = this.#subscriptionsToAnswer === 0 || this.#isOverdue()
    return isDue && this.#unacknowledged === 0 && !this.#cancelPause
  }

  #isOverdue(): boolean {
    if (!this.#clientId) return false
    return this.#clock.monotonic() - this.#awaitedSince >= longestWithoutConnect
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
    if (request.channel === '/meta/connect') this.#countPoll(verdict.events.length)
    // An empty batch tells that the server had nothing to say.
    if (request.channel === '/meta/connect' && verdict.events.length === 0) this.#handBatch([])
    else this.#hand(verdict.events)
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
    if (channel !== '/meta/subscribe') this.#awaitedSince = this.#clock.monotonic()
    // None at all says nothing of how long the next ones are held.
    const hold = advice?.timeout
    if (typeof hold === 'number' && hold > 0) this.#advised.hold = Math.min(hold, longestHold)
    const pause = advisedPause(advice)
    if (pause > 0) this.#pause(pause)
    return true
  }

  /** Lets no connect out for so long. */
  #pause(ms: number): void {
    this.#cancelPause?.()
    this.#cancelPause = this.#clock.after(ms, () => {
      this.#cancelPause = undefined
      this.#pump()
    })
  }

  /** A server that holds no long poll would otherwise be asked hundreds of times a second. The first one is never held. */
  #countPoll(events: number): void {
    const isQuick = events === 0 && this.#clock.monotonic() - this.#sentAt < quick
    this.#quickPolls = isQuick && this.#connects++ > 0 ? this.#quickPolls + 1 : 0
    if (this.#quickPolls >= quickInARow && !this.#cancelPause) this.#pause(quickPause)
  }

  /** Hands events on in parts. */
  #hand(events: readonly EventMessage[]): void {
    for (let from = 0; from < events.length; from += largestBatch)
      this.#handBatch(events.slice(from, from + largestBatch))
  }

  #handBatch(events: readonly EventMessage[]): void {
    this.#step({
      kind: 'batch',
      messages: events,
      cursors: cursorsBehind(events),
      time: this.#connection.serverTime,
    })
  }

  #countSubscription(): void {
    this.#subscriptionsToAnswer--
    if (this.#subscriptionsToAnswer > 0) return
    if (this.#refusals.length > 0) this.#finish({ kind: 'refused', refusals: this.#refusals })
    else this.#step({ kind: 'subscribed', time: this.#connection.serverTime })
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
    const message = { channel: '/meta/disconnect', id: 'farewell', clientId }
    await this.#connection.post([message], this.#limits.farewell, new AbortController().signal)
  }
}

/**
 * What faye gets to see of a good reply: only what it needs to go on. The advice stays with us, since faye would set timers
 * for it, and a reply that lacks a field would make faye throw.
 */
function toFayeReply({ channel, id }: Message, { clientId }: BayeuxMessage): Message {
  return { channel, id, clientId, successful: true, supportedConnectionTypes: ['long-polling'] }
}
