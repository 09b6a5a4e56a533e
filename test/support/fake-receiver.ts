import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export type Answer = {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Closes the connection without an answer. */
  readonly hangUp?: boolean
  /** Never answers; the request stays open until the server closes. */
  readonly hang?: boolean
}

export type ReceivedRequest<Body> = {
  readonly path: string
  readonly body: Body
  /** What the request breaks of the documented contract; empty when it is fine. */
  readonly violations: readonly string[]
  /** What was answered; null when the connection was left or closed. */
  readonly status: number | null
}

/** An HTTP server that plays a receiver of notifications: checks every request, records it, fails on demand. */
export interface FakeReceiver<Body> {
  readonly url: string
  /** Every request so far, oldest first. */
  readonly requests: readonly ReceivedRequest<Body>[]
  /** The bodies that were accepted. */
  readonly accepted: readonly Body[]
  /** Answers the next `times` requests like this instead (default 1; Infinity until {@link recover}). */
  fail(answer: Answer, times?: number): void
  recover(): void
  /** Resolves when `condition` holds; rejects after `timeout` ms. Looked at after each request. */
  until(condition: () => boolean, timeout?: number): Promise<void>
  close(): Promise<void>
}

export type ReceiverRules<Body> = {
  readonly path: string
  readonly success: Answer
  check(body: Body, raw: string): readonly string[]
  /** The answer to a request that breaks the contract. */
  refuse(violations: readonly string[]): Answer
}

export async function createFakeReceiver<Body>(rules: ReceiverRules<Body>): Promise<FakeReceiver<Body>> {
  const requests: ReceivedRequest<Body>[] = []
  const accepted: Body[] = []
  const watchers = new Set<() => void>()
  let failure: { answer: Answer; times: number } | undefined

  function nextFailure(): Answer | undefined {
    if (!failure || failure.times <= 0) return undefined
    failure.times--
    return failure.answer
  }

  const server = createServer(async (request, response) => {
    const raw = await readBody(request)
    const parsed = parseBody<Body>(raw)
    const violations = [
      ...checkRequest(request, rules.path),
      ...(parsed === undefined ? ['the body is not JSON'] : rules.check(parsed, raw)),
    ]
    const answer = nextFailure() ?? (violations.length > 0 ? rules.refuse(violations) : rules.success)
    const silent = answer.hang || answer.hangUp
    requests.push({
      path: request.url ?? '',
      body: parsed as Body,
      violations,
      status: silent ? null : answer.status,
    })
    if (answer === rules.success) accepted.push(parsed as Body)
    for (const watch of watchers) watch()
    if (answer.hangUp) request.socket.destroy()
    else if (!answer.hang) response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}${rules.path}`,
    requests,
    accepted,
    fail(answer, times = 1) {
      failure = { answer, times }
    },
    recover() {
      failure = undefined
    },
    async until(condition, timeout = 20_000) {
      const held = Promise.withResolvers<void>()
      const watch = () => condition() && held.resolve()
      watchers.add(watch)
      watch()
      const timer = new AbortController()
      const late = delay(timeout, undefined, { signal: timer.signal }).then(() => {
        const seen = requests.map(({ status, violations }) => `${status} ${violations.join('; ')}`)
        throw new Error(`not within ${timeout} ms; requests so far: ${JSON.stringify(seen)}`)
      })
      try {
        await Promise.race([held.promise, late])
      } finally {
        timer.abort()
        late.catch(() => undefined)
        watchers.delete(watch)
      }
    },
    close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      return closed.promise
    },
  }
}

function checkRequest(request: IncomingMessage, path: string): string[] {
  const violations: string[] = []
  if (request.method !== 'POST') violations.push(`method ${request.method}`)
  if (request.url !== path) violations.push(`path ${request.url}`)
  if (!request.headers['content-type']?.startsWith('application/json')) violations.push('content-type')
  return violations
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function parseBody<Body>(raw: string): Body | undefined {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}
