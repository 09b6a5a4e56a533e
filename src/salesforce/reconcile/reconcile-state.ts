import { z } from 'zod'
import type { Lease, StateEntry } from '../../store/state-store.ts'

const sections = { checked: 'checked', closed: 'closed-gaps' } as const

const closing = z.object({
  at: z.string(),
  found: z.number(),
  injected: z.number(),
})

/** What became of a gap: when the storage object was read over it (ISO), how many events the log lacked, and how many it has got. */
export type GapClosing = z.output<typeof closing>

/** How far an org's events have been compared with its storage objects; in the store under a lease of its own. */
export class ReconcileState {
  readonly #lease: Lease
  readonly #checked = new Map<string, number>()
  readonly #closed = new Map<string, GapClosing>()

  private constructor(lease: Lease) {
    this.#lease = lease
  }

  /** @throws STORE_UNAVAILABLE, FENCED */
  static async load(lease: Lease): Promise<ReconcileState> {
    const state = new ReconcileState(lease)
    for await (const { section, key, value } of lease.restore()) {
      if (section === sections.checked) state.#checked.set(key, Date.parse(value.toString()))
      const closed = section === sections.closed ? parseClosing(value) : undefined
      if (closed) state.#closed.set(key, closed)
    }
    return state
  }

  /** Up to where events of a storage object have been checked, ms since the epoch; undefined for never. */
  checked(object: string): number | undefined {
    return this.#checked.get(object)
  }

  /** The storage objects of which something has been checked. */
  get objects(): readonly string[] {
    return [...this.#checked.keys()]
  }

  isClosed(gapKey: string): boolean {
    return this.#closed.has(gapKey)
  }

  /** Remembers how far it has come, and which gaps are closed by that; never goes back. @throws STORE_UNAVAILABLE, FENCED */
  async advance(object: string, to: number, closed: ReadonlyMap<string, GapClosing>): Promise<void> {
    const checked = Math.max(to, this.#checked.get(object) ?? 0)
    await this.#close(closed, [toEntry(sections.checked, object, new Date(checked).toISOString())])
    this.#checked.set(object, checked)
  }

  /** Remembers what became of a gap that several objects had to close. @throws STORE_UNAVAILABLE, FENCED */
  async close(gapKey: string, closing: GapClosing): Promise<void> {
    await this.#close(new Map([[gapKey, closing]]))
  }

  async #close(closed: ReadonlyMap<string, GapClosing>, beside: readonly StateEntry[] = []): Promise<void> {
    const closings = [...closed].map(([key, value]) => toEntry(sections.closed, key, JSON.stringify(value)))
    await this.#lease.commit({ puts: [...beside, ...closings] })
    for (const [key, value] of closed) this.#closed.set(key, value)
  }

  /** Forgets closings of gaps that are not on record any more. @throws STORE_UNAVAILABLE, FENCED */
  async keepOnly(gapKeys: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#closed.keys()].filter((key) => !gapKeys.has(key))
    if (gone.length === 0) return
    await this.#lease.commit({ puts: [], deletes: gone.map((key) => ({ section: sections.closed, key })) })
    for (const key of gone) this.#closed.delete(key)
  }
}

/** The closings of gaps among the entries of the scope, by key of the gap. */
export async function readClosings(
  entries: AsyncIterable<StateEntry>,
): Promise<ReadonlyMap<string, GapClosing>> {
  const closings = new Map<string, GapClosing>()
  for await (const { section, key, value } of entries) {
    const closed = section === sections.closed ? parseClosing(value) : undefined
    if (closed) closings.set(key, closed)
  }
  return closings
}

/** Where the state of an org is kept. */
export function reconcileScope(org: string): string {
  return `reconcile:${org}`
}

function parseClosing(value: Buffer): GapClosing | undefined {
  return closing.safeParse(JSON.parse(value.toString())).data
}

function toEntry(section: string, key: string, value: string): StateEntry {
  return { section, key, value: Buffer.from(value) }
}
