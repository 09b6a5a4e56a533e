import { day } from '../../duration.ts'
import { streamName } from '../channels.ts'
import type { Unread } from './backfill-state.ts'
import { logFileTypesOf } from './log-file-events.ts'
import { logFiles } from './log-files.ts'

/** After this time, ms, there are the log files of an hour or day, or none. */
const latest = day

/** What log files may still tell later of events of these channels in `[from, to)`. */
export function lateIn(
  channels: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
  now: number,
): readonly Unread[] {
  const begin = Math.max(from, now - latest)
  if (begin >= to) return []
  return channels
    .filter((channel) => logFileTypesOf(new Set([streamName(channel)])).length > 0)
    .map((channel) => ({
      channel,
      source: 'files',
      from: begin,
      to,
      reason: 'log files come up to a day later',
    }))
}

/** The same with stretches that follow each other as one. */
export function merge(unread: readonly Unread[]): readonly Unread[] {
  const merged: Unread[] = []
  for (const next of unread) {
    const index = merged.findIndex((one) => isContinuedBy(one, next))
    const one = merged[index]
    if (one) merged[index] = { ...one, to: next.to }
    else merged.push(next)
  }
  return merged
}

function isContinuedBy(one: Unread, next: Unread): boolean {
  return (
    one.to === next.from &&
    one.channel === next.channel &&
    one.source === next.source &&
    one.reason === next.reason
  )
}

/** Pieces no longer than `length` ms. */
export function cut({ from, to, ...what }: Unread, length: number): readonly Unread[] {
  const pieces: Unread[] = []
  for (let start = from; start < to; start += length)
    pieces.push({ ...what, from: start, to: Math.min(to, start + length) })
  return pieces
}

/** What to do about a storage object, log files as such or one of them (by its path) that cannot be read. */
export function remedyFor(what: string): string {
  if (what === logFiles)
    return 'Give the integration user View Event Log Files and API Enabled, and run this once more.'
  if (what.startsWith('/'))
    return 'Its other rows are in the log. Salesforce replaces the file of a day as a whole: run this once more tomorrow, or have Salesforce Support make it anew.'
  return `Give the integration user read access to ${what}, enable its storage in Setup → Event Manager, and run this once more.`
}
