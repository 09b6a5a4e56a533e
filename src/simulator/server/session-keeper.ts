import type {
  Bayeux,
  BayeuxAnswer,
  BayeuxCounters,
  BayeuxOptions,
  BayeuxRequest,
  SessionSummary,
} from './bayeux.ts'
import {
  type BayeuxMessage,
  formatEvent,
  invalidReplayId,
  replayIdOf,
  toFailureReason,
  toReply,
} from './bayeux-message.ts'
import { BayeuxSession, type ConnectEnd } from './bayeux-session.ts'
import type { BusEvent } from './event-bus.ts'
import type { FaultEffect } from './faults/fault.ts'
import { findSession, toCookies } from './session-access.ts'

type Outcome = {
  readonly events?: readonly BusEvent[]
  readonly messages: readonly BayeuxMessage[]
  readonly cookies?: readonly string[]
}

type Interruption = Exclude<BayeuxAnswer, { kind: 'messages' }>

const rehandshake = { reconnect: 'handshake', interval: 0 } as const
const stop = { reconnect: 'none' } as const

/** The Bayeux half of an org, without sessions. */
export function createBayeux(options: BayeuxOptions): Bayeux {
  return new SessionKeeper(options)
}

class SessionKeeper implements Bayeux {
  readonly counters: BayeuxCounters = {
    handshake: 0,
    connect: 0,
    subscribe: 0,
    unsubscribe: 0,
    disconnect: 0,
  }
  readonly #options: BayeuxOptions
  readonly #sessions = new Map<string, BayeuxSession>()
  #waiting: { readonly backlog: number; readonly resolve: () => void }[] = []

  constructor(options: BayeuxOptions) {
    this.#options = options
    options.bus.listen((event) => {
      for (const session of this.#sessions.values()) session.offer(event)
    })
  }

  count(messages: readonly BayeuxMessage[]): void {
    for (const { channel } of messages) {
      const kind = channel.slice('/meta/'.length)
      if (kind in this.counters) this.counters[kind as keyof BayeuxCounters]++
    }
  }

  async handle(messages: readonly BayeuxMessage[], request: BayeuxRequest): Promise<BayeuxAnswer> {
    const parts: string[] = []
    const cookies: string[] = []
    let delivered = false
    for (const message of messages) {
      const effect = isMetaMoment(message.channel)
        ? this.#options.faults().take(message.channel, message)
        : undefined
      const outcome = effect ? this.#fromEffect(effect, message) : await this.#answer(message, request)
      if ('kind' in outcome) return outcome
      this.#options.conduct.told(outcome.messages, message)
      const events = (outcome.events ?? []).map((event) => formatEvent(event, request.apiVersion))
      const replies = outcome.messages.map((reply) => JSON.stringify(reply))
      parts.push(
        ...(message.channel === '/meta/subscribe' ? [...replies, ...events] : [...events, ...replies]),
      )
      cookies.push(...(outcome.cookies ?? []))
      delivered ||= events.length > 0
    }
    const fate = delivered ? this.#options.faults().take('delivery') : undefined
    if (fate && isInterruption(fate)) return fate
    const mishap = fate?.kind === 'mishap' ? fate.mishap : undefined
    return { kind: 'messages', body: `[${parts.join(',')}]`, cookies, mishap }
  }

  sessions(): readonly SessionSummary[] {
    return [...this.#sessions.values()].map(toSummary)
  }

  async ready(backlog: number): Promise<void> {
    if (!this.#isReady(backlog))
      await new Promise<void>((resolve) => this.#waiting.push({ backlog, resolve }))
  }

  poke(): void {
    for (const session of this.#sessions.values()) session.poke()
  }

  dropSessions(): void {
    for (const session of [...this.#sessions.values()]) this.#drop(session)
  }

  muteSessions(): void {
    for (const session of this.#sessions.values()) session.mute()
  }

  #answer(message: BayeuxMessage, request: BayeuxRequest): Outcome | Promise<Outcome | Interruption> {
    if (message.channel === '/meta/handshake') return this.#handshake(message, request)
    const session = findSession(this.#sessions, message, request)
    if (!(session instanceof BayeuxSession)) return { messages: [session] }
    if (message.channel === '/meta/connect') return this.#connect(message, session, request)
    if (message.channel === '/meta/subscribe') return this.#subscribe(message, session)
    if (message.channel === '/meta/unsubscribe') {
      session.unsubscribe(String(message.subscription))
      return { messages: [toReply(message)] }
    }
    if (message.channel === '/meta/disconnect') {
      this.#drop(session)
      return { messages: [toReply(message)] }
    }
    return { messages: [toReply(message, { error: '404::Unknown channel' })] }
  }

  #handshake(message: BayeuxMessage, request: BayeuxRequest): Outcome {
    const denied = (reason: string): Outcome => ({
      messages: [
        toReply(message, { error: '403::Handshake denied', ext: toFailureReason(reason), advice: stop }),
      ],
    })
    if (request.userId === undefined) return denied('401::Request requires authentication')
    if (request.userId === null) return denied('401::Authentication invalid')
    if (!message.supportedConnectionTypes?.includes('long-polling')) {
      return { messages: [toReply(message, { error: '400::Invalid connection type', advice: stop })] }
    }
    if (this.#sessions.size >= this.#options.concurrentClients)
      return denied('403::Organization concurrent user limit exceeded')
    const session = this.#open(request, request.userId, message.ext?.replay === true)
    const reply: BayeuxMessage = {
      ...(session.usesReplay ? { ext: { replay: true, 'payload.format': true } } : {}),
      minimumVersion: '1.0',
      clientId: session.clientId,
      supportedConnectionTypes: ['long-polling'],
      channel: '/meta/handshake',
      ...(message.id === undefined ? {} : { id: message.id }),
      version: '1.0',
      successful: true,
    }
    return { messages: [reply], cookies: toCookies(session, this.#options.clock) }
  }

  #open({ apiVersion, cookies }: BayeuxRequest, userId: string, usesReplay: boolean): BayeuxSession {
    const { clock, random, timing, largestBatch } = this.#options
    const token = () => random.uuid().replaceAll('-', '')
    const session: BayeuxSession = new BayeuxSession({
      clientId: token().slice(0, 26),
      userId,
      apiVersion,
      browserCookie: cookies.BAYEUX_BROWSER ?? token(),
      nodeCookie: `!${token()}`,
      usesReplay,
      clock,
      random,
      timing,
      largestBatch,
      onExpired: () => this.#drop(session),
      onTaken: () => this.#wake(),
    })
    this.#sessions.set(session.clientId, session)
    return session
  }

  #subscribe(message: BayeuxMessage, session: BayeuxSession): Outcome {
    const fail = (error: string): Outcome => ({ messages: [toReply(message, { error })] })
    const channel = message.subscription
    if (typeof channel !== 'string' || channel === '') return fail('400::Channel name not specified')
    if (!channel.startsWith('/')) return fail("400::Channel subscriptions must start with a leading '/'")
    if (!this.#options.hasChannel(channel))
      return fail(`400::The channel you requested to subscribe to does not exist {${channel}}`)
    const replayId = session.usesReplay ? replayIdOf(message) : -1
    if (replayId === undefined) {
      return fail(
        `400::The replayId for channel {${channel}} wasn't found using the provided replay ID map {${formatMap(message)}}`,
      )
    }
    const replay = this.#options.bus.replay(channel, replayId)
    if (replay.kind === 'invalid') return fail(invalidReplayId(replayId))
    session.subscribe(channel, replay.events)
    // Events may travel with the answer to a subscribe as well as with the answer to a connect.
    const early = session.queued > 0 && this.#options.random.chance(0.2) ? session.take() : []
    return { messages: [toReply(message)], events: early }
  }

  async #connect(
    message: BayeuxMessage,
    session: BayeuxSession,
    request: BayeuxRequest,
  ): Promise<Outcome | Interruption> {
    if (message.connectionType !== 'long-polling')
      return { messages: [toReply(message, { error: '400::Invalid connection type' })] }
    const isFirst = session.connects === 0
    const hangUp = () => session.hangUp()
    request.signal.addEventListener('abort', hangUp, { once: true })
    const ended: Promise<ConnectEnd> = session.connect()
    this.#wake()
    const end = await ended
    request.signal.removeEventListener('abort', hangUp)
    if (end.kind === 'poked') {
      const faults = this.#options.faults()
      const effect = faults.take('request', message) ?? faults.take('/meta/connect', message)
      if (effect) return this.#fromEffect(effect, message)
    }
    if (!this.#sessions.has(session.clientId))
      return { messages: [toReply(message, { error: '403::Unknown client', advice: rehandshake })] }
    const advice = { interval: 0, timeout: this.#options.timing.hold, reconnect: 'retry' } as const
    return {
      events: end.kind === 'events' ? end.events : [],
      messages: [toReply(message, isFirst ? { advice } : {})],
    }
  }

  #fromEffect(effect: FaultEffect, message: BayeuxMessage): Outcome | Interruption {
    if (isInterruption(effect)) return effect
    if (effect.kind !== 'reply') return { messages: [] }
    const session = this.#sessions.get(message.clientId ?? '')
    if (effect.dropSession && session) this.#drop(session)
    const reply = effect.alone ? [] : [toReply(message, effect.fields)]
    return { messages: [...(effect.before ?? []), ...reply] }
  }

  #drop(session: BayeuxSession): void {
    this.#sessions.delete(session.clientId)
    session.close()
    this.#wake()
  }

  #isReady(backlog: number): boolean {
    const listening = [...this.#sessions.values()].filter(
      ({ hasSubscriptions, connects }) => hasSubscriptions && connects > 0,
    )
    return listening.length > 0 && listening.every(({ queued }) => queued <= backlog)
  }

  #wake(): void {
    const awake = this.#waiting.filter(({ backlog }) => this.#isReady(backlog))
    this.#waiting = this.#waiting.filter((waiter) => !awake.includes(waiter))
    for (const { resolve } of awake) resolve()
  }
}

function isInterruption(effect: FaultEffect): effect is Interruption {
  return effect.kind === 'silence' || effect.kind === 'reset' || effect.kind === 'http'
}

function toSummary(session: BayeuxSession): SessionSummary {
  const { clientId, userId, subscriptions, queued, isHeld, connects } = session
  return { clientId, userId, subscriptions, queued, held: isHeld, connects }
}

function isMetaMoment(channel: string): channel is '/meta/handshake' | '/meta/connect' | '/meta/subscribe' {
  return channel === '/meta/handshake' || channel === '/meta/connect' || channel === '/meta/subscribe'
}

/** A replay map as Java prints one. */
function formatMap(message: BayeuxMessage): string {
  const map = message.ext?.replay
  if (typeof map !== 'object' || map === null) return '{}'
  const entries = Object.entries(map).map(([channel, id]) => `${channel}=${id}`)
  return `{${entries.join(', ')}}`
}
