/** An event as CometD delivers it. Only the parts that ingest looks at are named. */
export type EventMessage = {
  readonly channel: string
  readonly data: EventData
}

/** The `data` of an event. */
export type EventData = {
  readonly schema?: unknown
  readonly payload?: Readonly<Record<string, unknown>>
  readonly event?: Readonly<Record<string, unknown>>
}

/** Place of an event in its channel: opaque, to be handed back to Salesforce and never compared. */
export type Cursor = string

/** When the event happened, ms since the epoch; undefined when it does not say. */
export function eventDateOf({ data }: EventMessage): number | undefined {
  return toTime(data.payload?.EventDate)
}

/** When the event was published, ms since the epoch: events of machine learning happen long before they are published. */
export function publishedAt(message: EventMessage): number | undefined {
  return toTime(message.data.payload?.CreatedDate) ?? eventDateOf(message)
}

function toTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
