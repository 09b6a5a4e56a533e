import { parseExactly } from './exact-json.ts'

/** A Bayeux message in either direction, with the fields that Salesforce uses. */
export type BayeuxMessage = {
  readonly channel: string
  readonly id?: string
  readonly clientId?: string
  readonly data?: unknown
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

/** The body of an answer → its messages; undefined when it is no list of messages. */
export function parseAnswer(body: string): readonly BayeuxMessage[] | undefined {
  let value: unknown
  try {
    value = parseExactly(body)
  } catch {
    return undefined
  }
  return Array.isArray(value) && value.every(isMessage) ? value : undefined
}

function isMessage(value: unknown): value is BayeuxMessage {
  return (
    typeof value === 'object' && value !== null && 'channel' in value && typeof value.channel === 'string'
  )
}
