import { Connection } from 'jsforce'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { minute } from '../duration.ts'
import type { Token } from './auth.ts'
import { endSilentRequests, withinLimit } from './within-limit.ts'

export type OrgApiOptions = {
  readonly token: Token
  /** Such as `66.0`. */
  readonly apiVersion: string
  readonly clock: Clock
  readonly signal: AbortSignal
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
}

const requestLimit = minute

const page = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(z.unknown()),
})
const globalDescription = z.object({ sobjects: z.array(z.object({ name: z.string() })) })
const limits = z.record(z.string(), z.looseObject({ Max: z.number(), Remaining: z.number() }))

/** Asks nothing by itself. */
export function createOrgApi({ token, apiVersion, clock, signal }: OrgApiOptions): OrgApi {
  const { instanceUrl, accessToken } = token
  const connection = new Connection({ instanceUrl, accessToken, version: apiVersion })
  endSilentRequests(connection, requestLimit)
  const wait = (request: PromiseLike<unknown>) =>
    withinLimit(Promise.resolve(request), { clock, signal, limit: requestLimit })

  return {
    async *query(soql) {
      let answer = page.parse(await wait(connection.query(soql)))
      for (;;) {
        yield answer.records
        if (answer.done || !answer.nextRecordsUrl) return
        answer = page.parse(await wait(connection.queryMore(answer.nextRecordsUrl)))
      }
    },
    async tooling(soql) {
      return page.parse(await wait(connection.tooling.query(soql))).records
    },
    async objects() {
      const { sobjects } = globalDescription.parse(await wait(connection.request('/sobjects')))
      return new Set(sobjects.map(({ name }) => name))
    },
    async limits() {
      return limits.parse(await wait(connection.request('/limits')))
    },
  }
}
