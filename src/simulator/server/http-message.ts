import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, gzip } from 'node:zlib'

/** An answer before it is encoded. */
export type HttpAnswer = {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly cookies?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** The type of an answer in JSON. */
export const json = 'application/json;charset=UTF-8'

/** An answer in JSON. */
export function toJson(status: number, body: unknown): HttpAnswer {
  return { status, type: json, body: JSON.stringify(body) }
}

/** An answer in plain text. */
export function toText(status: number, body: string): HttpAnswer {
  return { status, type: 'text/plain', body }
}

/** The body of a request as text, or undefined when it is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
  }
  return size > limit ? undefined : Buffer.concat(chunks).toString('utf8')
}

/** Sends an answer, compressed when the client takes gzip and the body is worth it. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpAnswer,
): Promise<void> {
  const { body, headers } = await encode(request, answer)
  if (response.destroyed) return
  response.writeHead(answer.status, headers).end(body)
}

/** The cookies of a request by name. */
export function parseCookies(request: IncomingMessage): Readonly<Record<string, string>> {
  const cookies: Record<string, string> = {}
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0) cookies[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim()
  }
  return cookies
}

/** The token of an `Authorization` header, which may say `Bearer` or, as jsforce does, `OAuth`. */
export function parseToken(request: IncomingMessage): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

async function encode(request: IncomingMessage, answer: HttpAnswer) {
  const plain = Buffer.from(answer.body)
  const zips = plain.length > 1024 && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const body = zips ? await compress(plain) : plain
  const headers = {
    ...answer.headers,
    'content-type': answer.type,
    'content-length': body.length,
    ...(zips ? { 'content-encoding': 'gzip' } : {}),
    ...(answer.cookies && answer.cookies.length > 0 ? { 'set-cookie': [...answer.cookies] } : {}),
  }
  return { body, headers }
}

function compress(plain: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(plain, { level: constants.Z_BEST_SPEED }, (error, zipped) =>
      error ? reject(error) : resolve(zipped),
    )
  })
}
