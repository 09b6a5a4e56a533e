import { appKeyOf } from '../../app-name.ts'
import type { Activity, AppEntry, Decoded } from '../../detection/activity/activity.ts'
import { nameOf } from '../../detection/activity/payload.ts'
import type { Person } from '../../detection/activity/person.ts'
import type { OrgRef } from '../../detection/detection.ts'
import { Logins } from '../../detection/enrichment/logins.ts'

/** What events tell of an app. Times in ms since the epoch. */
export type Sightings = {
  name: string
  first: number
  last: number
  logins: number
  /** Queries and downloads by the API, and the records that they returned. */
  calls: number
  rows: number
  /** User ids. */
  readonly users: Set<string>
}

/** An app with what its directory and the events say about it; one of the two may be silent. */
export type KnownApp = {
  readonly name: string
  readonly entry: AppEntry | undefined
  readonly seen: Sightings | undefined
}

/** What is known of an org. */
export type OrgUsage = {
  readonly org: OrgRef
  /** Whether its apps, and the tokens of others than the integration user, could be read. */
  readonly appsVisible: boolean
  readonly tokensVisible: boolean
  readonly apps: readonly KnownApp[]
  readonly people: ReadonlyMap<string, Person>
  /** Event times of the first and last event, ms; undefined without any. */
  readonly span: { readonly first: number; readonly last: number } | undefined
}

class OrgTally {
  org: OrgRef
  appsVisible = false
  tokensVisible = false
  span: { first: number; last: number } | undefined
  readonly people = new Map<string, Person>()
  readonly entries = new Map<string, { readonly name: string; readonly entry: AppEntry }>()
  /** By what Salesforce calls an application, and by what a program calls itself. */
  readonly named = new Map<string, Sightings>()
  readonly programs = new Map<string, Sightings>()

  constructor(org: OrgRef) {
    this.org = org
  }
}

/** What a history says of the apps of its orgs: fed record by record, in order. */
export class AppUsage {
  readonly #orgs = new Map<string, OrgTally>()
  readonly #logins = new Logins()

  note(decoded: Decoded): void {
    if (!('kind' in decoded)) {
      this.#sight(decoded)
      return
    }
    if (decoded.kind === 'heartbeat' || decoded.kind === 'verdict') return
    const org = this.#tallyOf(decoded.org)
    if (decoded.kind === 'directory') org.people.set(decoded.user, decoded.person)
    else if (decoded.kind === 'org') Object.assign(org, visibilityOf(decoded))
    else if (decoded.app === null) org.entries.delete(appKeyOf(decoded.name))
    else org.entries.set(appKeyOf(decoded.name), { name: decoded.name, entry: decoded.app })
  }

  /** By name of the org. */
  result(): readonly OrgUsage[] {
    return [...this.#orgs.values()]
      .map(toUsage)
      .sort((a, b) => (a.org.name < b.org.name ? -1 : a.org.name > b.org.name ? 1 : 0))
  }

  #tallyOf(ref: OrgRef): OrgTally {
    const tally = this.#orgs.get(ref.id) ?? new OrgTally(ref)
    this.#orgs.set(ref.id, tally)
    tally.org = ref
    return tally
  }

  #sight(activity: Activity): void {
    const org = this.#tallyOf(activity.org)
    const { time, raw } = activity
    org.span = {
      first: Math.min(org.span?.first ?? time, time),
      last: Math.max(org.span?.last ?? time, time),
    }
    const own = activity.app
    this.#logins.note(activity)
    const { app } = activity
    if (app === null || appKeyOf(app) === 'browser') return
    const isNamed = app !== own || app === nameOf(raw, 'Application')
    count(isNamed ? org.named : org.programs, app, activity)
  }
}

function visibilityOf(record: { readonly appsVisible: boolean; readonly tokensVisible: boolean }) {
  return { appsVisible: record.appsVisible, tokensVisible: record.tokensVisible }
}

function count(tallies: Map<string, Sightings>, name: string, activity: Activity): void {
  const { time, action, outcome, user, rows } = activity
  const key = appKeyOf(name)
  const seen = tallies.get(key) ?? {
    name,
    first: time,
    last: time,
    logins: 0,
    calls: 0,
    rows: 0,
    users: new Set(),
  }
  tallies.set(key, seen)
  seen.first = Math.min(seen.first, time)
  seen.last = Math.max(seen.last, time)
  if (action === 'login' && outcome === 'success') seen.logins++
  if (action === 'api-query' || action === 'bulk-download') {
    seen.calls++
    seen.rows += rows
  }
  if (user !== null) seen.users.add(user)
}

function toUsage({
  org,
  appsVisible,
  tokensVisible,
  entries,
  named,
  programs,
  people,
  span,
}: OrgTally): OrgUsage {
  const keys = new Set([...entries.keys(), ...named.keys()])
  const apps = [...keys].map((key): KnownApp => {
    const listed = entries.get(key)
    // What a program calls itself is an app's name only where there is such an app.
    const seen = merge(named.get(key), listed && programs.get(key))
    return { name: listed?.name ?? seen?.name ?? key, entry: listed?.entry, seen }
  })
  return { org, appsVisible, tokensVisible, apps, people, span }
}

function merge(a: Sightings | undefined, b: Sightings | undefined): Sightings | undefined {
  if (!a || !b) return a ?? b
  return {
    name: a.name,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    logins: a.logins + b.logins,
    calls: a.calls + b.calls,
    rows: a.rows + b.rows,
    users: new Set([...a.users, ...b.users]),
  }
}
