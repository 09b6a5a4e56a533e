import type { OrgRest } from '../storage/org-rest.ts'
import { readStored, type StoredEvent } from '../storage/read-stored.ts'
import type { LoggedEvents } from './logged-events.ts'

/** A stretch of time of one kind of event. */
export type Slice = {
  /** Name of the stream. */
  readonly type: string
  readonly object: string
  /** EventDate, ms since the epoch; `to` is not part of it. */
  readonly from: number
  readonly to: number
}

/** How many events the storage object has, and which of them the log lacks, oldest first. */
export type Comparison = { readonly stored: number; readonly missing: readonly StoredEvent[] }

/**
 * Lists a slice of a storage object, identifiers only, and compares it with the log.
 * @param loggedFor answers what the log holds of the slice; asked only when the storage object has something
 */
export async function compare(
  rest: OrgRest,
  slice: Slice,
  loggedFor: (slice: Slice) => Promise<LoggedEvents>,
): Promise<Comparison> {
  const missing: StoredEvent[] = []
  let stored = 0
  let logged: LoggedEvents | undefined
  for await (const page of readStored(rest, { ...slice, columns: ['EventDate', 'EventIdentifier'] })) {
    stored += page.length
    logged ??= await loggedFor(slice)
    for (const event of page) if (!logged.has({ type: slice.type, ...event })) missing.push(event)
  }
  return { stored, missing: missing.sort((a, b) => a.time - b.time) }
}

/** Missing events that are read in whole together, ms apart at most … */
const neighbours = 60_000
/** … and at most so many. */
const mostTogether = 2000

/** The missing events in whole, oldest first, in parts that fit into memory. */
export async function* readMissing(
  rest: OrgRest,
  object: string,
  columns: readonly string[],
  missing: readonly StoredEvent[],
): AsyncGenerator<readonly StoredEvent[]> {
  for (const group of toGroups(missing)) {
    const wanted = new Set(group.map(({ identifier }) => identifier))
    const range = { object, columns, from: group[0]?.time ?? 0, to: (group.at(-1)?.time ?? 0) + 1 }
    const found: StoredEvent[] = []
    for await (const page of readStored(rest, range))
      found.push(...page.filter(({ identifier }) => wanted.has(identifier)))
    yield found.sort((a, b) => a.time - b.time)
  }
}

function toGroups(missing: readonly StoredEvent[]): readonly (readonly StoredEvent[])[] {
  const groups: StoredEvent[][] = []
  for (const event of missing) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    if (!group || !last || event.time - last.time > neighbours || group.length >= mostTogether)
      groups.push([event])
    else group.push(event)
  }
  return groups
}
