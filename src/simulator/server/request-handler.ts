import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { BayeuxAnswer } from './bayeux.ts'
import { parseMessages, refuseRequest, versionOf } from './cometd-request.ts'
import type { Conduct } from './conduct.ts'
import type { FaultEffect } from './faults/fault.ts'
import type { Faults } from './faults/faults.ts'
import { json, parseCookies, parseToken, readBody, send, toJson, toText } from './http-message.ts'
import { sendWithMishap } from './mishap.ts'
import type { createTokenIssuer } from './oauth.ts'
import type { createRest } from './rest.ts'
import type { createBayeux } from './session-keeper.ts'

/** The parts of an org that requests are for, and what may befall them on their way. */
export type RequestHandlerOptions = {
  readonly clock: Clock
  readonly tokens: ReturnType<typeof createTokenIssuer>
  readonly bayeux: ReturnType<typeof createBayeux>
  readonly rest: ReturnType<typeof createRest>
  readonly faults: Faults
  readonly conduct: Conduct
  /** Where the org is, once it listens. */
  readonly url: () => string
  readonly onAttack: ((name: string) => unknown) | undefined
}

/** Requests so far that are not CometD's. */
export type RequestCounters = { token: number; rest: number }

/** Bytes. */
const largestRequest = 32_768

/** Takes each HTTP request of an org to the part of the org that answers it. */
export function createRequestHandler(options: RequestHandlerOptions): {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
  readonly counters: Readonly<RequestCounters>
} {
  const { clock, tokens, bayeux, rest, faults, conduct, url, onAttack } = options
  const counters: RequestCounters = { token: 0, rest: 0 }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator')
    if (pathname.startsWith('/cometd')) return serveBayeux(pathname, request, response)
    if (pathname === '/services/oauth2/token') return serveToken(request, response)
    if (pathname === '/services/oauth2/revoke') {
      const form = new URLSearchParams(await readBody(request, largestRequest))
      const known = tokens.revoke(form.get('token') ?? searchParams.get('token') ?? '')
      if (known) bayeux.poke()
      return send(request, response, toJson(known ? 200 : 400, known ? {} : { error: 'invalid_token' }))
    }
    if (pathname.startsWith('/simulator/attacks/')) return serveAttack(pathname, request, response)
    counters.rest++
    const token = parseToken(request)
    const userId = token === undefined ? undefined : tokens.userOf(token)
    const answer = rest({ path: pathname, parameters: searchParams, userId })
    const { status, type, body } = answer
    return send(request, response, type === undefined ? toJson(status, body) : { status, type, body })
  }

  async function serveToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    counters.token++
    const form = new URLSearchParams(await readBody(request, largestRequest))
    const fault = faults.take('token')
    if (fault?.kind === 'http') return send(request, response, fault)
    if (fault?.kind === 'silence') return
    const { host } = request.headers
    const answer = tokens.grant(form, host === undefined ? url() : `http://${host}`)
    return send(request, response, toJson(answer.status, answer.body))
  }

  async function serveBayeux(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, largestRequest)
    const refused = refuseRequest(path, request, body)
    if (refused) return send(request, response, refused)
    const messages = parseMessages(body ?? '')
    if (!messages) return send(request, response, toText(400, 'The body is not a list of Bayeux messages'))
    bayeux.count(messages)
    const hungUp = new AbortController()
    const end = conduct.begin(messages, request.headers)
    response.once('close', () => {
      end()
      hungUp.abort()
    })
    const fault = faults.take('request', messages[0])
    if (fault) return answerBayeux(fault, request, response)
    const token = parseToken(request)
    const answer = await bayeux.handle(messages, {
      apiVersion: Number(versionOf(path)),
      userId: token === undefined ? undefined : (tokens.userOf(token) ?? null),
      cookies: parseCookies(request),
      signal: hungUp.signal,
    })
    return answerBayeux(answer, request, response)
  }

  async function answerBayeux(
    answer: BayeuxAnswer | FaultEffect,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (answer.kind === 'http') return send(request, response, answer)
    if (answer.kind === 'reset') {
      response.socket?.resetAndDestroy()
      return
    }
    if (answer.kind !== 'messages') return
    const { body, cookies, mishap } = answer
    const whole = { status: 200, type: json, body, cookies }
    if (mishap === undefined) return send(request, response, whole)
    return sendWithMishap(request, response, whole, mishap, clock)
  }

  function serveAttack(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || !onAttack) return send(request, response, toJson(404, {}))
    const name = decodeURIComponent(path.slice('/simulator/attacks/'.length))
    try {
      return send(request, response, toJson(202, { started: name, ...toObject(onAttack(name)) }))
    } catch (error) {
      return send(request, response, toJson(400, { error: messageOf(error) }))
    }
  }

  return { serve, counters }
}

function toObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
