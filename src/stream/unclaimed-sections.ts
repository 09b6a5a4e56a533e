import { day } from '../duration.ts'
import type { StateChange } from '../store/state-store.ts'

/** The section that remembers since when (ms since the epoch) other sections have been without a state. */
export const unclaimedSection = 'unclaimed'

/** Long enough for a rolling deployment, a detector file that was missing, or a version that is taken back. */
const patience = 7 * day

/**
 * Sections of the store that no state of the task claims. Weeks of baselines may lie in them, so that they are removed only
 * after a week.
 */
export class UnclaimedSections {
  readonly #since = new Map<string, number>()
  readonly #found = new Set<string>()

  /** Takes over what {@link unclaimedSection} holds. */
  restore(section: string, since: Buffer): void {
    this.#since.set(section, Number(since.toString()))
  }

  /** Notes that the section exists; its entries are passed over. */
  found(section: string): { restore(key: string, value: Buffer): void } {
    this.#found.add(section)
    return { restore: () => undefined }
  }

  /** What has to change in the store, if anything. `now`: ms since the epoch. */
  tidy(claimed: ReadonlySet<string>, now: number): StateChange | undefined {
    const drops = [...this.#found].filter((section) => now - (this.#since.get(section) ?? now) > patience)
    const fresh = [...this.#found].filter((section) => !this.#since.has(section))
    const forgotten = [...this.#since.keys()].filter(
      (section) => claimed.has(section) || drops.includes(section),
    )
    if (drops.length + fresh.length + forgotten.length === 0) return undefined
    return {
      drops,
      puts: fresh.map((key) => ({ section: unclaimedSection, key, value: Buffer.from(String(now)) })),
      deletes: forgotten.map((key) => ({ section: unclaimedSection, key })),
    }
  }
}
