import type { EventRecord } from '../detection/activity/decode.ts'

/** What records have in common with their neighbours; it travels once a batch. */
export type Envelope = { readonly key: string; readonly headers: EventRecord['headers'] }

/** Records in memory that threads share. */
export type Batch = {
  readonly bytes: SharedArrayBuffer
  readonly count: number
  readonly envelopes: readonly Envelope[]
}

/** Of a record: length of its value and number of its envelope (32 bits each), then its timestamp (64-bit float). */
const headBytes = 16

/** Lays records into a shared buffer, one behind the other. */
export class BatchWriter {
  readonly #capacity: number
  #shared: SharedArrayBuffer
  #bytes: Buffer
  #used = 0
  #count = 0
  #envelopes: Envelope[] = []

  /** `capacity`: bytes of an ordinary batch. A record that is larger gets a batch of its own. */
  constructor(capacity: number, first: SharedArrayBuffer = new SharedArrayBuffer(capacity)) {
    this.#capacity = capacity
    this.#shared = first
    this.#bytes = Buffer.from(first)
  }

  /** False when there is no room: take the batch first. */
  write({ key, value, headers, timestamp = 0 }: EventRecord): boolean {
    const size = headBytes + value.length
    if (this.#used + size > this.#bytes.length) {
      if (this.#count > 0) return false
      this.#use(new SharedArrayBuffer(size))
    }
    const bytes = this.#bytes
    let at = this.#used
    at = bytes.writeUInt32LE(value.length, at)
    at = bytes.writeUInt32LE(this.#envelopeOf(key, headers), at)
    at = bytes.writeDoubleLE(timestamp, at)
    value.copy(bytes, at)
    this.#used = at + value.length
    this.#count++
    return true
  }

  /** What has been written, and goes on in another buffer: one that nobody reads any more. */
  take(next: SharedArrayBuffer | undefined): Batch {
    const batch = { bytes: this.#shared, count: this.#count, envelopes: this.#envelopes }
    this.#use(next && next.byteLength === this.#capacity ? next : new SharedArrayBuffer(this.#capacity))
    this.#count = 0
    this.#envelopes = []
    return batch
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  #use(shared: SharedArrayBuffer): void {
    this.#shared = shared
    this.#bytes = Buffer.from(shared)
    this.#used = 0
  }

  #envelopeOf(key: string, headers: Envelope['headers']): number {
    const last = this.#envelopes.length - 1
    const same = this.#envelopes.findLastIndex((known) => isSame(known, key, headers))
    if (same >= 0) return same
    this.#envelopes.push({ key, headers })
    return last + 1
  }
}

/** The records of a batch, in order. Their values lie in the batch: what is kept of them must be copied. */
export function* recordsOf({ bytes: shared, count, envelopes }: Batch): Generator<EventRecord> {
  const bytes = Buffer.from(shared)
  let at = 0
  for (let index = 0; index < count; index++) {
    const length = bytes.readUInt32LE(at)
    const envelope = envelopes[bytes.readUInt32LE(at + 4)] as Envelope
    const timestamp = bytes.readDoubleLE(at + 8)
    at += headBytes
    const { key, headers } = envelope
    yield { key, headers, timestamp, value: bytes.subarray(at, at + length) }
    at += length
  }
}

function isSame(known: Envelope, key: string, headers: Envelope['headers']): boolean {
  return (
    known.key === key &&
    (known.headers === headers ||
      (known.headers.org === headers.org && known.headers.origin === headers.origin))
  )
}
