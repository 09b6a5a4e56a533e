import { createVerify, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createManualClock, systemClock } from '../../../src/clock.ts'
import { audienceOf, createAssertion, requestToken } from '../../../src/salesforce/auth.ts'
import { toId18 } from '../../../src/salesforce-id.ts'
import { startServer } from './scripted-server.ts'

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const good = {
  access_token: '00D000000000001!abc',
  instance_url: 'https://acme.my.salesforce.com/',
  id: 'https://login.salesforce.com/id/00D5f000000Ab1C/0055f000001Ab1CAAX',
}

function login(loginUrl: string, clock = systemClock, readSecret = () => privateKey) {
  const auth = { flow: 'jwt', clientId: 'app', username: 'dana@acme.example', readSecret } as const
  return requestToken({ org: 'acme', loginUrl, auth, clock })
}

function answering(status: number, body: string) {
  return startServer((_request, response) => response.writeHead(status).end(body))
}

describe('a token', () => {
  test('carries the 18-character org id, whatever the identity URL shows', async () => {
    await using server = await answering(200, JSON.stringify(good))
    expect(await login(server.url)).toEqual({
      accessToken: good.access_token,
      instanceUrl: 'https://acme.my.salesforce.com',
      orgId: toId18('00D5f000000Ab1C'),
      userId: '0055f000001Ab1CAAX',
    })
  })

  test('is asked for with a JWT that is signed anew with the key as it is now', async () => {
    await using server = await answering(200, JSON.stringify(good))
    await login(server.url, createManualClock(Date.parse('2026-11-20T08:00:00.500Z')))
    const form = new URLSearchParams(server.requests[0]?.body)
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header, claims, signature] = form.get('assertion')!.split('.')
    const decode = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
    expect(decode(header)).toEqual({ alg: 'RS256' })
    expect(decode(claims)).toEqual({
      iss: 'app',
      sub: 'dana@acme.example',
      aud: 'https://login.salesforce.com',
      exp: Date.parse('2026-11-20T08:02:00Z') / 1000,
    })
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    expect(verify.verify(keys.publicKey, signature!, 'base64url')).toBe(true)
  })

  test.each([
    ['https://acme.my.salesforce.com', 'https://login.salesforce.com'],
    ['https://acme--dev.sandbox.my.salesforce.com', 'https://test.salesforce.com'],
    ['https://test.salesforce.com/', 'https://test.salesforce.com'],
    ['https://acme-dev-ed.develop.my.salesforce.com', 'https://login.salesforce.com'],
  ])('at %s is for the audience %s', (loginUrl, audience) => {
    expect(audienceOf(loginUrl)).toBe(audience)
  })

  test('is never signed with something that is no key', async () => {
    await expect(login('http://127.0.0.1:1', systemClock, () => 'no key')).rejects.toMatchObject({
      code: 'AUTH_REJECTED',
      remedy: expect.stringContaining('private_key_file'),
    })
    expect(() => createAssertion({ clientId: 'a', username: 'b', audience: 'c' }, 'no key', 0)).toThrow()
  })
})

describe('a refusal that only a person can mend says where', () => {
  test.each([
    ['invalid_grant', 'Audience validation failed', 'login_url'],
    ['invalid_grant', "user hasn't approved this consumer", 'Permitted Users'],
    ['invalid_app_access', 'user is not admin approved to access this app', 'permission set'],
    ['invalid_grant', 'invalid assertion', 'NTP'],
    ['invalid_grant', 'expired or not yet valid JWT', 'NTP'],
    ['invalid_grant', 'authentication failure', 'Setup → Users'],
    ['invalid_grant', 'expired access/refresh token', 'OAuth Usage'],
    ['invalid_grant', 'no client credentials user enabled', 'Run As'],
    ['invalid_client_id', 'client identifier invalid', 'Consumer Key'],
    ['invalid_client', 'invalid client credentials', 'client_secret'],
    ['unauthorized_client', 'invalid client credentials', 'Flow Enablement'],
    ['unsupported_grant_type', 'grant type not supported', 'Flow Enablement'],
    ['inactive_user', 'user is inactive', 'Setup → Users'],
    ['inactive_org', 'org is inactive', 'Customer Support'],
    ['brand_new_error', 'never seen', 'Login History'],
  ])('%s: %s', async (error, description, remedy) => {
    await using server = await answering(400, JSON.stringify({ error, error_description: description }))
    await expect(login(server.url)).rejects.toMatchObject({
      code: 'AUTH_REJECTED',
      message: expect.stringContaining(`(${error}: ${description})`),
      remedy: expect.stringContaining(remedy),
    })
  })
})

describe('anything else is tried again', () => {
  test.each([
    ['a page of HTML', 503, '<html>Down for maintenance</html>'],
    ['a rate limit', 400, JSON.stringify({ error: 'rate_limit_exceeded', error_description: 'slow down' })],
    ['an answer that is no JSON', 200, '<html>Please log in to the guest network</html>'],
    ['an answer without token', 200, '{}'],
  ])('%s', async (_name, status, body) => {
    await using server = await answering(status, body)
    await expect(login(server.url)).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE' })
  })

  test('a host that does not listen', async () => {
    const server = await answering(200, '')
    await server[Symbol.asyncDispose]()
    await expect(login(server.url)).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('a host that never answers', async () => {
    const clock = createManualClock(Date.parse('2026-11-20T08:00:00Z'))
    await using server = await startServer(() => clock.advance(15_000))
    await expect(login(server.url, clock)).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      message: expect.stringContaining('no answer in 15 s'),
    })
  })
})

describe('ids of 18 characters', () => {
  test.each([
    ['001D000000IRFma', '001D000000IRFmaIAH'],
    ['00D5f000000Ab1CEAS', '00D5f000000Ab1CEAS'],
    ['too short', undefined],
  ])('%s → %s', (id, expected) => {
    expect(toId18(id)).toBe(expected)
  })
})
