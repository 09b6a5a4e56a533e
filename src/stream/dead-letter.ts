import type { LogRecord, NewRecord } from '../log/log.ts'

/** The record for the dead-letter topic: key and value as they were, headers saying why it is there and where it was. */
export function deadLetter(
  record: LogRecord,
  why: { readonly stage: string; readonly code: string; readonly reason: string },
): NewRecord {
  const { topic, partition, offset, key, value, headers } = record
  return {
    key,
    value,
    headers: { ...headers, ...why, topic, partition: String(partition), offset: String(offset) },
  }
}
