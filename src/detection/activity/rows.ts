import { numberOf, type Payload, textOf } from './payload.ts'

/**
 * Records that left the org by an API event. Each QueryMore is an event of its own and repeats the total of the query in
 * RowsProcessed, so RowsReturned (this batch) is what adds up. Bulk has no batches: its total counts once, at the query.
 * `counts`: the query asks for nothing but a number.
 */
export function rowsOfApiEvent(payload: Payload, counts: boolean): number {
  if (isBlocked(payload)) return 0
  const operation = textOf(payload, 'Operation')?.toLowerCase()
  if (operation?.startsWith('delete')) return 0
  if (counts) return 0
  const first = operation !== 'querymore'
  const total = numberOf(payload, 'RowsProcessed')
  if (textOf(payload, 'ApiType')?.toLowerCase().startsWith('bulk')) return first ? atLeastZero(total) : 0
  const returned = numberOf(payload, 'RowsReturned')
  if (returned !== null) return atLeastZero(returned)
  const listed = countRecords(payload)
  if (listed !== null) return total !== null && total >= 0 ? Math.min(listed, total) : listed
  return first ? atLeastZero(total) : 0
}

/**
 * Records of a report run or list view: every chunk repeats the total, so only the first one (Sequence 1) counts. An event
 * without a Sequence is whole; Sequence 0 was blocked by a policy and carries nothing.
 */
export function rowsOfChunk(payload: Payload): number {
  const sequence = numberOf(payload, 'Sequence')
  if ((sequence !== null && sequence !== 1) || isBlocked(payload)) return 0
  return atLeastZero(numberOf(payload, 'RowsProcessed'))
}

function isBlocked(payload: Payload): boolean {
  return textOf(payload, 'PolicyOutcome')?.toLowerCase() === 'block'
}

/** RowsProcessed is −1 for big objects whose total nobody knows. */
function atLeastZero(rows: number | null): number {
  return rows === null ? 0 : Math.max(rows, 0)
}

/** Entries of `Records`, JSON in a string, as far as it is there and whole. Older orgs have no RowsReturned. */
function countRecords(payload: Payload): number | null {
  const text = textOf(payload, 'Records')
  if (text === null) return null
  try {
    const { records } = JSON.parse(text)
    return Array.isArray(records) ? records.length : null
  } catch {
    return null
  }
}
