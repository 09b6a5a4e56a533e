import { createHash } from 'node:crypto'
import { week } from '../../duration.ts'
import type { Lease, StateEntry } from '../../store/state-store.ts'
import type { Fact } from './facts.ts'
import type { User } from './read-users.ts'

const sections = { sent: 'sent', facts: 'facts', progress: 'progress' } as const

/** What the log has been told about an org, its users and apps, and when; in the store under a lease of its own. */
export class DirectoryState {
  readonly #lease: Lease
  /** By user id, a fingerprint of what was sent. */
  readonly #sent = new Map<string, string>()
  /** The same by name of a fact. */
  readonly #facts = new Map<string, string>()
  readonly #progress = new Map<string, string>()

  private constructor(lease: Lease) {
    this.#lease = lease
  }

  /** @throws STORE_UNAVAILABLE, FENCED */
  static async load(lease: Lease): Promise<DirectoryState> {
    const state = new DirectoryState(lease)
    for await (const { section, key, value } of lease.restore()) {
      if (section === sections.sent) state.#sent.set(key, value.toString())
      if (section === sections.facts) state.#facts.set(key, value.toString())
      if (section === sections.progress) state.#progress.set(key, value.toString())
    }
    return state
  }

  /** How many users have been sent. */
  get size(): number {
    return this.#sent.size
  }

  /** When everybody was read last, ms since the epoch; undefined for never. */
  get readAll(): number | undefined {
    const time = this.#progress.get('read-all')
    return time === undefined ? undefined : Number(time)
  }

  /** The latest change that was seen, as Salesforce writes dates. */
  get newest(): string | undefined {
    return this.#progress.get('newest')
  }

  /**
   * Whether the log does not know the user as it is, or has not been told this week: what the log forgets must come again, so
   * that a replay of any of its weeks knows everybody. A login alone is no change: it would be one every day.
   */
  isNews(user: User, now: number): boolean {
    return this.#sent.get(user.id) !== fingerprint(user, now)
  }

  /** Remembers that these users are in the log. @throws STORE_UNAVAILABLE, FENCED */
  async sent(users: readonly User[], now: number): Promise<void> {
    const entries = users.map((user) => [user.id, fingerprint(user, now)] as const)
    await this.#lease.commit({ puts: entries.map(([id, print]) => toEntry(sections.sent, id, print)) })
    for (const [id, print] of entries) this.#sent.set(id, print)
  }

  /** Names of the facts that the log has been told. */
  get factNames(): Iterable<string> {
    return this.#facts.keys()
  }

  /** As {@link isNews}, of a fact. */
  isNewFact({ name, content }: Fact, now: number): boolean {
    return this.#facts.get(name) !== hash([content, Math.floor(now / week)])
  }

  /** Remembers that these facts are in the log. @throws STORE_UNAVAILABLE, FENCED */
  async factsSent(facts: readonly Fact[], now: number): Promise<void> {
    const entries = facts.map(({ name, content }) => [name, hash([content, Math.floor(now / week)])] as const)
    await this.#lease.commit({ puts: entries.map(([name, print]) => toEntry(sections.facts, name, print)) })
    for (const [name, print] of entries) this.#facts.set(name, print)
  }

  /** Remembers how far a reading came; `all` is its time, ms, when it read everybody. @throws STORE_UNAVAILABLE, FENCED */
  async read(newest: string | undefined, all: number | undefined): Promise<void> {
    const progress = [
      ...(newest === undefined ? [] : [['newest', newest] as const]),
      ...(all === undefined ? [] : [['read-all', String(all)] as const]),
    ]
    await this.#lease.commit({ puts: progress.map(([key, value]) => toEntry(sections.progress, key, value)) })
    for (const [key, value] of progress) this.#progress.set(key, value)
  }
}

function fingerprint({ lastLogin: _, modified: __, ...lasting }: User, now: number): string {
  return hash([lasting, Math.floor(now / week)])
}

function hash(described: unknown): string {
  return createHash('sha256').update(JSON.stringify(described)).digest('base64').slice(0, 12)
}

function toEntry(section: string, key: string, value: string): StateEntry {
  return { section, key, value: Buffer.from(value) }
}
