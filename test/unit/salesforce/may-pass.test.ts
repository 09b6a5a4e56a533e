import { createServer } from 'node:net'
import { Connection } from 'jsforce'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import { mayPass } from '../../../src/salesforce/may-pass.ts'
import { withinLimit } from '../../../src/salesforce/within-limit.ts'
import { freePort } from '../../support/free-port.ts'

const answered = (errorCode: string) => Object.assign(new Error('of jsforce'), { errorCode })

test.each([
  ['an unavailable log', new ForcewatchError('LOG_UNAVAILABLE', 'down'), true],
  ['a log that refuses', new ForcewatchError('LOG_REJECTED', 'too large'), false],
  ['too many requests of the day', answered('REQUEST_LIMIT_EXCEEDED'), true],
  ['a server that is away', answered('ERROR_HTTP_503'), true],
  ['a refused query', answered('MALFORMED_QUERY'), false],
  ['a missing permission', answered('INVALID_TYPE'), false],
  ['a missing page', answered('ERROR_HTTP_404'), false],
  ['a mistake of ours', new TypeError('undefined is not a function'), false],
  ['something that is no error', 'text', false],
])('%s', (_, error, expected) => {
  expect(mayPass(error)).toBe(expected)
})

async function errorOf(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('a request without an answer, whoever makes it', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  const { promise: silence } = Promise.withResolvers<void>()
  const connection = new Connection({ instanceUrl: nobody, accessToken: 'token', version: '66.0' })
  const unanswered = [
    fetch(nobody),
    connection.request({ method: 'POST', url: `${nobody}/`, body: '' }),
    withinLimit(silence, { clock: systemClock, limit: 1 }),
  ]
  for (const error of await Promise.all(unanswered.map((request) => errorOf(Promise.resolve(request)))))
    expect(mayPass(error)).toBe(true)
  expect(mayPass(await errorOf(fetch('no address')))).toBe(false)
})

test('a file that ends too early', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const response = await fetch(`http://127.0.0.1:${port}`)
  expect(mayPass(await errorOf(response.text()))).toBe(true)
  server.close()
})
