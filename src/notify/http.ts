import { second } from '../duration.ts'

/** What came of a request. `unreachable`: there was no answer, and nobody knows whether the request arrived. */
export type HttpResult =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** The body, at most 2,000 characters of it. */
      readonly body: string
      /** `Retry-After` in ms from now. */
      readonly retryAfter: number | undefined
    }
  | { readonly kind: 'unreachable'; readonly reason: string }

const timeout = 10 * second

/**
 * Posts JSON. Never throws, follows no redirect, and names neither the URL nor the body in a reason: both may hold secrets.
 * `now`: ms since the epoch, for a `Retry-After` that is a date.
 */
export async function postJson(
  url: string,
  body: unknown,
  signal: AbortSignal,
  now: number,
): Promise<HttpResult> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'forcewatch' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    })
    return {
      kind: 'answered',
      status: response.status,
      body: (await response.text()).slice(0, 2000),
      retryAfter: parseRetryAfter(response.headers.get('retry-after'), now),
    }
  } catch (error) {
    return { kind: 'unreachable', reason: describeFailure(error) }
  }
}

/** Seconds, or an HTTP date → ms from now; undefined for anything else. */
function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === '') return undefined
  const seconds = Number(value)
  const wait = Number.isFinite(seconds) ? seconds * second : Date.parse(value) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

/** Whether a status says that the receiver may take the same request later. */
export function isTemporary(status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || status === 425
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'TimeoutError') return `no answer within ${timeout / second} s`
  if (error.name === 'AbortError') return 'the request was given up'
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
  return `the receiver cannot be reached (${code})`
}
