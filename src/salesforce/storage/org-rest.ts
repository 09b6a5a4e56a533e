import { ZodError, z } from 'zod'
import type { Clock } from '../../clock.ts'
import { minute } from '../../duration.ts'
import type { Metrics } from '../../metrics.ts'
import type { Token } from '../auth.ts'
import { toReadProblem } from '../directory/read-users.ts'
import { createOrgApi } from '../org-api.ts'

export type OrgRestOptions = {
  /** The org's name in the configuration. */
  readonly org: string
  readonly token: Token
  /** Such as `66.0`. */
  readonly apiVersion: string
  /** What the calls are for: a label of the metric. */
  readonly purpose: 'reconciliation' | 'backfill'
  readonly clock: Clock
  readonly metrics: Metrics
  readonly signal: AbortSignal
}

/** A record of a query, as REST tells it. */
export type RestRow = Readonly<Record<string, unknown>>

/** What is left of the org's API requests of 24 hours. */
export type Allowance = { readonly max: number; readonly remaining: number }

/** {@link createOrgApi}, as far as reading events that are stored needs it. Each call is counted. */
export interface OrgRest {
  /** The records of a query; more calls are made for the pages that Salesforce makes of them. */
  query(soql: string): Promise<readonly RestRow[]>
  /** The records of a query to Tooling API; its first page. */
  tooling(soql: string): Promise<readonly unknown[]>
  /** The text of a resource of the instance, in parts as they come. */
  download(path: string): Promise<AsyncIterable<Uint8Array>>
  /** Undefined where the org does not say, or not to this user. */
  allowance(): Promise<Allowance | undefined>
  /** Calls so far. */
  readonly calls: number
}

const callLimit = 2 * minute

const rows = z.array(z.record(z.string(), z.unknown()))

/** Rejections are what `toReadProblem` understands. */
export function createOrgRest({ org, purpose, metrics, ...options }: OrgRestOptions): OrgRest {
  let calls = 0
  const api = createOrgApi({
    ...options,
    limit: callLimit,
    onRequest() {
      calls++
      metrics.api_requests_total.inc({ org, purpose })
    },
  })
  return {
    async query(soql) {
      const records: RestRow[] = []
      for await (const page of api.query(soql)) for (const record of rows.parse(page)) records.push(record)
      return records
    },
    tooling: (soql) => api.tooling(soql),
    download: (path) => api.download(path),
    async allowance() {
      const limits = await api.limits().catch((error: unknown) => {
        if (!(error instanceof ZodError) && toReadProblem(error).kind !== 'denied') throw error
      })
      if (!limits?.DailyApiRequests) return undefined
      const { Max: max, Remaining: remaining } = limits.DailyApiRequests
      metrics.api_requests_remaining.set({ org }, remaining)
      return { max, remaining }
    },
    get calls() {
      return calls
    },
  }
}
