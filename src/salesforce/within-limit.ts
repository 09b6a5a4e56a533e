import type { Connection, OAuth2 } from 'jsforce'
import type { Clock } from '../clock.ts'
import { second } from '../duration.ts'

export type RequestLimit = {
  readonly clock: Clock
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
  /** ms */
  readonly limit: number
}

/** Waits for a request, no longer than `limit`: jsforce cannot be told to give up, so we stop waiting for it. Rejects then. */
export async function withinLimit<T>(
  request: Promise<T>,
  { clock, signal, limit }: RequestLimit,
): Promise<T> {
  const done = new AbortController()
  const either = AbortSignal.any(signal ? [signal, done.signal] : [done.signal])
  const tooLong = clock.sleep(limit, either).then((): never => {
    if (signal?.aborted) throw new DOMException('we are leaving', 'AbortError')
    throw new DOMException(`no answer in ${limit / second} s`, 'TimeoutError')
  })
  tooLong.catch(() => undefined)
  try {
    return await Promise.race([request, tooLong])
  } finally {
    done.abort()
  }
}

/**
 * jsforce would keep a request without an answer, and its socket, for half an hour, and follow a redirect with the token:
 * `limit` in ms.
 */
export function restrainRequests({ _transport: transport }: OAuth2 | Connection, limit: number): void {
  const send = transport.httpRequest.bind(transport)
  const restraint = { timeout: limit, followRedirect: refuseRedirect }
  transport.httpRequest = (request, requestOptions) => send(request, { ...requestOptions, ...restraint })
}

function refuseRedirect(url: string): never {
  throw new Error(`it redirects to ${url}`)
}
