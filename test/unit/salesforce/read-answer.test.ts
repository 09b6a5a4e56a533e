import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../../src/salesforce/cometd/read-answer.ts'

const channel = '/event/LoginEventStream'

function read(body: string) {
  return readAnswer(Buffer.from(body))
}

describe('an event goes on as it came', () => {
  const data = {
    'numbers of any length and form': '{"payload":{"A":12345678901234567890123,"B":66.0,"C":-0.10e+3}}',
    'letters of any alphabet, escaped and not':
      '{"payload":{"A":"Łódź 日本 \\u00e9 \\ud83d\\ude00 \\"x\\" \\\\"}}',
    'what nests and what is empty': '{"payload":{"A":[],"B":{},"C":[[{"D":[1,{"E":null}]}]],"":""}}',
    'white space': '{ "payload" :\n{ "A"\t: [ 1 , true , false , null ] }\r\n}',
    'what looks like the end of an event': '{"payload":{"A":"},{\\"channel\\":\\"/meta/connect\\"}]"}}',
  }
  test.each(Object.entries(data))('%s', (_name, text) => {
    const event = `{"data":${text},"channel":"${channel}"}`
    expect(read(`[${event},${event}]`)?.map(({ value }) => String(value))).toEqual([event, event])
  })

  test('without what came beside its channel and its data', () => {
    const body = `[{"clientId":"c1","data":{"payload":{"A":1.0}},"channel":"${channel}","id":"7"}]`
    expect(String(read(body)?.[0]?.value)).toBe(`{"channel":"${channel}","data":{"payload":{"A":1.0}}}`)
  })

  test('however deep it is', () => {
    const depth = 100_000
    const event = `{"channel":"${channel}","data":{"payload":{"A":${'['.repeat(depth)}${']'.repeat(depth)}}}}`
    expect(String(read(`[${event}]`)?.[0]?.value)).toBe(event)
  })

  test('even where its data is none', () => {
    const event = `{"channel":"${channel}","data":null}`
    expect(String(read(`[${event}]`)?.[0]?.value)).toBe(event)
  })
})

describe('of an event is read', () => {
  test('what ingest looks at, and of its own level only', () => {
    const payload = {
      Nested: { EventIdentifier: 'not this', EventDate: 'nor this' },
      EventIdentifier: 'a\u00e9"\\',
      EventDate: '2026-01-05T12:00:00.000Z',
      CreatedDate: null,
      CipherSuite: 'as long as another name',
    }
    const event = { replayId: 5, EventUuid: 'u', EventApiName: 'LoginEventStream' }
    const body = JSON.stringify([{ channel, data: { schema: { replayId: 4 }, payload, event } }])
    expect(read(body)?.[0]?.data).toEqual({
      payload: { EventIdentifier: 'a\u00e9"\\', EventDate: '2026-01-05T12:00:00.000Z', CreatedDate: null },
      event: { replayId: '5', EventApiName: 'LoginEventStream' },
    })
  })

  test('a name that is written with escapes', () => {
    const body = `[{"\\u0063hannel":"${channel}","d\\u0061ta":{"event":{"replay\\u0049d":7}}}]`
    expect(read(body)?.[0]).toMatchObject({ channel, data: { event: { replayId: '7' } } })
  })

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['7711181.0', '7711181'],
    ['1e3', '1000'],
    ['"opaque \\u00e9"', 'opaque é'],
    ['null', undefined],
    ['{"a":1}', undefined],
    ['[5]', undefined],
    ['true', undefined],
  ])('the replay id %s as %s', (text, replayId) => {
    const body = `[{"channel":"${channel}","data":{"event":{"replayId":${text}}}}]`
    expect(read(body)?.[0]?.data?.event?.replayId).toBe(replayId)
  })
})

test('what is no event is read whole', () => {
  const reply = {
    channel: '/meta/subscribe',
    data: { hint: true },
    advice: { interval: 0.5 },
    ext: { sfdc: { failureReason: 'é' } },
  }
  expect(read(JSON.stringify([reply, { channel, successful: true }]))).toEqual([
    reply,
    { channel, successful: true },
  ])
})

test('a mark of UTF-8 before the list is passed over', () => {
  expect(read('\ufeff[{"channel":"/meta/connect"}]')).toEqual([{ channel: '/meta/connect' }])
})

describe('no list of messages', () => {
  const event = `{"channel":"${channel}","data":{"payload":{"A":"b","C":[1,2]}}}`
  test.each([
    ...['', '{}', 'null', '[null]', '[1]', '["a"]', '[{}]', '[{"channel":5}]', '<html></html>'],
    ...[`${event}`, `[${event}`, `[${event}]]`, `[${event},]`, `[,${event}]`, `[${event}] x`],
  ])('%s', (body) => {
    expect(read(body)).toBeUndefined()
  })

  test('nor is any beginning of one', () => {
    const body = `[${event}]`
    for (let length = 0; length < body.length; length++) expect(read(body.slice(0, length))).toBeUndefined()
  })

  test.each([
    ...[
      '01',
      '1.',
      '.5',
      '+1',
      '1e',
      '--1',
      'nul',
      'nullx',
      'True',
      'NaN',
      "'a'",
      '"a',
      '"\\x"',
      '"\\u12g4"',
    ],
    ...['"a\nb"', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '[1 2]', '[1,]', '{"a":1]', '[1}', 'undefined', ''],
  ])('with the value %s in an event', (value) => {
    expect(() => JSON.parse(value)).toThrow()
    expect(read(`[{"channel":"${channel}","data":{"payload":{"A":${value}}}}]`)).toBeUndefined()
  })
})
