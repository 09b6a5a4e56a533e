import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { app, getToken, openSession, requestToken, signAssertion, startSimulator } from './raw-client.ts'

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

describe('token endpoint', () => {
  test('a good assertion brings a token that does not say when it expires', async () => {
    await using running = await startSimulator()
    const { status, body } = await requestToken(running.url, {
      grant_type: jwtBearer,
      assertion: signAssertion({}),
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', instance_url: running.url, scope: 'api' })
    expect(body.access_token).toMatch(/^00D\w{12}!AQ/)
    expect(body.id).toMatch(new RegExp(`^${running.url}/id/${running.simulator.org.id}/005\\w{15}$`))
    expect(running.simulator.org.id).toMatch(/^00D\w{15}$/)
    expect(body).not.toHaveProperty('expires_in')
  })

  test('the instance is where the client found the org, whatever address the server listens on', async () => {
    await using running = await startSimulator()
    const found = running.url.replace('127.0.0.1', 'localhost')
    const assertion = signAssertion({ aud: found })
    const { body } = await requestToken(found, { grant_type: jwtBearer, assertion })
    expect(body.instance_url).toBe(found)
  })

  const now = () => Math.floor(systemClock.now() / 1000)
  test.each([
    [
      'an unknown app',
      () => signAssertion({ iss: 'nobody' }),
      'invalid_client_id',
      'client identifier invalid',
    ],
    [
      'another user',
      () => signAssertion({ sub: 'x@y.z' }),
      'invalid_grant',
      "user hasn't approved this consumer",
    ],
    [
      'another audience',
      () => signAssertion({ aud: 'https://x.example' }),
      'invalid_grant',
      'Audience validation failed',
    ],
    ['the past', () => signAssertion({ exp: now() - 1 }), 'invalid_grant', 'expired or not yet valid JWT'],
    [
      'a far future',
      () => signAssertion({ exp: now() + 3600 }),
      'invalid_grant',
      'expired or not yet valid JWT',
    ],
    [
      'another key',
      () => signAssertion({}, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
      'invalid_grant',
      'invalid assertion',
    ],
    ['no JWT at all', () => 'nonsense', 'invalid_grant', 'invalid assertion'],
  ])('an assertion of %s is refused with 400', async (_name, assertion, error, description) => {
    await using running = await startSimulator()
    const answer = await requestToken(running.url, { grant_type: jwtBearer, assertion: assertion() })
    expect(answer).toEqual({ status: 400, body: { error, error_description: description } })
  })

  test.each([
    [{ grant_type: 'client_credentials', client_id: 'nobody' }, 'invalid_client_id'],
    [{ grant_type: 'client_credentials', client_id: app.clientId, client_secret: 'wrong' }, 'invalid_client'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
  ])('%o is refused', async (form, error) => {
    await using running = await startSimulator()
    expect(await requestToken(running.url, form as Record<string, string>)).toMatchObject({
      status: 400,
      body: { error },
    })
  })

  test('a revoked token opens no door', async () => {
    await using running = await startSimulator()
    const client = await openSession(running.url)
    const body = new URLSearchParams({ token: client.token })
    await fetch(`${running.url}/services/oauth2/revoke`, { method: 'POST', body })
    expect((await client.connect())[0]?.error).toBe('401::Authentication invalid')
    const response = await fetch(`${running.url}/services/data/v66.0/limits`, {
      headers: { authorization: `Bearer ${client.token}` },
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject([{ errorCode: 'INVALID_SESSION_ID' }])
  })
})

describe('REST', () => {
  test('identity, limits and small queries are answered', async () => {
    await using running = await startSimulator({ org: { id: '00D5f0000000001EAA', name: 'Acme' } })
    const token = await getToken(running.url)
    const get = async (path: string) => {
      const response = await fetch(`${running.url}${path}`, { headers: { authorization: `OAuth ${token}` } })
      return (await response.json()) as never
    }
    const ask = (soql: string) => get(`/services/data/v66.0/query?q=${encodeURIComponent(soql)}`)
    expect(await get('/services/oauth2/userinfo')).toMatchObject({ organization_id: '00D5f0000000001EAA' })
    expect(await get('/services/data/v66.0/limits')).toHaveProperty('DailyApiRequests.Remaining')
    expect(await ask('SELECT Id, Name FROM Organization LIMIT 1')).toMatchObject({
      records: [{ Id: '00D5f0000000001EAA', Name: 'Acme' }],
    })
    expect(await ask(`SELECT Id FROM User WHERE Username = '${app.username}'`)).toMatchObject({
      totalSize: 1,
    })
    expect(await ask('SELECT Id FROM Nothing')).toMatchObject([{ errorCode: 'INVALID_TYPE' }])
    expect(await ask('gibberish')).toMatchObject([{ errorCode: 'MALFORMED_QUERY' }])
    const settings = encodeURIComponent('SELECT Metadata FROM RealTimeEventSettings')
    expect(await get(`/services/data/v66.0/tooling/query?q=${settings}`)).toHaveProperty(
      'records.0.Metadata.realTimeEvents.0',
      { entityName: 'LoginEventStream', isEnabled: true },
    )
  })
})
