import { Connection } from 'jsforce'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { minute } from '../duration.ts'
import type { Token } from './auth.ts'
import { restrainRequests, withinLimit } from './within-limit.ts'

export type OrgApiOptions = {
  readonly token: Token
  /** Such as `66.0`. */
  readonly apiVersion: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long a request may take, ms; a minute when absent. */
  readonly limit?: number
  /** Told before each request: they count against an allowance of the org. */
  readonly onRequest?: () => void
}

/** An allowance of the org: how much there is, and how much is left. */
export type Allowance = { readonly Max: number; readonly Remaining: number }

/** Requests to the REST API of an org with one token. What they reject with is understood by {@link toReadProblem}. */
export interface OrgApi {
  /** The records of a query, a page at a time. */
  query(soql: string): AsyncGenerator<readonly unknown[]>
  /** The same of Tooling API; its first page. */
  tooling(soql: string): Promise<readonly unknown[]>
  /** Names of the objects that the user can see. */
  objects(): Promise<ReadonlySet<string>>
  limits(): Promise<Readonly<Record<string, Allowance>>>
  /** The body of a resource of the instance, in parts as they come. */
  download(path: string): Promise<AsyncIterable<Uint8Array>>
}

const usualLimit = minute

const page = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(z.unknown()),
})
const globalDescription = z.object({ sobjects: z.array(z.object({ name: z.string() })) })
const limits = z.record(z.string(), z.looseObject({ Max: z.number(), Remaining: z.number() }))

/** Asks nothing by itself. */
export function createOrgApi(options: OrgApiOptions): OrgApi {
  const { token, apiVersion, clock, signal, limit = usualLimit, onRequest } = options
  const { instanceUrl, accessToken } = token
  const connection = new Connection({ instanceUrl, accessToken, version: apiVersion })
  restrainRequests(connection, limit)
  const call = <T>(request: () => PromiseLike<T>): Promise<T> => {
    onRequest?.()
    return withinLimit(Promise.resolve(request()), { clock, signal, limit })
  }

  return {
    async *query(soql) {
      let answer = page.parse(await call(() => connection.query(soql)))
      for (;;) {
        yield answer.records
        const { done, nextRecordsUrl } = answer
        if (done || !nextRecordsUrl) return
        answer = page.parse(await call(() => connection.queryMore(nextRecordsUrl)))
      }
    },
    async tooling(soql) {
      return page.parse(await call(() => connection.tooling.query(soql))).records
    },
    async objects() {
      const { sobjects } = globalDescription.parse(await call(() => connection.request('/sobjects')))
      return new Set(sobjects.map(({ name }) => name))
    },
    async limits() {
      return limits.parse(await call(() => connection.request('/limits')))
    },
    async download(path) {
      const headers = { authorization: `Bearer ${accessToken}` }
      const response = await call(() => fetch(`${instanceUrl}${path}`, { headers, signal }))
      if (!response.ok || !response.body) throw await toError(response)
      return response.body
    },
  }
}

/** In the form in which jsforce tells errors. */
async function toError(response: Response): Promise<Error> {
  const text = await response.text()
  const [, errorCode = `ERROR_HTTP_${response.status}`] = /"errorCode"\s*:\s*"(\w+)"/.exec(text) ?? []
  return Object.assign(new Error(`HTTP ${response.status}`), { errorCode })
}
