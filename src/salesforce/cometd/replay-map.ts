import type { Cursor, EventMessage } from '../event-message.ts'
import type { Start } from '../transport.ts'
import { type RawNumber, toRawNumber } from './exact-json.ts'

/** `ext.replay` of a subscription: where each channel starts. */
export type ReplayMap = Readonly<Record<string, number | string | RawNumber>>

/** Ids travel as numbers, as Salesforce sends them; -1 is what comes next and -2 the oldest that is kept. */
export function toReplayMap(channels: ReadonlyMap<string, Start>): ReplayMap {
  return Object.fromEntries([...channels].map(([channel, start]) => [channel, toReplayId(start)]))
}

/** For each channel the cursor that resumes behind the last of these events. An event without replay id moves none. */
export function cursorsBehind(messages: readonly EventMessage[]): ReadonlyMap<string, Cursor> {
  const cursors = new Map<string, Cursor>()
  for (const { channel, data } of messages) {
    const cursor = data.event?.replayId
    if (typeof cursor === 'string' && cursor !== '') cursors.set(channel, cursor)
  }
  return cursors
}

function toReplayId(start: Start): ReplayMap[string] {
  if (start === 'now') return -1
  if (start === 'oldest') return -2
  const { after } = start
  if (!/^(0|[1-9]\d*)$/.test(after)) return after
  const id = Number(after)
  return Number.isSafeInteger(id) ? id : toRawNumber(after)
}
