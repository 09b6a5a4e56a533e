// biome-ignore-all lint/style/noDefaultExport: each of these modules exports one value.
/** The parts of faye 1.4.3 that we use; the package brings no types. */
declare module 'faye/src/protocol/client.js' {
  export type Message = { readonly channel: string; readonly id: string; readonly [field: string]: unknown }

  export interface Extension {
    outgoing(message: Message, send: (message: Message) => void): void
    incoming(message: Message, pass: (message: Message) => void): void
  }

  /** Made per message; decides how long its answer may take (s) and whether it is sent (again). */
  export interface Scheduler {
    getTimeout(): number
    getInterval(): number
    isDeliverable(): boolean
    send(): void
    succeed(): void
    fail(): void
    abort(): void
  }

  class Client {
    constructor(endpoint: URL, options: { scheduler: new (message: Message) => Scheduler })
    addExtension(extension: Extension): void
    /** Makes a transport unavailable to this client. */
    disable(transport: string): void
    subscribe(channel: string): unknown
  }

  export { Client as default }
}

declare module 'faye/src/transport/node_transports.js' {
  import type { Message } from 'faye/src/protocol/client.js'

  /** What a transport reports to. */
  export interface Dispatcher {
    handleResponse(message: unknown): void
    handleError(message: Message): void
  }

  export interface Transport {
    readonly endpoint: URL
    sendMessage(message: Message): Promise<{ abort(): void }>
    close(): void
  }

  export interface TransportClass {
    readonly prototype: object
    isUsable(
      dispatcher: Dispatcher,
      endpoint: URL,
      callback: (this: unknown, usable: boolean) => void,
      context: unknown,
    ): void
    create(dispatcher: Dispatcher, endpoint: URL): Transport
  }

  const registry: { register(connectionType: string, transport: TransportClass): void }

  export { registry as default }
}

declare module 'faye/src/transport/node_http.js' {
  import type { TransportClass } from 'faye/src/transport/node_transports.js'

  const nodeHttp: Pick<TransportClass, 'isUsable'>

  export { nodeHttp as default }
}
