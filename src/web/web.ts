import { fastify } from 'fastify'
import type { Alert } from '../alerting/alert.ts'
import type { Clock } from '../clock.ts'
import { type VerdictWord, verdictWords } from '../detection/detection.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { mayChange } from './may-change.ts'
import { loadPage } from './page.ts'

export type WebOptions = {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  readonly metrics: Metrics
  readonly ready: () => Readiness
  /** Reads the detectors anew. Rejects, and leaves the old ones in force, when they have a problem. */
  readonly reload: () => Promise<unknown>
  /** Whether other machines may ask for a reload. */
  readonly remoteReload?: boolean
  readonly alerts: AlertSource
  /** Takes an analyst's verdict about an alert. Rejects when it cannot be kept. */
  readonly judge: (alert: Alert, verdict: GivenVerdict) => Promise<void>
  /** Whether other machines may give verdicts. */
  readonly remoteVerdicts?: boolean
  readonly clock: Clock
  readonly logger: Logger
}

/** `reasons`: why not, each in words for an operator; empty when ready. */
export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] }

/** What an analyst says about an alert. */
export type GivenVerdict = {
  readonly word: VerdictWord
  readonly by: string | null
  readonly note: string | null
}

/** Where the page's alerts come from; newest activity first. */
export interface AlertSource {
  get(id: string): Alert | undefined
  list(options: { readonly status?: Alert['status']; readonly limit?: number }): readonly Alert[]
}

/** The web server of one app. */
export interface Web {
  /** Resolves once it listens. @throws CONFIG_INVALID when the address cannot be had */
  start(): Promise<{ readonly url: string }>
  /** Ends open connections and stops listening. */
  stop(): Promise<void>
}

/** Health, readiness, metrics, reload, the alerts as JSON, and the analyst's page. */
export function createWeb(options: WebOptions): Web {
  const server = createServer(options)
  const { host, port } = options
  return {
    async start() {
      try {
        return { url: await server.listen({ host, port }) }
      } catch (error) {
        throw new ForcewatchError('CONFIG_INVALID', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
          remedy:
            'Choose another web.host or web.port in the configuration (`forcewatch demo`: another --port).',
          cause: error,
        })
      }
    },
    stop: () => server.close(),
  }
}

/** The server without a port, as tests call it. */
export function createServer({
  metrics,
  ready,
  reload,
  remoteReload = false,
  remoteVerdicts = false,
  alerts,
  judge,
  clock,
  logger,
}: WebOptions) {
  const server = fastify({ forceCloseConnections: true })

  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(securityHeaders)
  })

  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) logger.error({ err: error, path: request.routeOptions.url }, 'request failed')
    return reply.code(status).send({ error: status >= 500 ? 'internal error, see the log' : error.message })
  })

  server.get('/-/healthy', async (_request, reply) => reply.type('text/plain').send('healthy\n'))

  server.get('/-/ready', async (_request, reply) => {
    const readiness = ready()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })

  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )

  server.post('/-/reload', async (request, reply) => {
    const decision = mayChange(request.raw, { ...reloadRule, remote: remoteReload })
    if (decision.kind === 'no') return reply.code(403).send({ error: decision.reason })
    try {
      await reload()
      return { reloaded: true }
    } catch (error) {
      logger.warn({ err: error }, 'reload refused; the detectors in force stay')
      const remedy = error instanceof ForcewatchError ? error.remedy : undefined
      return reply.code(422).send({ error: messageOf(error), remedy })
    }
  })

  server.get<{ Querystring: { status?: Alert['status']; limit: number } }>(
    '/api/alerts',
    { schema: { querystring: alertQuery } },
    async ({ query }) => ({ time: clock.now(), alerts: alerts.list(query) }),
  )

  server.post<{ Params: { id: string }; Body: { verdict: VerdictWord; by?: string; note?: string } }>(
    '/api/alerts/:id/verdict',
    { schema: { body: verdictBody } },
    async ({ raw, params, body }, reply) => {
      const decision = mayChange(raw, { ...verdictRule, remote: remoteVerdicts })
      if (decision.kind === 'no') return reply.code(403).send({ error: decision.reason })
      const alert = alerts.get(params.id)
      if (!alert)
        return reply.code(404).send({ error: `there is no alert ${params.id} here`, remedy: unknownRemedy })
      try {
        await judge(alert, {
          word: body.verdict,
          by: body.by?.trim() || null,
          note: body.note?.trim() || null,
        })
        return reply.code(202).send({ noted: true })
      } catch (error) {
        logger.error({ err: error }, 'a verdict could not be kept')
        const remedy = error instanceof ForcewatchError ? error.remedy : undefined
        return reply.code(503).send({ error: messageOf(error), remedy })
      }
    },
  )

  for (const { path, type, content } of loadPage()) {
    server.get(path, async (_request, reply) => reply.type(type).send(content))
  }
  return server
}

const reloadRule = {
  what: 'a reload',
  remedy: 'set web.remote_reload: true to let others, or send SIGHUP',
}

const verdictRule = {
  what: 'a verdict',
  remedy: 'set web.remote_verdicts: true to let others, or use `forcewatch verdict` there',
}

const unknownRemedy =
  'Ids have 32 letters and digits. With several processes, ask the one that has the alert stage of its org.'

const verdictBody = {
  type: 'object',
  required: ['verdict'],
  additionalProperties: false,
  properties: {
    verdict: { type: 'string', enum: verdictWords },
    by: { type: 'string', maxLength: 100 },
    note: { type: 'string', maxLength: 1000 },
  },
}

const alertQuery = {
  type: 'object',
  properties: {
    status: { type: 'string', enum: ['open', 'resolved'] },
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  },
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}
