import { stripVTControlCharacters } from 'node:util'
import type { OrgUsage } from './app-usage.ts'
import type { JudgedApp } from './judge-apps.ts'

/** An org with its apps, judged. */
export type AppsReport = { readonly usage: OrgUsage; readonly apps: readonly JudgedApp[] }

/** As objects, one for each app. */
export function* toAppObjects(reports: readonly AppsReport[]): Generator<Record<string, unknown>> {
  for (const { usage, apps } of reports) {
    for (const { lastUsed, lastSeen, ...app } of apps) {
      yield {
        org: usage.org.name,
        ...app,
        last_used: toIso(lastUsed),
        last_seen: toIso(lastSeen),
      }
    }
  }
}

const csvColumns = [
  'org',
  'name',
  'state',
  'registration',
  'scopes',
  'users',
  'tokens',
  'last_used',
  'last_seen',
  'logins',
  'calls',
  'rows',
  'findings',
  'why',
  'remedy',
] as const

/** As comma-separated values with a heading (RFC 4180). A cell that a spreadsheet would take for a formula is quoted by `'`. */
export function toAppCsv(reports: readonly AppsReport[]): string {
  const lines = [csvColumns.join(',')]
  for (const { findings, scopes, ...app } of toAppObjects(reports)) {
    const found = findings as JudgedApp['findings']
    const values: Record<string, unknown> = {
      ...app,
      scopes: (scopes as JudgedApp['scopes'])?.join(' '),
      findings: found.map(({ kind }) => kind).join(' '),
      why: found.map(({ why }) => why).join(' | '),
      remedy: found.map(({ remedy }) => remedy).join(' | '),
    }
    lines.push(csvColumns.map((column) => toCell(values[column])).join(','))
  }
  return `${lines.join('\r\n')}\r\n`
}

/** The rows of a table, heading first. */
export function toAppRows(apps: readonly JudgedApp[]): readonly (readonly string[])[] {
  const heads = [
    'APP',
    'STATE',
    'LETS IN',
    'SCOPES',
    'USERS',
    'TOKENS',
    'LAST USED',
    'LAST SEEN',
    'LOGINS',
    'CALLS',
    'RECORDS',
  ]
  return [
    [...heads, 'FINDINGS'],
    ...apps.map((app) => [
      printable(app.name),
      app.state,
      app.registration,
      app.scopes === null ? '?' : printable(app.scopes.join(' ')),
      app.users.toLocaleString('en'),
      app.tokens === null ? '?' : app.tokens.toLocaleString('en'),
      toDay(app.lastUsed),
      toDay(app.lastSeen),
      app.logins.toLocaleString('en'),
      app.calls.toLocaleString('en'),
      app.rows.toLocaleString('en'),
      app.findings.map(({ kind }) => kind).join(', '),
    ]),
  ]
}

/** Columns of {@link toAppRows} that stand at the right. */
export const rightColumns: ReadonlySet<number> = new Set([4, 5, 8, 9, 10])

/** What to do, app by app. */
export function toAppSteps(apps: readonly JudgedApp[]): string {
  return apps
    .flatMap(({ name, findings }) => [
      ...(findings.length > 0 ? [`\n${printable(name)}\n`] : []),
      ...findings.map(
        ({ kind, why, remedy }) => `  ${kind}: ${printable(why)}\n    → ${printable(remedy)}\n`,
      ),
    ])
    .join('')
}

/** What the report cannot know, and why. */
export function* describeBlindness(
  { appsVisible, tokensVisible, span }: OrgUsage,
  scopesTold: boolean,
): Generator<string> {
  if (!appsVisible)
    yield 'The connected apps of the org are not known: run the service with orgs[].directory.enabled and View Setup and Configuration.'
  else if (!tokensVisible)
    yield 'Tokens of other users cannot be seen (Salesforce shows them with Customize Application only): use is told by events alone.'
  if (!scopesTold)
    yield 'Scopes are not known, since no object of Salesforce tells them: retrieve ConnectedApp and ExtlClntAppOauthSettings as an administrator, and give --metadata.'
  if (!span) yield 'There is no event: only the directory tells.'
}

/** Names come from outside: nothing in them may be obeyed by a terminal. */
function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ')
}

function toCell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function toIso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

function toDay(time: number | null): string {
  return time === null ? '-' : new Date(time).toISOString().slice(0, 10)
}
