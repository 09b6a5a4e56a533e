import { streamName } from './channels.ts'

/** An event as a transport delivers it. */
export type EventMessage = {
  readonly channel: string
  readonly data: EventData
  /** The record's value: JSON of `channel` and the whole of `data`, as it was received. */
  readonly value: Buffer | string
}

/** What ingest looks at of an event's `data`. */
export type EventData = {
  readonly payload?: Readonly<Record<string, unknown>>
  readonly event?: Readonly<Record<string, unknown>>
}

/** Place of an event in its channel: opaque, to be handed back to Salesforce and never compared. */
export type Cursor = string

/** Names an event: the name of its stream, EventIdentifier (equal in stream and storage object), EventDate in ms since the epoch. */
export type EventKey = { readonly type: string; readonly identifier: string; readonly time: number }

/** Undefined for what has no identifier or date, as custom platform events. */
export function toEventKey(message: Pick<EventMessage, 'channel' | 'data'>): EventKey | undefined {
  const { payload, event } = message.data
  const identifier = payload?.EventIdentifier
  const time = eventDateOf(message)
  if (typeof identifier !== 'string' || time === undefined) return undefined
  const name = event?.EventApiName
  const type = typeof name === 'string' ? name : streamName(message.channel)
  return { type, identifier, time }
}

/** When the event happened, ms since the epoch; undefined when it does not say. */
export function eventDateOf({ data }: Pick<EventMessage, 'data'>): number | undefined {
  return toTime(data.payload?.EventDate)
}

/** When the event was published, ms since the epoch: events of machine learning happen long before they are published. */
export function publishedAt(message: EventMessage): number | undefined {
  return toTime(message.data.payload?.CreatedDate) ?? eventDateOf(message)
}

/** What a batch holds of one channel. */
export type ChannelShare = {
  readonly events: number
  /** EventDate of the newest of them, ms since the epoch; undefined when none says. */
  readonly newest: number | undefined
}

/** What a batch holds of each channel. What claims to be from after `now`, ms since the epoch, happened then. */
export function sharesOf(messages: readonly EventMessage[], now: number): ReadonlyMap<string, ChannelShare> {
  const shares = new Map<string, { events: number; newest: number | undefined }>()
  for (const message of messages) {
    const share = shares.get(message.channel) ?? { events: 0, newest: undefined }
    const date = eventDateOf(message)
    share.events++
    if (date !== undefined && date > (share.newest ?? Number.NEGATIVE_INFINITY))
      share.newest = Math.min(date, now)
    shares.set(message.channel, share)
  }
  return shares
}

function toTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
