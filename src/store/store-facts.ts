/** A server of the store as a person who sets it up must know it. */
export type StoreNode = {
  /** `host:port`, without credentials. */
  readonly address: string
  readonly version: string
  /** Whether it takes writes itself. */
  readonly isPrimary: boolean
  /** What happens when memory is short, such as `noeviction`. */
  readonly evictionPolicy: string
  /** Whether each write goes into a file that is read at a restart, and whether the last one could be written. */
  readonly appendOnlyFile: boolean
  readonly lastWriteFailed: boolean
  /** Bytes in use, and at most; 0 for no bound. */
  readonly usedMemory: number
  readonly maxMemory: number
}

/** A store as a person who sets it up must know it: one server, or the primaries of a cluster. */
export type StoreFacts = { readonly nodes: readonly StoreNode[] }
