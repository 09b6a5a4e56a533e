import { fastify } from 'fastify'
import type { Alert } from '../alerting/alert.ts'
import type { Clock } from '../clock.ts'
import { ForcewatchError, messageOf } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { mayReload } from './may-reload.ts'
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
  readonly clock: Clock
  readonly logger: Logger
}

/** `reasons`: why not, each in words for an operator; empty when ready. */
export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] }

/** Where the page's alerts come from; newest activity first. */
export interface AlertSource {
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
  alerts,
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
    const decision = mayReload(request.raw, remoteReload)
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

  for (const { path, type, content } of loadPage()) {
    server.get(path, async (_request, reply) => reply.type(type).send(content))
  }
  return server
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
