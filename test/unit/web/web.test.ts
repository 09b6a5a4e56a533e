import { describe, expect, onTestFinished, test } from 'vitest'
import { createAlertBoard } from '../../../src/alerting/alert-board.ts'
import { createManualClock } from '../../../src/clock.ts'
import { ForcewatchError } from '../../../src/errors.ts'
import { createLogger, createSecretScrubber } from '../../../src/logger.ts'
import { createMetrics } from '../../../src/metrics.ts'
import { createServer, createWeb, type WebOptions } from '../../../src/web/web.ts'
import { makeAlert, startTime } from '../../support/make-detection.ts'

function options(change: Partial<WebOptions> = {}): WebOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    metrics: createMetrics(),
    ready: () => ({ ready: true, reasons: [] }),
    reload: async () => undefined,
    judge: async () => undefined,
    alerts: createAlertBoard(),
    clock: createManualClock(startTime),
    logger: createLogger({ level: 'silent', format: 'json' }, createSecretScrubber()),
    ...change,
  }
}

function serve(change: Partial<WebOptions> = {}) {
  const server = createServer(options(change))
  onTestFinished(() => server.close())
  return server
}

test('healthy means that the process is alive, whatever else is not', async () => {
  const server = serve({ ready: () => ({ ready: false, reasons: ['no partitions yet'] }) })
  expect(await server.inject('/-/healthy')).toMatchObject({ statusCode: 200, body: 'healthy\n' })
  expect(await server.inject({ method: 'HEAD', url: '/-/healthy' })).toMatchObject({
    statusCode: 200,
    body: '',
  })
})

test('ready is 503 with the reasons until it is', async () => {
  const readiness = { ready: false, reasons: ['no partitions yet'] }
  const server = serve({ ready: () => readiness })
  const notReady = await server.inject('/-/ready')
  expect(notReady.statusCode).toBe(503)
  expect(notReady.json()).toEqual({ ready: false, reasons: ['no partitions yet'] })
  Object.assign(readiness, { ready: true, reasons: [] })
  expect((await server.inject('/-/ready')).statusCode).toBe(200)
})

test('metrics come in the text format of Prometheus', async () => {
  const metrics = createMetrics()
  metrics.detectors_loaded.set(4)
  const response = await serve({ metrics }).inject('/metrics')
  expect(response.headers['content-type']).toContain('text/plain; version=0.0.4')
  expect(response.body).toContain('forcewatch_detectors_loaded 4')
})

test('a reload that is refused says why and changes nothing', async () => {
  const server = serve({
    reload: async () => {
      throw new ForcewatchError('DETECTORS_INVALID', 'bulk-export.yaml:3:1 …', { remedy: 'Mend it.' })
    },
  })
  const response = await server.inject({ method: 'POST', url: '/-/reload' })
  expect(response.statusCode).toBe(422)
  expect(response.json()).toEqual({ error: 'bulk-export.yaml:3:1 …', remedy: 'Mend it.' })
})

test.each([
  { from: '127.0.0.1', expected: 200 },
  { from: '::1', expected: 200 },
  { from: '::ffff:127.0.0.1', expected: 200 },
  { from: '203.0.113.9', expected: 403 },
  { from: '::ffff:203.0.113.9', expected: 403 },
  { from: '203.0.113.9', remoteReload: true, expected: 200 },
  { from: '127.0.0.1', headers: { 'x-forwarded-for': '203.0.113.9' }, expected: 403 },
  { from: '127.0.0.1', headers: { origin: 'https://evil.example' }, expected: 403 },
  { from: '127.0.0.1', headers: { origin: 'null' }, expected: 403 },
  { from: '127.0.0.1', headers: { origin: 'http://localhost:80', host: 'localhost' }, expected: 200 },
])('a reload from $from $headers (remote allowed: $remoteReload) answers $expected', async (row) => {
  let reloads = 0
  const server = serve({
    reload: async () => reloads++,
    ...(row.remoteReload && { remoteReload: true }),
  })
  const response = await server.inject({
    method: 'POST',
    url: '/-/reload',
    remoteAddress: row.from,
    headers: row.headers ?? {},
  })
  expect(response.statusCode).toBe(row.expected)
  expect(reloads).toBe(row.expected === 200 ? 1 : 0)
})

describe('a verdict', () => {
  const alert = makeAlert()
  const url = `/api/alerts/${alert.id}/verdict`

  function judged(change: Partial<WebOptions> = {}) {
    const alerts = createAlertBoard()
    alerts.update(alert)
    const given: unknown[] = []
    const server = serve({
      alerts,
      judge: async (about, verdict) => void given.push([about.id, verdict]),
      ...change,
    })
    return { server, given }
  }

  test('is handed on, without empty texts', async () => {
    const { server, given } = judged()
    const payload = { verdict: 'benign', by: ' ', note: ' agreed with IT ' }
    expect((await server.inject({ method: 'POST', url, payload })).statusCode).toBe(202)
    expect(given).toEqual([[alert.id, { word: 'benign', by: null, note: 'agreed with IT' }]])
  })

  test.each([
    [{ verdict: 'guilty' }, 400],
    [{ note: 'no verdict' }, 400],
    [{ verdict: 'test', note: 'x'.repeat(1001) }, 400],
  ])('%j is refused', async (payload, status) => {
    const { server, given } = judged()
    expect((await server.inject({ method: 'POST', url, payload })).statusCode).toBe(status)
    expect(given).toEqual([])
  })

  test('needs an alert that is there', async () => {
    const { server } = judged()
    const answer = await server.inject({
      method: 'POST',
      url: '/api/alerts/none/verdict',
      payload: { verdict: 'test' },
    })
    expect(answer.statusCode).toBe(404)
    expect(answer.json().remedy).toContain('32 letters')
  })

  test.each([
    { from: '203.0.113.9', expected: 403 },
    { from: '203.0.113.9', remoteVerdicts: true, expected: 202 },
    { from: '127.0.0.1', headers: { 'x-forwarded-for': '203.0.113.9' }, expected: 403 },
    { from: '127.0.0.1', headers: { origin: 'https://evil.example' }, expected: 403 },
    { from: '127.0.0.1', headers: { origin: 'http://evil.example', host: 'evil.example' }, expected: 403 },
    {
      from: '127.0.0.1',
      headers: { origin: 'http://127.0.0.1:8086', host: '127.0.0.1:8086' },
      expected: 202,
    },
    {
      from: '203.0.113.9',
      remoteVerdicts: true,
      headers: { origin: 'https://soc.example', host: 'soc.example' },
      expected: 202,
    },
  ])('from $from $headers (remote: $remoteVerdicts) answers $expected', async (row) => {
    const { server, given } = judged(row.remoteVerdicts ? { remoteVerdicts: true } : {})
    const answer = await server.inject({
      method: 'POST',
      url,
      payload: { verdict: 'test' },
      remoteAddress: row.from,
      headers: row.headers ?? {},
    })
    expect(answer.statusCode).toBe(row.expected)
    expect(given).toHaveLength(row.expected === 202 ? 1 : 0)
  })

  test('that the log does not take is not noted', async () => {
    const judge = async () => {
      throw new ForcewatchError('LOG_UNAVAILABLE', 'no broker', { remedy: 'Start it.' })
    }
    const { server } = judged({ judge })
    const answer = await server.inject({ method: 'POST', url, payload: { verdict: 'test' } })
    expect([answer.statusCode, answer.json()]).toEqual([503, { error: 'no broker', remedy: 'Start it.' }])
  })
})

test('alerts are listed by status, no more than asked for', async () => {
  const alerts = createAlertBoard()
  const open = { ...makeAlert(), id: 'open' }
  alerts.update(open)
  alerts.update({ ...makeAlert(), id: 'resolved', status: 'resolved', resolvedAt: startTime })
  const server = serve({ alerts })
  expect((await server.inject('/api/alerts?status=open')).json()).toEqual({ time: startTime, alerts: [open] })
  expect((await server.inject('/api/alerts')).json().alerts).toHaveLength(2)
  expect((await server.inject('/api/alerts?limit=1')).json().alerts).toHaveLength(1)
})

test.each(['status=closed', 'limit=0', 'limit=abc', 'limit=9999'])('a query %s is refused', async (query) => {
  const response = await serve().inject(`/api/alerts?${query}`)
  expect(response.statusCode).toBe(400)
  expect(response.json().error).toContain(query.split('=')[0])
})

test('the page needs nothing from elsewhere and may run nothing but its own script', async () => {
  const server = serve()
  const page = await server.inject('/')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
  expect(page.body).not.toMatch(/(src|href)="(?!\/)/)
  for (const [, path] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect((await server.inject(path!)).statusCode, path).toBe(200)
  }
})

test("the page's script never makes markup from a text", async () => {
  const script = (await serve().inject('/page.js')).body
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|setAttribute/)
})

test('an error inside shows nothing of itself', async () => {
  const alerts = {
    get: () => undefined,
    list: () => {
      throw new Error('secret detail')
    },
  }
  const response = await serve({ alerts }).inject('/api/alerts')
  expect(response).toMatchObject({ statusCode: 500 })
  expect(response.body).not.toContain('secret detail')
})

test('it listens where it says, and a taken address is a mistake of the configuration', async () => {
  const web = createWeb(options())
  const { url } = await web.start()
  onTestFinished(() => web.stop())
  expect((await fetch(`${url}/-/healthy`)).status).toBe(200)
  const second = createWeb(options({ port: Number(new URL(url).port) }))
  await expect(second.start()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: /EADDRINUSE/ })
})
