import type { Cancel, Clock } from '../../clock.ts'
import type { Random } from '../random.ts'
import type { BusEvent } from './event-bus.ts'

/** What ends a held `/meta/connect`. */
export type ConnectEnd =
  | { readonly kind: 'events'; readonly events: readonly BusEvent[] }
  | { readonly kind: 'idle' }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'poked' }

/** The clockwork of CometD sessions. */
export type Timing = {
  /** How long `/meta/connect` is held when there is nothing to deliver, ms. */
  readonly hold: number
  /** How long a session lives without a `/meta/connect`, ms. */
  readonly reaper: number
  /** When a session is ended whatever it does, ms after its handshake. */
  readonly sessionEnd: number
}

export type BayeuxSessionOptions = {
  readonly clientId: string
  readonly userId: string
  readonly apiVersion: number
  readonly browserCookie: string
  readonly nodeCookie: string
  readonly usesReplay: boolean
  readonly clock: Clock
  readonly random: Random
  readonly timing: Timing
  /** Most events of one answer; each answer carries a random number up to this. */
  readonly largestBatch: number
  /** Called once, when the session ends by itself. */
  readonly onExpired: () => void
  /** Called after events have been taken out of the queue. */
  readonly onTaken: () => void
}

/** One CometD session: its subscriptions, the events that wait for it and the `/meta/connect` that it holds. */
export class BayeuxSession {
  readonly clientId: string
  readonly userId: string
  readonly apiVersion: number
  readonly browserCookie: string
  readonly nodeCookie: string
  readonly usesReplay: boolean
  readonly #options: BayeuxSessionOptions
  readonly #subscriptions = new Set<string>()
  #queue: BusEvent[] = []
  #held: ((end: ConnectEnd) => void) | undefined
  #flushing = false
  #isMuted = false
  #connects = 0
  #cancelReaper: Cancel = () => undefined
  readonly #cancelEnd: Cancel

  constructor(options: BayeuxSessionOptions) {
    this.#options = options
    this.clientId = options.clientId
    this.userId = options.userId
    this.apiVersion = options.apiVersion
    this.browserCookie = options.browserCookie
    this.nodeCookie = options.nodeCookie
    this.usesReplay = options.usesReplay
    this.#cancelEnd = options.clock.after(options.timing.sessionEnd, options.onExpired)
    this.#armReaper()
  }

  get subscriptions(): readonly string[] {
    return [...this.#subscriptions]
  }

  get hasSubscriptions(): boolean {
    return this.#subscriptions.size > 0
  }

  get queued(): number {
    return this.#queue.length
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  get connects(): number {
    return this.#connects
  }

  subscribe(channel: string, replayed: readonly BusEvent[]): void {
    this.#subscriptions.add(channel)
    for (const event of replayed) this.#queue.push(event)
    this.#flushSoon()
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.delete(channel)
  }

  /** Queues an event of a subscribed channel; events published in one go leave in one answer. */
  offer(event: BusEvent): void {
    if (this.#isMuted || !this.#subscriptions.has(event.channel)) return
    this.#queue.push(event)
    this.#flushSoon()
  }

  /** The first connect ends at once, a later one as soon as there are events or the hold is over. */
  connect(): Promise<ConnectEnd> {
    this.#end({ kind: 'replaced' })
    this.#cancelReaper()
    this.#connects++
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(this.#options.timing.hold, () => this.#end({ kind: 'idle' }))
      this.#held = (end) => {
        cancel()
        this.#armReaper()
        resolve(end)
      }
      if (this.#queue.length > 0) this.#flush()
      else if (this.#connects === 1) this.#end({ kind: 'idle' })
    })
  }

  /** Takes events out of the queue: whoever takes them has to deliver them, there is no second copy. */
  take(): readonly BusEvent[] {
    const size = 1 + this.#options.random.integer(this.#options.largestBatch)
    const taken = this.#queue.slice(0, size)
    this.#queue = this.#queue.slice(size)
    this.#options.onTaken()
    return taken
  }

  /** From now on nothing is delivered, and the client cannot tell. */
  mute(): void {
    this.#isMuted = true
    this.#queue = []
  }

  /** Ends a held connect, so that a fault strikes now and not at the end of the hold. */
  poke(): void {
    this.#end({ kind: 'poked' })
  }

  /** The client hung up: nobody waits for the held connect any more. */
  hangUp(): void {
    this.#end({ kind: 'gone' })
  }

  close(): void {
    this.#end({ kind: 'gone' })
    this.#cancelReaper()
    this.#cancelEnd()
    this.#queue = []
    this.#subscriptions.clear()
  }

  #flushSoon(): void {
    if (this.#flushing || !this.#held || this.#queue.length === 0) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      if (this.#held && this.#queue.length > 0) this.#flush()
    })
  }

  #flush(): void {
    this.#end({ kind: 'events', events: this.take() })
  }

  #end(end: ConnectEnd): void {
    const held = this.#held
    this.#held = undefined
    held?.(end)
  }

  #armReaper(): void {
    this.#cancelReaper()
    this.#cancelReaper = this.#options.clock.after(this.#options.timing.reaper, this.#options.onExpired)
  }
}
