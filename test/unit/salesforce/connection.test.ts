import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { createManualClock } from '../../../src/clock.ts'
import { Connection } from '../../../src/salesforce/cometd/connection.ts'
import { cursorsBehind } from '../../../src/salesforce/cometd/replay-map.ts'
import { startServer } from './scripted-server.ts'

const now = Date.parse('2026-11-20T08:00:00Z')
const never = new AbortController().signal

async function connectTo(answer: (response: ServerResponse) => void) {
  const server = await startServer((_request, response) => answer(response))
  const clock = createManualClock(now)
  const connection = new Connection({
    endpoint: new URL('/cometd/66.0', server.url),
    accessToken: 'token',
    clock,
  })
  return {
    clock,
    server,
    post: () => connection.post([{ channel: '/meta/connect' }], 1_000, never),
    async [Symbol.asyncDispose]() {
      await connection.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('an answer that comes slowly but surely is waited for beyond its limit, a drip is not', async () => {
  let response: ServerResponse | undefined
  await using peer = await connectTo((open) => {
    response = open.writeHead(200)
    open.write(`[${' '.repeat(100_000)}`)
  })
  const slow = peer.post()
  await expect.poll(() => response?.writableLength === 0).toBe(true)
  // The bytes are on their way; only when they are read do they count.
  await new Promise((resolve) => setTimeout(resolve, 200))
  peer.clock.advance(1_000)
  response?.end('{"channel":"/meta/connect","successful":true}]')
  expect(await slow).toMatchObject({ kind: 'answer' })

  const dripping = peer.post()
  await new Promise((resolve) => setTimeout(resolve, 200))
  peer.clock.advance(1_000)
  peer.clock.advance(15_000)
  expect(await dripping).toMatchObject({ kind: 'failed', end: { kind: 'timeout' } })
})

test.each([
  ['7', 7_000],
  [new Date(now + 5_000).toUTCString(), 5_000],
  ['86400', 900_000],
  ['soon', undefined],
])('Retry-After: %s → %s ms, by the clock of the server', async (header, retryAfter) => {
  await using peer = await connectTo((response) =>
    response.writeHead(503, { date: new Date(now).toUTCString(), 'retry-after': header }).end(),
  )
  peer.clock.advance(86_400_000)
  const result = await peer.post()
  expect(result).toMatchObject({ kind: 'failed', end: { kind: 'busy' } })
  if (result.kind === 'failed')
    expect('retryAfter' in result.end ? result.end.retryAfter : undefined).toBe(retryAfter)
})

test('a cookie that expires by the clock of the server is sent while it has not, whatever ours says', async () => {
  await using peer = await connectTo((response) =>
    response
      .writeHead(200, {
        date: new Date(now - 86_400_000).toUTCString(),
        'set-cookie': `node=1; Secure; Path=/; Expires=${new Date(now - 86_400_000 + 3_600_000).toUTCString()}`,
      })
      .end('[{"channel":"/meta/connect","successful":true}]'),
  )
  peer.clock.advance(Math.max(0, Date.now() - now))
  await peer.post()
  await peer.post()
  expect(peer.server.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'node=1'])
})

test('a replay id too long for a number stays exact, in cursors and on the way into the log', async () => {
  const event = '{"channel":"/event/X","data":{"event":{"replayId":9007199254740993}}}'
  await using peer = await connectTo((response) => response.end(`[${event}]`))
  const result = await peer.post()
  const messages = result.kind === 'answer' ? result.messages : []
  expect(messages.map(({ value }) => String(value))).toEqual([event])
  expect(cursorsBehind(messages as never)).toEqual(new Map([['/event/X', '9007199254740993']]))
})
