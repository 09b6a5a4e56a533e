import { promisify } from 'node:util'
import { gunzip, type ZlibOptions } from 'node:zlib'
import { Cookie, CookieJar } from 'tough-cookie'
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import type { Clock } from '../../clock.ts'
import { minute, second } from '../../duration.ts'
import { messageOf } from '../../errors.ts'
import { version } from '../../version.ts'
import type { FaultKind, SessionEnd } from '../transport.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import { readAnswer } from './read-answer.ts'

/** What came of a request: the server's messages, or why the session has to end. */
export type PostResult =
  | { readonly kind: 'answer'; readonly messages: readonly BayeuxMessage[] }
  | { readonly kind: 'failed'; readonly end: SessionEnd }

export type ConnectionOptions = {
  readonly endpoint: URL
  readonly accessToken: string
  readonly clock: Clock
}

/** An answer that takes longer than its limit goes on for as long as this many bytes … */
const usefulBytes = 64 * 1024
/** … come in this time, ms: a long backlog on a slow line is not a dead one. */
const usefulTime = 15 * second
/** No answer of Salesforce comes near this. */
const largestAnswer = 256 * 1024 ** 2
const longestRetryAfter = 15 * minute
/** Bytes of an answer that are quoted where it is none. */
const longestQuote = 200

type Response = Dispatcher.ResponseData
const unpack: (packed: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gunzip)
/** With less room at a time an answer of a megabyte would take longer. */
const unpackOptions = { chunkSize: 256 * 1024, maxOutputLength: largestAnswer }

/** The HTTP side of one session: its own sockets, its own cookies, one token. */
export class Connection {
  readonly #endpoint: URL
  readonly #authorization: string
  readonly #clock: Clock
  // How long an answer may take is decided here and not by undici, which would cut a long poll at 300 s.
  readonly #agent = new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 128 * 1024 })
  readonly #cookies = new CookieJar()
  #serverTime: number | undefined

  constructor({ endpoint, accessToken, clock }: ConnectionOptions) {
    this.#endpoint = endpoint
    this.#authorization = `Bearer ${accessToken}`
    this.#clock = clock
  }

  /** When the server gave its last answer, by its own clock, ms since the epoch; undefined when it did not say. */
  get serverTime(): number | undefined {
    return this.#serverTime
  }

  /**
   * Posts messages in one request. Never rejects: whatever is not the answer of a CometD server is a result too, as is an
   * answer that has not come whole within `limit` ms.
   */
  async post(messages: readonly unknown[], limit: number, signal: AbortSignal): Promise<PostResult> {
    const silence = new Silence(this.#clock, limit)
    try {
      const cookie = await this.#cookies.getCookieString(this.#endpoint.href)
      // Redirects are not followed: they would carry the token to another host.
      const response = await request(this.#endpoint, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'accept-encoding': 'gzip',
          authorization: this.#authorization,
          'content-type': 'application/json;charset=UTF-8',
          'user-agent': `Forcewatch/${version}`,
          ...(cookie === '' ? {} : { cookie }),
        },
        body: JSON.stringify(messages),
        dispatcher: this.#agent,
        signal: AbortSignal.any([signal, silence.signal]),
      })
      this.#serverTime = toTime(single(response.headers.date))
      await this.#keepCookies([response.headers['set-cookie'] ?? []].flat())
      const now = this.#serverTime ?? this.#clock.now()
      return toResult(response, await readBody(response, silence), now)
    } catch (error) {
      if (silence.signal.aborted) return failed('timeout', `no whole answer within ${limit / second} s`)
      return failed('transport', describe(error))
    } finally {
      silence.end()
    }
  }

  /** Tears down every socket, also those in use. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }

  /** A cookie that is malformed or not for this host is left out, as a browser would. */
  async #keepCookies(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const cookie = Cookie.parse(text)
      if (!cookie) continue
      // It expires by the clock of the server, which ours may be hours away from.
      if (cookie.expires instanceof Date && this.#serverTime !== undefined)
        cookie.expires = new Date(cookie.expires.getTime() + this.#clock.now() - this.#serverTime)
      // Without TLS the token itself travels in the clear, and the server would miss its cookie.
      if (this.#endpoint.protocol === 'http:') cookie.secure = false
      await this.#cookies.setCookie(cookie, this.#endpoint.href, { ignoreError: true }).catch(() => undefined)
    }
  }
}

/** Notices an answer that does not come, or comes so slowly that it never ends. */
class Silence {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  #received = 0
  #counted = 0
  #cancel: () => void

  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#cancel = clock.after(limit, () => this.#check())
  }

  /** Aborted when the answer is not to be waited for any more. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  heard(bytes: number): void {
    this.#received += bytes
  }

  end(): void {
    this.#cancel()
  }

  #check(): void {
    const isUseful = this.#received - this.#counted >= usefulBytes
    this.#counted = this.#received
    if (isUseful) this.#cancel = this.#clock.after(usefulTime, () => this.#check())
    else this.#abort.abort()
  }
}

async function readBody({ body, headers }: Response, silence: Silence): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    silence.heard(chunk.byteLength)
    size += chunk.byteLength
    if (size > largestAnswer) throw new Error(`an answer of more than ${largestAnswer / 1024 ** 2} MB`)
    chunks.push(chunk)
  }
  const received = Buffer.concat(chunks)
  const isPacked = received.length > 0 && /^(x-)?gzip$/i.test(single(headers['content-encoding']) ?? '')
  return isPacked ? unpack(received, unpackOptions) : received
}

/** Salesforce answers with HTTP 200 and says what is wrong in the messages; anything in front of it may use the status. */
function toResult({ statusCode: status, headers }: Response, body: Buffer, now: number): PostResult {
  const ok = status >= 200 && status < 300
  const messages = readAnswer(body)
  if (messages?.length === 0) return failed('transport', `HTTP ${status} with no message at all`)
  if (messages && (ok || messages.some(({ successful }) => successful === false)))
    return { kind: 'answer', messages }
  if (ok) return failed('transport', `HTTP ${status} with a body that is no list of Bayeux messages`)
  // Those who are sent elsewhere may have been moved: the next token says where the org is now.
  if (status < 400) return failed('token-invalid', `HTTP ${status} to ${single(headers.location)}`)
  const text = `HTTP ${status}${quote(body)}`
  if (status === 401 || status === 403) return failed('token-invalid', text)
  if (status === 429 || status >= 500)
    return failed('busy', text, toRetryAfter(single(headers['retry-after']), now))
  return failed(status === 413 ? 'protocol' : 'transport', text)
}

/** The beginning of what was said; of a page nothing. */
function quote(body: Buffer): string {
  const text = body.toString('utf8', 0, longestQuote).replaceAll(/\s+/g, ' ').trim()
  return text === '' || text.startsWith('<') ? '' : `: ${text}`
}

function failed(kind: FaultKind, text: string, retryAfter?: number): PostResult {
  return { kind: 'failed', end: { kind, text, ...(retryAfter === undefined ? {} : { retryAfter }) } }
}

/** Seconds, or a date → ms from now. */
function toRetryAfter(header: string | undefined, now: number): number | undefined {
  const wait = /^\d+$/.test(header ?? '') ? Number(header) * second : (toTime(header) ?? Number.NaN) - now
  return wait > 0 ? Math.min(wait, longestRetryAfter) : undefined
}

function toTime(date: string | undefined): number | undefined {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** Of a header that came more than once the first one counts. */
function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

/** What happened may be hidden in the cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
}
