import { hour } from '../../duration.ts'
import type { Log, LogRecord } from '../../log/log.ts'
import { partitionOf } from '../../log/partitioning.ts'
import { type EventKey, toEventKey } from '../event-message.ts'

export type ReadLoggedOptions = {
  readonly log: Log
  readonly topic: string
  /** 18 characters. */
  readonly orgId: string
  /** EventDate from which events are wanted, ms since the epoch. */
  readonly from: number
  readonly signal: AbortSignal
}

/** How far the clock of an event may be ahead of the one of whoever appended it, ms. */
const clockTolerance = hour

/** The events of an org that the log holds and that happened at `from` or later, in the order of the log. */
export async function* readLogged({
  log,
  topic,
  orgId,
  from,
  signal,
}: ReadLoggedOptions): AsyncGenerator<EventKey> {
  const places = await log.offsetsAt(topic, from - clockTolerance)
  const place = places.find(({ partition }) => partition === partitionOf(orgId, places.length))
  if (!place) return
  for await (const record of log.read({ topic, partition: place.partition }, place.offset, signal)) {
    const event = record.key === orgId ? toEvent(record) : undefined
    if (event && event.time >= from) yield event
  }
}

function toEvent({ value }: LogRecord): EventKey | undefined {
  try {
    return toEventKey(JSON.parse(value.toString()))
  } catch {
    return undefined
  }
}
