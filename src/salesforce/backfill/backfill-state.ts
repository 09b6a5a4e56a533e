import { z } from 'zod'
import type { Lease, StateEntry } from '../../store/state-store.ts'

const unread = z.object({
  channel: z.string(),
  /** Where its events are kept: in the storage object of the channel, or in log files. */
  source: z.enum(['object', 'files']),
  /** EventDate range, ms since the epoch. */
  from: z.number(),
  to: z.number(),
  reason: z.string(),
})

/** A stretch of time of which events may be missing, since what holds them could not be read, or not yet. */
export type Unread = z.output<typeof unread>

const progress = z.object({
  /** EventDate range that is being filled, ms since the epoch. */
  from: z.number(),
  to: z.number(),
  /** Everything before this is in the log. */
  reached: z.number(),
  events: z.number(),
  /** Streams whose storage object has given an event: their log files are not read any more. */
  stored: z.array(z.string()),
  /** What the next run tries once more. */
  unread: z.array(unread).default([]),
  /** Whether the org has log files. */
  filed: z.boolean().default(false),
})

/** How far a backfill has come. */
export type BackfillProgress = z.output<typeof progress>

const section = 'progress'
const key = 'range'

/** The progress of an org's backfill, in the store under a lease of its own. */
export class BackfillState {
  readonly #lease: Lease
  #progress: BackfillProgress | undefined

  private constructor(lease: Lease) {
    this.#lease = lease
  }

  /** @throws STORE_UNAVAILABLE, FENCED */
  static async load(lease: Lease): Promise<BackfillState> {
    const state = new BackfillState(lease)
    state.#progress = await readBackfillProgress(lease.restore())
    return state
  }

  get progress(): BackfillProgress | undefined {
    return this.#progress
  }

  /** @throws STORE_UNAVAILABLE, FENCED */
  async save(reached: BackfillProgress): Promise<void> {
    await this.#lease.commit({ puts: [{ section, key, value: Buffer.from(JSON.stringify(reached)) }] })
    this.#progress = reached
  }
}

/** The progress among the entries of the scope; undefined where there was no backfill. */
export async function readBackfillProgress(
  entries: AsyncIterable<StateEntry>,
): Promise<BackfillProgress | undefined> {
  let found: BackfillProgress | undefined
  for await (const entry of entries)
    if (entry.section === section && entry.key === key)
      found = progress.parse(JSON.parse(entry.value.toString()))
  return found
}

/** Where the state of an org is kept. */
export function backfillScope(org: string): string {
  return `backfill:${org}`
}
