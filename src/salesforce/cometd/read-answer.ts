import type { EventData } from '../event-message.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import { parseExactly, type RawNumber } from './exact-json.ts'

/** The body of an answer → its messages; undefined when it is no list of messages. */
export function readAnswer(body: Buffer): readonly BayeuxMessage[] | undefined {
  const hasMark = body.subarray(0, byteOrderMark.length).equals(byteOrderMark)
  try {
    return splitList(hasMark ? body.subarray(byteOrderMark.length) : body).map(readMessage)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const byteOrderMark = Buffer.from('\ufeff')
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * A list of objects in JSON → the text of each. It only cuts: whether the objects are JSON, and what is around them, is for
 * `JSON.parse` to say. @throws SyntaxError
 */
function splitList(list: Buffer): readonly Buffer[] {
  const items: Buffer[] = []
  let frame = ''
  let depth = 0
  let start = 0
  let end = 0
  for (let at = 0; at < list.length; at++) {
    const byte = list[at]
    if (byte === quote) at = endOfString(list, at)
    else if (byte === openBrace || byte === openBracket) {
      if (depth++ === 1) start = at
    } else if ((byte === closeBrace || byte === closeBracket) && --depth === 1) {
      frame += `${list.toString('utf8', end, start)}0`
      end = at + 1
      items.push(list.subarray(start, end))
    }
  }
  const outline = JSON.parse(frame + list.toString('utf8', end))
  if (!Array.isArray(outline) || outline.length !== items.length) throw new SyntaxError('no list of objects')
  return items
}

/** Place of the quote that ends the string which begins there; the end of the text when none does. */
function endOfString(text: Buffer, start: number): number {
  let end = text.indexOf(quote, start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf(quote, end + 1)
  return end === -1 ? text.length : end
}

function isEscaped(text: Buffer, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === backslash) backslashes++
  return backslashes % 2 === 1
}

/** Of an event only what ingest looks at is kept, beside its text, which goes on as it came. */
function readMessage(text: Buffer): BayeuxMessage {
  const message = JSON.parse(text.toString())
  const { channel, data, ...others } = message
  if (typeof channel !== 'string') throw new SyntaxError('a message without channel')
  if (data === undefined || channel.startsWith('/meta/')) return message
  const isBare = Object.keys(others).length === 0
  return { channel, data: toEventData(data, text), value: isBare ? text : withoutOthers(text) }
}

function toEventData(data: Received | null, text: Buffer): EventData {
  const { EventIdentifier, EventDate, CreatedDate } = data?.payload ?? {}
  const { replayId, EventApiName } = data?.event ?? {}
  return {
    payload: { EventIdentifier, EventDate, CreatedDate },
    event: { replayId: toCursor(replayId, text), EventApiName },
  }
}

/** Undefined for what is no id. */
function toCursor(replayId: unknown, text: Buffer): string | undefined {
  if (typeof replayId === 'string') return replayId
  if (!Number.isInteger(replayId)) return undefined
  return Number.isSafeInteger(replayId) ? String(replayId) : readExactly(text).data.event.replayId.rawJSON
}

/** An event that came with more than its channel and its data: a client id is nobody else's business. */
function withoutOthers(text: Buffer): Buffer {
  const { channel, data } = readExactly(text)
  return Buffer.from(JSON.stringify({ channel, data }))
}

type Received = { readonly [part in 'payload' | 'event']?: Readonly<Record<string, unknown>> | null }

function readExactly(text: Buffer) {
  return parseExactly(text.toString()) as {
    readonly channel: string
    readonly data: { readonly event: { readonly replayId: RawNumber } }
  }
}
