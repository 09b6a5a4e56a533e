import { z } from 'zod'
import type { Lease } from '../../store/state-store.ts'

const progress = z.object({
  /** EventDate range that is being filled, ms since the epoch. */
  from: z.number(),
  to: z.number(),
  /** Everything before this is in the log. */
  reached: z.number(),
  events: z.number(),
  /** Streams whose storage object has given an event: their log files are not read any more. */
  stored: z.array(z.string()),
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
    for await (const entry of lease.restore())
      if (entry.section === section && entry.key === key)
        state.#progress = progress.parse(JSON.parse(entry.value.toString()))
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

/** Where the state of an org is kept. */
export function backfillScope(org: string): string {
  return `backfill:${org}`
}
