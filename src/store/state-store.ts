/**
 * Durable state in scopes. A scope has at most one valid lease; each lease has an epoch greater than every earlier one
 * of its scope, and a commit under an older epoch is refused (`FENCED`). Two implementations: Redis, and one SQLite file.
 */
export interface StateStore {
  /**
   * Takes the lease on a scope. `mode: 'steal'` takes it from whoever has it (for a partition that the log assigned to
   * us); `'wait'` answers null while another owner's lease has not expired.
   * @throws STORE_UNAVAILABLE
   */
  acquire(scope: string, options: LeaseOptions): Promise<Lease | null>
  /**
   * Every entry of a scope without a lease on it, for reports: the owner may go on writing meanwhile. Nothing when there is no
   * such scope. An entry may come twice.
   * @throws STORE_UNAVAILABLE
   */
  read(scope: string): AsyncIterable<StateEntry>
  close(): Promise<void>
}

export type LeaseOptions = {
  /** Who asks: unique per process. An owner that asks again for its own lease gets a new epoch. */
  readonly owner: string
  /** How long the lease stands without renewal, ms. */
  readonly ttl: number
  readonly mode: 'steal' | 'wait'
}

/** The right to write one scope. It stays good after its expiry for as long as no other owner has taken it. */
export interface Lease {
  readonly scope: string
  readonly epoch: number
  /** Makes the lease stand for another ttl. @throws FENCED when it is not ours any more. */
  renew(): Promise<void>
  /** Every entry of the scope, section by section in no particular order. An entry may come twice, with the same value. */
  restore(): AsyncIterable<StateEntry>
  /**
   * Writes all or nothing. Absolute values, so that repeating a commit whose answer was lost is harmless.
   * @throws FENCED when the lease is not ours any more (nothing was written), STORE_UNAVAILABLE when the outcome is unknown.
   */
  commit(change: StateChange): Promise<void>
  /** Gives the lease up so that another owner need not wait for its expiry. Never throws FENCED. @throws STORE_UNAVAILABLE */
  release(): Promise<void>
}

/** Names one entry of a scope. */
export type StateKey = { readonly section: string; readonly key: string }
/** One entry of a scope. What the value means is the owner's business. */
export type StateEntry = StateKey & { readonly value: Buffer }

/** What a commit does. */
export type StateChange = {
  readonly puts: readonly StateEntry[]
  readonly deletes?: readonly StateKey[]
  /** Sections to remove whole, before the puts. */
  readonly drops?: readonly string[]
}
