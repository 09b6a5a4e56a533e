import type { Clock } from '../../clock.ts'
import type { BayeuxMessage } from './bayeux-message.ts'

/** What a client of the org did that a strict server would not have put up with, and when it shook hands. */
export interface Conduct {
  /** Notes a request; the returned function is to be called when it is over, in whatever way. */
  begin(messages: readonly BayeuxMessage[], headers: RequestHeaders): () => void
  /** Notes what the client is told. */
  told(replies: readonly BayeuxMessage[], request: BayeuxMessage): void
  /** In words, with the client; empty when there is nothing to complain about. */
  offences(): readonly string[]
  /** When handshakes came, by the monotonic clock, ms. */
  handshakes(): readonly number[]
}

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

type Client = {
  readonly ids: Set<string>
  underway: number
  /** What ended it; undefined while it may go on. */
  end?: string
  /** No connect before this, by the monotonic clock. */
  connectFrom: number
}

/** An observer that remembers every client of the org. */
export function createConduct(clock: Clock): Conduct {
  const offences: string[] = []
  const handshakes: number[] = []
  const clients = new Map<string, Client>()
  let handshakesUnderway = 0
  let handshakeFrom = 0

  function clientOf(clientId: string): Client {
    const known = clients.get(clientId)
    if (known) return known
    const client: Client = { ids: new Set(), underway: 0, connectFrom: 0 }
    clients.set(clientId, client)
    return client
  }

  function inspect(message: BayeuxMessage, complain: (text: string) => void): void {
    if (typeof message.id !== 'string' || message.id === '') complain('no id')
    if (message.channel === '/meta/handshake') inspectHandshake(message, complain)
    else if (!message.clientId) complain('no clientId')
    if (message.channel === '/meta/connect' && message.connectionType !== 'long-polling')
      complain('no connectionType')
    if (message.channel === '/meta/subscribe') {
      const map = message.ext?.replay as Record<string, unknown> | undefined
      if (typeof map?.[String(message.subscription)] !== 'number') complain('no number in the replay map')
    }
  }

  function enter(message: BayeuxMessage, complain: (text: string) => void): () => void {
    if (message.channel === '/meta/handshake') {
      handshakes.push(clock.monotonic())
      if (++handshakesUnderway > 1) complain('two handshakes at a time')
      if (clock.monotonic() < handshakeFrom) complain('shakes hands sooner than advised')
      return () => void handshakesUnderway--
    }
    const client = clientOf(message.clientId ?? '')
    // The answer that told it may have been lost, so that a farewell is in order.
    if (client.end !== undefined && message.channel !== '/meta/disconnect')
      complain(`a message after ${client.end}`)
    if (client.ids.has(message.id ?? '')) complain(`id ${message.id} comes again`)
    client.ids.add(message.id ?? '')
    if (message.channel === '/meta/disconnect') {
      client.end = 'its farewell'
      return () => undefined
    }
    if (++client.underway > 1) complain('two requests at a time')
    if (message.channel === '/meta/connect' && clock.monotonic() < client.connectFrom)
      complain('connects sooner than advised')
    return () => void client.underway--
  }

  return {
    begin(messages, headers) {
      if (headers.cookie === '') offences.push('an empty cookie header')
      if (messages.length === 0) offences.push('a request without a message')
      const ends = messages.map((message) => {
        const complain = (text: string) =>
          void offences.push(`${message.channel} of ${message.clientId ?? 'nobody'}: ${text}`)
        inspect(message, complain)
        return enter(message, complain)
      })
      return () => {
        for (const end of ends) end()
      }
    },
    told(replies, { clientId }) {
      if (clientId === undefined) return
      const client = clientOf(clientId)
      for (const { channel, error, advice } of replies) {
        if (channel === '/meta/disconnect') client.end = 'it was dismissed'
        if (error?.startsWith('403::Unknown client')) client.end = 'it was forgotten'
        if (!advice?.interval) continue
        const from = clock.monotonic() + advice.interval
        if (advice.reconnect === 'handshake') handshakeFrom = from
        else client.connectFrom = from
      }
    },
    offences: () => offences,
    handshakes: () => handshakes,
  }
}

function inspectHandshake(message: BayeuxMessage, complain: (text: string) => void): void {
  if (message.clientId !== undefined) complain('a clientId in a handshake')
  if (message.version !== '1.0') complain('no version 1.0')
  if (message.supportedConnectionTypes?.join() !== 'long-polling')
    complain(`connection types ${message.supportedConnectionTypes}`)
  if (message.ext?.replay !== true) complain('replay is not announced')
}
