import { z } from 'zod'
import { appKeyOf } from '../../app-name.ts'
import { toId18 } from '../../salesforce-id.ts'
import type { OrgApi } from '../org-api.ts'

/** Somebody who let an app in: what all of their tokens for it tell. Dates as Salesforce writes them. */
export type AppUser = {
  /** 18 characters. */
  readonly id: string
  readonly tokens: number
  readonly uses: number
  readonly firstGranted: string | null
  readonly lastUsed: string | null
}

/**
 * An app that can get at the org's data. Salesforce tells neither its scopes nor, of an External Client App, its registration
 * by SOQL.
 */
export type App = {
  readonly name: string
  /** Its registration (18 characters); null for one that is not installed: no policy of the org holds for it. */
  readonly connectedAppId: string | null
  /** Whether only users whom an administrator approved may use it; null where it is not installed. */
  readonly approvedUsersOnly: boolean | null
  readonly registered: string | null
  /** By latest use, the latest first. */
  readonly users: readonly AppUser[]
}

export type Apps = {
  readonly apps: readonly App[]
  /** Whether tokens of others than the integration user can be seen, which takes Customize Application. */
  readonly seesTokensOfOthers: boolean
}

const text = z.string().nullish()
const registration = z.object({
  Id: z.string(),
  Name: z.string(),
  OptionsAllowAdminApprovedUsersOnly: z.boolean(),
  CreatedDate: text,
})
const token = z.object({
  AppName: text,
  UserId: text,
  LastUsedDate: text,
  UseCount: z.number().nullish(),
  CreatedDate: text,
})
type Token = z.output<typeof token>

/** Salesforce hands no more of this object out for one query; the rest comes by OFFSET. */
const tokensPerQuery = 2500
/** Bound of what one org may cost: enough for every app, and for the newest tokens. */
const mostTokens = 50_000

/** The apps that are registered with the org or have tokens for it. Rejects with what `toReadProblem` understands. */
export async function readApps(api: OrgApi, ownUserId: string): Promise<Apps> {
  const registered = await readRegistrations(api)
  const tokens = await readTokens(api)
  const byName = Map.groupBy(tokens, ({ AppName }) => appKeyOf(AppName ?? ''))
  const apps = registered.map((app) => toApp(app.Name, app, byName.get(appKeyOf(app.Name)) ?? []))
  const known = new Set(registered.map(({ Name }) => appKeyOf(Name)))
  for (const [key, held] of byName) {
    if (key !== '' && !known.has(key)) apps.push(toApp(held[0]?.AppName ?? key, undefined, held))
  }
  return {
    apps,
    seesTokensOfOthers: tokens.some(({ UserId }) => UserId && toId18(UserId) !== ownUserId),
  }
}

async function readRegistrations(api: OrgApi): Promise<readonly z.output<typeof registration>[]> {
  const found: z.output<typeof registration>[] = []
  const columns = Object.keys(registration.shape).join(', ')
  for await (const records of api.query(`SELECT ${columns} FROM ConnectedApplication`))
    found.push(...records.map((record) => registration.parse(record)))
  return found
}

/** Never the columns that hold the tokens themselves. */
async function readTokens(api: OrgApi): Promise<readonly Token[]> {
  const found: Token[] = []
  const columns = Object.keys(token.shape).join(', ')
  for (let offset = 0; offset < mostTokens; offset += tokensPerQuery) {
    const soql = `SELECT ${columns} FROM OauthToken LIMIT ${tokensPerQuery} OFFSET ${offset}`
    for await (const records of api.query(soql)) found.push(...records.map((record) => token.parse(record)))
    if (found.length < offset + tokensPerQuery) break
  }
  return found
}

function toApp(
  name: string,
  registered: z.output<typeof registration> | undefined,
  tokens: readonly Token[],
): App {
  const byUser = Map.groupBy(tokens, ({ UserId }) => UserId ?? '')
  const users = [...byUser].map(([id, held]) => toAppUser(toId18(id) ?? id, held))
  return {
    name,
    connectedAppId: registered ? (toId18(registered.Id) ?? registered.Id) : null,
    approvedUsersOnly: registered?.OptionsAllowAdminApprovedUsersOnly ?? null,
    registered: registered?.CreatedDate ?? null,
    users: users.sort((a, b) => timeOf(b.lastUsed) - timeOf(a.lastUsed) || (a.id < b.id ? -1 : 1)),
  }
}

function toAppUser(id: string, tokens: readonly Token[]): AppUser {
  const sorted = (dates: readonly (string | null | undefined)[]) =>
    dates.filter((date) => date != null).sort((a, b) => timeOf(a) - timeOf(b))
  return {
    id,
    tokens: tokens.length,
    uses: tokens.reduce((sum, { UseCount }) => sum + (UseCount ?? 0), 0),
    firstGranted: sorted(tokens.map(({ CreatedDate }) => CreatedDate))[0] ?? null,
    lastUsed: sorted(tokens.map(({ LastUsedDate }) => LastUsedDate)).at(-1) ?? null,
  }
}

function timeOf(date: string | null): number {
  return date === null ? 0 : Date.parse(date)
}
