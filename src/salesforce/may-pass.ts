import { ForcewatchError } from '../errors.ts'
import { errorCodeOf } from './directory/read-users.ts'

/** What Salesforce says of itself, or of how much is asked of it. */
const passing: ReadonlySet<string> = new Set([
  'REQUEST_LIMIT_EXCEEDED',
  'SERVER_UNAVAILABLE',
  'QUERY_TIMEOUT',
  'UNABLE_TO_LOCK_ROW',
  'UNKNOWN_EXCEPTION',
])
const passingStatus = /^ERROR_HTTP_(408|420|429|5\d\d)$/
/** Errors of requests without an answer: of jsforce's client, and of {@link withinLimit}. */
const unanswered: ReadonlySet<string> = new Set(['FetchError', 'AbortError', 'TimeoutError'])

/** Whether a request to an org that was rejected with this may succeed later without anybody changing anything. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ForcewatchError) return error.retryable
  if (!(error instanceof Error)) return false
  const code = errorCodeOf(error)
  if (code !== '') return passing.has(code) || passingStatus.test(code)
  return unanswered.has(error.name) || isFetchFailure(error)
}

/** `fetch` tells a lost connection as a TypeError with a cause; a mistake of ours has none, or another TypeError. */
function isFetchFailure(error: Error): boolean {
  return error instanceof TypeError && error.cause instanceof Error && !(error.cause instanceof TypeError)
}
