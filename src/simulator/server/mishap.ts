import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import { type HttpAnswer, send } from './http-message.ts'

/** What may befall an answer on its way. */
export type Mishap =
  | 'cut'
  | 'reset'
  | 'stall'
  | 'drip'
  | 'truncated'
  | 'garbled'
  | 'odd-cookies'
  | 'small-chunks'
  | 'nameless'

/** Between two bytes of an answer that drips, ms; so many spaces come before its last one. */
const dripInterval = 20
const endless = 1_000_000

const oddCookies = [
  '',
  '=;;=',
  'alien=1; Domain=example.org',
  'suffix=1; Domain=com',
  'old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
  `long=${'x'.repeat(3_000)}; Path=/elsewhere`,
  'secure=1; Secure; SameSite=None; Path=/; Priority=High; Partitioned',
]

/** Sends an answer that something befalls. */
export async function sendWithMishap(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
  mishap: Mishap,
  clock: Clock,
): Promise<void> {
  const body = Buffer.from(answer.body)
  const half = body.subarray(0, Math.floor(body.length / 2))
  const begin = (headers: Record<string, string | number> = { 'content-length': body.length }) =>
    response.writeHead(answer.status, { 'content-type': answer.type, ...headers })
  switch (mishap) {
    case 'cut':
      begin().write(half, () => response.destroy())
      return
    case 'reset':
      begin().write(half, () => response.socket?.resetAndDestroy())
      return
    case 'stall':
      begin().write(half)
      return
    case 'drip':
      return drip(begin({ 'content-length': body.length + endless }), body, clock)
    case 'truncated':
      begin({ 'content-length': half.length }).end(half)
      return
    case 'garbled':
      begin({ 'content-length': half.length, 'content-encoding': 'gzip' }).end(half)
      return
    case 'odd-cookies':
      return send(request, response, { ...answer, cookies: [...oddCookies, ...(answer.cookies ?? [])] })
    case 'small-chunks':
      begin({ 'transfer-encoding': 'chunked' })
      for (let from = 0; from < body.length; from += 7) response.write(body.subarray(from, from + 7))
      response.end()
      return
    case 'nameless':
      return send(request, response, { ...answer, body: withoutIds(answer.body) })
  }
}

async function drip(response: ServerResponse, body: Buffer, clock: Clock): Promise<void> {
  for (let index = 0; !response.destroyed; index++) {
    response.write(index < body.length - 1 ? body.subarray(index, index + 1) : ' ')
    await clock.sleep(dripInterval)
  }
}

function withoutIds(body: string): string {
  const messages = JSON.parse(body) as readonly Record<string, unknown>[]
  return JSON.stringify(messages.map(({ id: _id, ...message }) => message))
}
