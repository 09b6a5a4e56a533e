import type { EventData } from '../event-message.ts'

/** A Bayeux message in either direction, with the fields that Salesforce uses. */
export type BayeuxMessage = {
  readonly channel: string
  readonly id?: string
  readonly clientId?: string
  /** Of an event: what ingest looks at, and its whole text. */
  readonly data?: EventData
  readonly value?: Buffer
  readonly subscription?: unknown
  readonly successful?: boolean
  readonly error?: string
  readonly advice?: Advice
  readonly ext?: Readonly<Record<string, unknown>>
  readonly supportedConnectionTypes?: readonly string[]
}

/** What the server wants the client to do next; times in ms. */
export type Advice = {
  readonly reconnect?: string
  readonly interval?: number
  readonly timeout?: number
}
