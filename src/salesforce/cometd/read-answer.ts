import type { EventData } from '../event-message.ts'
import type { BayeuxMessage } from './bayeux-message.ts'
import { JsonReader, toNames } from './json-reader.ts'

/** The body of an answer → its messages; undefined when it is no list of messages. */
export function readAnswer(body: Buffer): readonly BayeuxMessage[] | undefined {
  const messages: BayeuxMessage[] = []
  const reader = new JsonReader(body)
  try {
    reader.list(() => messages.push(readMessage(reader)))
    reader.end()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
  return messages
}

const ofMessage = toNames('channel', 'data')
const ofData = toNames('payload', 'event')
const ofPayload = toNames('EventIdentifier', 'EventDate', 'CreatedDate')
const ofEvent = toNames('replayId', 'EventApiName')

/** What is no event is read whole. Of an event only what ingest looks at is read; its text goes on as it came. */
function readMessage(reader: JsonReader): BayeuxMessage {
  const { bytes } = reader
  reader.peek()
  const from = reader.at
  let channel: string | undefined
  let data: { readonly fields: EventData; readonly text: Buffer } | undefined
  const others = reader.object(ofMessage, (name) => {
    if (name === 'channel') channel = reader.string()
    else data = readData(reader)
  })
  const text = bytes.subarray(from, reader.at)
  if (channel === undefined) throw new SyntaxError('a message without channel')
  if (data === undefined || channel.startsWith('/meta/')) return JSON.parse(text.toString())
  return { channel, data: data.fields, value: others === 0 ? text : toValue(channel, data.text) }
}

function readData(reader: JsonReader) {
  reader.peek()
  const from = reader.at
  const payload: Record<string, string | undefined> = { ...noPayload }
  const event: Record<string, string | undefined> = { ...noEvent }
  reader.object(ofData, (name) => {
    if (name === 'payload') {
      reader.object(ofPayload, (field) => {
        payload[field] = reader.string()
      })
    } else {
      reader.object(ofEvent, (field) => {
        event[field] = field === 'replayId' ? readReplayId(reader) : reader.string()
      })
    }
  })
  return { fields: { payload, event }, text: reader.bytes.subarray(from, reader.at) }
}

const noPayload = { EventIdentifier: undefined, EventDate: undefined, CreatedDate: undefined }
const noEvent = { replayId: undefined, EventApiName: undefined }

/** Digits as they stand, since a number of JavaScript may not hold them all; undefined for what is no id. */
function readReplayId(reader: JsonReader): string | undefined {
  const text = reader.text()
  if (/^\d+$/.test(text)) return text
  if (text.startsWith('"')) return JSON.parse(text)
  return Number.isInteger(Number(text)) ? String(Number(text)) : undefined
}

/** An event that came with more than its channel and its data: a client id is nobody else's business. */
function toValue(channel: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"channel":${JSON.stringify(channel)},"data":`), data, Buffer.from('}')])
}
