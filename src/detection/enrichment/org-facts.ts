import { appKeyOf } from '../../app-name.ts'
import { type DurableState, KeyedState } from '../../stream/keyed-state.ts'
import type {
  Activity,
  AppEntry,
  AppLookup,
  AppRecord,
  AppStanding,
  OrgRecord,
} from '../activity/activity.ts'
import type { Detection, OrgRef } from '../detection.ts'
import { OrgState } from '../entities/org-state.ts'

type KnownOrg = Omit<OrgRecord, 'kind' | 'org'>
type KnownApp = Pick<AppEntry, 'id' | 'approvedUsersOnly' | 'userCount' | 'lastUsed'>

const notInstalled: AppStanding = { installed: false, approved: false }

/** What the directories of the orgs say about the orgs themselves and their apps. The newest record about each counts. */
export class OrgFacts {
  readonly #orgs = new KeyedState<KnownOrg>('org-facts')
  /** By org and name in lower case: events have nothing else in common with them. */
  readonly #apps = new OrgState<KnownApp>('apps')

  get states(): readonly DurableState[] {
    return [this.#orgs, this.#apps]
  }

  /** Takes over what a record says. */
  note(record: OrgRecord | AppRecord): void {
    if (record.kind === 'org') {
      const { kind: _, org, ...known } = record
      this.#orgs.set(org.id, known)
      return
    }
    const { org, app } = record
    const key = appKeyOf(record.name)
    if (app === null) {
      this.#apps.delete(org.id, key)
      return
    }
    const { id, approvedUsersOnly, userCount, lastUsed } = app
    this.#apps.set(org.id, key, { id, approvedUsersOnly, userCount, lastUsed })
  }

  /** Lets the activity know how the org stands to its app, which is looked up when somebody asks. */
  introduce(activity: Activity): void {
    if (this.#orgs.size > 0) activity.appStandingOf = this.#appStandingOf
  }

  /** Events other than logins may name a program where a login names the app: of those only what is found is told. */
  readonly #appStandingOf: AppLookup = ({ org, app, action }) => {
    if (app === null) return null
    const known = this.#apps.get(org.id, appKeyOf(app))
    if (known)
      return known.id === null ? notInstalled : { installed: true, approved: known.approvedUsersOnly }
    const isTold = action === 'login' && appKeyOf(app) !== 'browser' && this.#orgs.get(org.id)?.appsVisible
    return isTold ? notInstalled : null
  }

  /** IANA name; undefined while the org has not told. */
  timeZoneOf(org: OrgRef): string | undefined {
    return this.#orgs.get(org.id)?.timeZone ?? undefined
  }

  /** The detection with a line about the application of the event that fired it, where there is something to say. */
  explain(detection: Detection): Detection {
    const { org, trigger, explanation } = detection
    const { app } = trigger.fields
    const value = typeof app === 'string' ? this.#describe(org, app, trigger.type) : undefined
    if (value === undefined) return detection
    const position = explanation[0]?.label === 'New' ? 1 : 0
    return { ...detection, explanation: explanation.toSpliced(position, 0, { label: 'App', value }) }
  }

  #describe(org: OrgRef, name: string, event: string): string | undefined {
    const visible = this.#orgs.get(org.id)
    const known = this.#apps.get(org.id, appKeyOf(name))
    if (known) return `${name}: ${[...describeApp(known, visible?.tokensVisible ?? false)].join('; ')}`
    // Other events may name a program where a login names the app.
    if (!visible?.appsVisible || event !== 'LoginEventStream' || appKeyOf(name) === 'browser')
      return undefined
    return `${name}: not registered with the org${visible.tokensVisible ? ', and nobody has given it a token' : ''}`
  }
}

function* describeApp(app: KnownApp, tokensVisible: boolean): Generator<string> {
  if (app.id === null) yield 'not installed, so that no policy of the org holds for it'
  else if (app.approvedUsersOnly === false) yield 'registered; any user may let it in'
  else yield 'registered, for approved users only'
  if (!tokensVisible) return
  const users = `${app.userCount.toLocaleString('en')} user${app.userCount === 1 ? '' : 's'}`
  if (app.lastUsed === null)
    yield `${app.userCount === 0 ? 'nobody has' : `${users} have`} a token, never used`
  else yield `tokens of ${users}, last used on ${new Date(app.lastUsed).toISOString().slice(0, 10)}`
}
