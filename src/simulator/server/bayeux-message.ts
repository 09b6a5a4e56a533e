import type { BusEvent } from './event-bus.ts'
import { schemaOf } from './event-bus.ts'

/** A Bayeux message in either direction. */
export type BayeuxMessage = {
  readonly channel: string
  readonly id?: string
  readonly clientId?: string
  readonly subscription?: unknown
  readonly supportedConnectionTypes?: readonly string[]
  readonly connectionType?: string
  readonly minimumVersion?: string
  readonly version?: string
  readonly successful?: boolean
  readonly error?: string
  readonly advice?: Advice
  readonly ext?: Readonly<Record<string, unknown>>
}

/** What the client is to do next; times in ms. */
export type Advice = {
  readonly reconnect: 'retry' | 'handshake' | 'none'
  readonly interval?: number
  readonly timeout?: number
}

/** The answer to `request` with its channel and id; a failed one when `error` is among the fields. */
export function toReply(request: BayeuxMessage, fields: Partial<BayeuxMessage> = {}): BayeuxMessage {
  return {
    ...(request.clientId === undefined ? {} : { clientId: request.clientId }),
    channel: request.channel,
    ...(request.id === undefined ? {} : { id: request.id }),
    ...(typeof request.subscription === 'string' ? { subscription: request.subscription } : {}),
    successful: fields.error === undefined,
    ...fields,
  }
}

/** `ext.sfdc.failureReason`: the cause, where `error` often names only the operation that failed. */
export function toFailureReason(failureReason: string): Readonly<Record<string, unknown>> {
  return { sfdc: { failureReason } }
}

const dateWithMilliseconds = /("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z"/g

/**
 * An event as text, as an endpoint of this API version sends it: `EventUuid` since 52.0, `EventApiName` since 55.0,
 * milliseconds since 43.0.
 */
export function formatEvent(event: BusEvent, apiVersion: number): string {
  const payload = apiVersion >= 43 ? event.payload : event.payload.replaceAll(dateWithMilliseconds, '$1Z"')
  const uuid = apiVersion >= 52 ? `,"EventUuid":"${event.uuid}"` : ''
  const apiName = apiVersion >= 55 ? `,"EventApiName":"${event.name}"` : ''
  return (
    `{"data":{"schema":"${cachedSchema(event.channel)}","payload":${payload},` +
    `"event":{"replayId":${event.replayId}${uuid}${apiName}}},"channel":"${event.channel}"}`
  )
}

const schemas = new Map<string, string>()

function cachedSchema(channel: string): string {
  const known = schemas.get(channel)
  if (known) return known
  const schema = schemaOf(channel)
  schemas.set(channel, schema)
  return schema
}

/** Salesforce's text for a replay id that it no longer knows, braces and double space as on the wire. */
export function invalidReplayId(replayId: number): string {
  return `400::The replayId {${replayId}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`
}

/** What a subscribe asks for; undefined when its replay map does not name the channel. */
export function replayIdOf(message: BayeuxMessage | undefined): number | undefined {
  const map = message?.ext?.replay
  if (typeof map !== 'object' || map === null || typeof message?.subscription !== 'string') return undefined
  const value = Number((map as Readonly<Record<string, unknown>>)[message.subscription] ?? Number.NaN)
  return Number.isSafeInteger(value) ? value : undefined
}
