import type { IncomingMessage } from 'node:http'
import type { BayeuxMessage } from './bayeux-message.ts'
import { type HttpAnswer, toText } from './http-message.ts'

/** The API version of a CometD endpoint's path, such as `66.0`; undefined for any other path. */
export function versionOf(path: string): string | undefined {
  return /^\/cometd\/(\d+\.0)\/?(?:handshake|connect|subscribe|unsubscribe|disconnect)?$/.exec(path)?.[1]
}

/** What is wrong with a request before its messages are looked at; its body is undefined when it was too long. */
export function refuseRequest(
  path: string,
  request: IncomingMessage,
  body: string | undefined,
): HttpAnswer | undefined {
  if (request.method !== 'POST') return toText(405, 'Method Not Allowed')
  if (body === undefined) return toText(413, 'Maximum Request Size Exceeded')
  if (!request.headers['content-type']?.startsWith('application/json'))
    return toText(400, 'Content-Type must be application/json')
  const version = versionOf(path)
  if (version === undefined) return toText(400, '400::API version in the URI is mandatory')
  if (Number(version) < 37 || Number(version) > 67)
    return toText(400, `400::Unsupported API version ${version}`)
  return undefined
}

/** The body of a request → its messages; undefined when it is no list of messages. */
export function parseMessages(body: string): readonly BayeuxMessage[] | undefined {
  try {
    const messages: unknown = JSON.parse(body)
    if (!Array.isArray(messages)) return undefined
    return messages.every((message) => typeof message?.channel === 'string') ? messages : undefined
  } catch {
    return undefined
  }
}
