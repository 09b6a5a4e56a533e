import type { Message } from 'faye/src/protocol/client.js'
import nodeHttp from 'faye/src/transport/node_http.js'
import registry, { type Dispatcher, type Transport } from 'faye/src/transport/node_transports.js'
import type { SessionEnd } from '../transport.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import type { Connection } from './connection.ts'

/** faye makes transports by itself and gives them the endpoint it was made with: that leads back to ours. */
const transports = new WeakMap<URL, HttpTransport>()

export type HttpTransportOptions = {
  readonly endpoint: URL
  readonly connection: Connection
  /** How long the answer to this message may take, ms. */
  readonly limitOf: (message: Message) => number
  /** Told when a request got no answer of a CometD server. */
  readonly onFailure: (end: SessionEnd) => void
}

/**
 * A transport for faye's client, in the place of faye's own, which ignores the HTTP status, cannot tell that an answer was
 * cut, and lets a malformed cookie end the process.
 */
export class HttpTransport implements Transport {
  readonly endpoint: URL
  readonly #connection: Connection
  readonly #limitOf: (message: Message) => number
  readonly #onFailure: (end: SessionEnd) => void
  readonly #abort = new AbortController()
  #dispatcher: Dispatcher | undefined
  #current: Message | undefined

  constructor({ endpoint, connection, limitOf, onFailure }: HttpTransportOptions) {
    this.endpoint = endpoint
    this.#connection = connection
    this.#limitOf = limitOf
    this.#onFailure = onFailure
    transports.set(endpoint, this)
  }

  static isUsable(
    _dispatcher: Dispatcher,
    endpoint: URL,
    callback: (usable: boolean) => void,
    context: unknown,
  ): void {
    callback.call(context, transports.has(endpoint))
  }

  static create(dispatcher: Dispatcher, endpoint: URL): HttpTransport {
    const transport = transports.get(endpoint)
    if (!transport) throw new TypeError(`no transport for ${endpoint.href}`)
    transport.#dispatcher = dispatcher
    return transport
  }

  async sendMessage(message: Message): Promise<{ abort(): void }> {
    this.#current = message
    this.#post(message).catch(this.#reportBug)
    return { abort: () => this.#abort.abort() }
  }

  /** Aborts the request under way and makes faye forget it, together with its timer. */
  discard(): void {
    this.#abort.abort()
    if (this.#current) this.#dispatcher?.handleError(this.#current)
  }

  /** Called by faye; the session owns the connection. */
  close(): void {}

  async #post(message: Message): Promise<void> {
    const result = await this.#connection.post([message], this.#limitOf(message), this.#abort.signal)
    if (this.#abort.signal.aborted) return
    if (result.kind === 'failed') this.#onFailure(result.end)
    else for (const answer of result.messages) this.#dispatcher?.handleResponse(identified(answer, message))
  }

  readonly #reportBug = (error: unknown): void => {
    this.#onFailure({ kind: 'protocol', text: `faye could not take the answer: ${String(error)}` })
  }
}

/** One request is under way at a time, so a reply without an id, or with one of another type, is the reply to it. */
function identified(answer: BayeuxMessage, { channel, id }: Message): BayeuxMessage {
  return answer.channel === channel ? { ...answer, id: String(answer.id ?? id) } : answer
}

registry.register('long-polling', HttpTransport)

/** faye takes the first usable transport of a type, and its own was registered before ours. */
const isUsable = nodeHttp.isUsable
nodeHttp.isUsable = (dispatcher, endpoint, callback, context) =>
  transports.has(endpoint)
    ? callback.call(context, false)
    : isUsable.call(nodeHttp, dispatcher, endpoint, callback, context)
