import { CookieJar } from 'tough-cookie'
import { EnvHttpProxyAgent, fetch, type Response } from 'undici'
import { messageOf } from '../../errors.ts'
import { type BayeuxMessage, parseAnswer } from './bayeux-message.ts'
import type { SessionEnd } from './session.ts'

/** What came of a request: the server's messages, or why the session has to end. */
export type PostResult =
  | { readonly kind: 'answer'; readonly messages: readonly BayeuxMessage[] }
  | { readonly kind: 'failed'; readonly end: SessionEnd }

/** The HTTP side of one session: its own sockets, its own cookies, one token. */
export class Connection {
  readonly #endpoint: URL
  readonly #authorization: string
  readonly #agent = new EnvHttpProxyAgent()
  readonly #cookies = new CookieJar()
  #serverTime: number | undefined

  constructor(endpoint: URL, accessToken: string) {
    this.#endpoint = endpoint
    this.#authorization = `Bearer ${accessToken}`
  }

  /** When the server gave its last answer, by its own clock, ms since the epoch; undefined when it did not say. */
  get serverTime(): number | undefined {
    return this.#serverTime
  }

  /** Posts messages in one request. Never rejects: whatever is not the answer of a CometD server is a result too. */
  async post(messages: readonly unknown[], signal: AbortSignal): Promise<PostResult> {
    try {
      const response = await fetch(this.#endpoint, {
        method: 'POST',
        headers: {
          authorization: this.#authorization,
          'content-type': 'application/json',
          cookie: await this.#cookies.getCookieString(this.#endpoint.href),
        },
        body: JSON.stringify(messages),
        // A redirect would carry the token to another host.
        redirect: 'manual',
        dispatcher: this.#agent,
        signal,
      })
      await this.#keepCookies(response)
      this.#serverTime = toTime(response.headers.get('date'))
      return toResult(response, await response.text())
    } catch (error) {
      return failed('transport', describe(error))
    }
  }

  /** Tears down every socket, also those in use. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }

  /** A cookie that is malformed or not for this host is left out, as a browser would. */
  async #keepCookies(response: Response): Promise<void> {
    for (const cookie of response.headers.getSetCookie()) {
      await this.#cookies.setCookie(cookie, this.#endpoint.href, { ignoreError: true }).catch(() => undefined)
    }
  }
}

/** Salesforce answers with HTTP 200 and says what is wrong in the messages; anything in front of it may use the status. */
function toResult({ status, ok }: Response, body: string): PostResult {
  const messages = parseAnswer(body)
  if (messages?.length === 0) return failed('transport', `HTTP ${status} with no message at all`)
  if (messages && (ok || messages.some(({ successful }) => successful === false)))
    return { kind: 'answer', messages }
  if (ok) return failed('transport', `HTTP ${status} with a body that is no list of Bayeux messages`)
  if (status === 401 || status === 403) return failed('token-invalid', `HTTP ${status}`)
  if (status === 429 || status >= 500) return failed('busy', `HTTP ${status}`)
  return failed(status === 413 ? 'protocol' : 'transport', `HTTP ${status}`)
}

function failed(kind: 'transport' | 'token-invalid' | 'busy' | 'protocol', text: string): PostResult {
  return { kind: 'failed', end: { kind, text } }
}

function toTime(date: string | null): number | undefined {
  const time = Date.parse(date ?? '')
  return Number.isNaN(time) ? undefined : time
}

/** fetch hides what happened in the cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`
}
