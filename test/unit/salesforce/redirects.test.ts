import { expect, test } from 'vitest'
import { systemClock as clock } from '../../../src/clock.ts'
import { requestToken } from '../../../src/salesforce/auth.ts'
import { createOrgApi } from '../../../src/salesforce/org-api.ts'
import { startServer } from './scripted-server.ts'

const { signal } = new AbortController()

async function startMoved(status: number) {
  const elsewhere = await startServer((_request, response) => response.writeHead(200).end('{}'))
  const place = `${elsewhere.url}/elsewhere`
  const server = await startServer((_request, response) =>
    response.writeHead(status, { location: place, connection: 'close' }).end(),
  )
  return {
    url: server.url,
    place,
    elsewhere: elsewhere.requests,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await elsewhere[Symbol.asyncDispose]()
    },
  }
}

test.each([301, 302, 307, 308])(
  'a login that HTTP %i sends elsewhere ends there, and says where',
  async (status) => {
    await using moved = await startMoved(status)
    const auth = { flow: 'client_credentials', clientId: 'app', readSecret: () => 'hush' } as const
    await expect(requestToken({ org: 'acme', loginUrl: moved.url, auth, clock })).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      message: expect.stringContaining(`it redirects to ${moved.place}`),
      remedy: expect.stringContaining('login_url'),
    })
    expect(moved.elsewhere).toEqual([])
  },
)

test('no query takes its token to where it is sent', async () => {
  await using moved = await startMoved(302)
  const token = { accessToken: 'secret', instanceUrl: moved.url, orgId: '', userId: '' }
  const api = createOrgApi({ token, apiVersion: '66.0', clock, signal })
  await expect(Array.fromAsync(api.query('SELECT Id FROM User'))).rejects.toThrow(moved.place)
  await expect(api.limits()).rejects.toThrow(moved.place)
  expect(moved.elsewhere).toEqual([])
})
