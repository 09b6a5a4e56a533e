import type { LogRecord } from '../log/log.ts'
import type { Decoded } from './activity/activity.ts'

/**
 * Reads records some at a time. Parsing and detection take turns less often then, and each finds what it needs where it left it,
 * in the processor's caches: that makes both faster by a tenth.
 */
export class ReadAhead {
  readonly #decode: (record: LogRecord) => Decoded
  #records: readonly LogRecord[] = []
  #read: readonly (Decoded | null)[] = []
  #next = 0

  /** @param decode may throw; depends on nothing but the record */
  constructor(decode: (record: LogRecord) => Decoded) {
    this.#decode = decode
  }

  /** Reads the records that will be taken next. Answers what they say; null where that cannot be read. */
  read(records: readonly LogRecord[]): readonly (Decoded | null)[] {
    this.#records = records
    this.#read = records.map((record) => this.#decodeOrNull(record))
    this.#next = 0
    return this.#read
  }

  /** What a record says, whether it was read before or not. @throws what `decode` throws */
  take(record: LogRecord): Decoded {
    const place = this.#records.indexOf(record, this.#next)
    if (place < 0) return this.#decode(record)
    this.#next = place + 1
    return this.#read[place] ?? this.#decode(record)
  }

  /** What cannot be read says so when it is taken. */
  #decodeOrNull(record: LogRecord): Decoded | null {
    try {
      return this.#decode(record)
    } catch {
      return null
    }
  }
}
