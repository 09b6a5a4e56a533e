import { Connection } from 'jsforce'
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { minute } from '../../duration.ts'
import type { Metrics } from '../../metrics.ts'
import type { Token } from '../auth.ts'
import { toReadProblem } from '../directory/read-users.ts'
import { endSilentRequests, withinLimit } from '../within-limit.ts'

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

/** The REST API of an org with a token, as far as reading events that are stored needs it. Each call is counted. */
export interface OrgRest {
  /** The records of a query; more calls are made for the pages that Salesforce makes of them. */
  query(soql: string): Promise<readonly RestRow[]>
  /** The text of a resource of the instance, in parts as they come. */
  download(path: string): Promise<AsyncIterable<Uint8Array>>
  /** Undefined where the org does not say, or not to this user. */
  allowance(): Promise<Allowance | undefined>
  /** Calls so far. */
  readonly calls: number
}

const callLimit = 2 * minute

const page = z.object({
  done: z.boolean(),
  nextRecordsUrl: z.string().optional(),
  records: z.array(z.record(z.string(), z.unknown())),
})
const limits = z.object({ DailyApiRequests: z.object({ Max: z.number(), Remaining: z.number() }) })

/** Rejections are what `toReadProblem` understands. */
export function createOrgRest(options: OrgRestOptions): OrgRest {
  const { org, token, apiVersion, purpose, clock, metrics, signal } = options
  const { instanceUrl, accessToken } = token
  const connection = new Connection({ instanceUrl, accessToken, version: apiVersion })
  endSilentRequests(connection, callLimit)
  let calls = 0
  const call = <T>(request: () => Promise<T>): Promise<T> => {
    calls++
    metrics.api_requests_total.inc({ org, purpose })
    return withinLimit(request(), { clock, signal, limit: callLimit })
  }
  return {
    async query(soql) {
      let answer = page.parse(await call(async () => connection.query(soql)))
      const records = [...answer.records]
      while (!answer.done && answer.nextRecordsUrl !== undefined) {
        const next = answer.nextRecordsUrl
        answer = page.parse(await call(async () => connection.queryMore(next)))
        for (const record of answer.records) records.push(record)
      }
      return records
    },
    async download(path) {
      const response = await call(() =>
        fetch(`${instanceUrl}${path}`, { headers: { authorization: `Bearer ${accessToken}` }, signal }),
      )
      if (!response.ok || !response.body) throw await toError(response)
      return response.body
    },
    async allowance() {
      const body = await call(async () => connection.request(`/services/data/v${apiVersion}/limits`)).catch(
        (error: unknown) => {
          if (toReadProblem(error).kind !== 'denied') throw error
        },
      )
      const answer = limits.safeParse(body)
      if (!answer.success) return undefined
      const { Max: max, Remaining: remaining } = answer.data.DailyApiRequests
      metrics.api_requests_remaining.set({ org }, remaining)
      return { max, remaining }
    },
    get calls() {
      return calls
    },
  }
}

/** In the form in which jsforce tells errors. */
async function toError(response: Response): Promise<Error> {
  const text = await response.text()
  const [, errorCode = `ERROR_HTTP_${response.status}`] = /"errorCode"\s*:\s*"(\w+)"/.exec(text) ?? []
  return Object.assign(new Error(`HTTP ${response.status}`), { errorCode })
}
