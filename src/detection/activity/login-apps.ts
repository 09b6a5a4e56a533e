import { day, hour } from '../../duration.ts'
import { OrgState } from '../entities/org-state.ts'
import type { Activity } from './activity.ts'
import { nameOf } from './payload.ts'

/** A login's application is forgotten after so long without use, ms. */
const keptFor = 7 * day

/**
 * Which application a login belongs to, by LoginKey: most events of a session do not name it themselves. Bounded: the
 * logins used longest ago are forgotten first.
 */
export class LoginApps {
  readonly state = new OrgState<{ readonly app: string; readonly used: number }>('login-apps')
  readonly #capacity: number

  /** @param options.capacity how many logins are remembered at most, 200,000 when absent */
  constructor({ capacity = 200_000 }: { readonly capacity?: number } = {}) {
    this.#capacity = capacity
  }

  /**
   * Learns from a login, or where none came (Salesforce need not stream those of integrations) from the first activity that
   * names its application; gives any other activity of the same login that application.
   */
  refine(activity: Activity): void {
    const { login } = activity
    if (login === null) return
    const { org, time } = activity
    if (activity.action === 'login') {
      if (activity.app !== null) this.#remember(org.id, login, activity.app, time)
      return
    }
    const known = this.state.get(org.id, login)
    if (!known) {
      const named = nameOf(activity.raw, 'Application')
      if (named !== null) this.#remember(org.id, login, named, time)
      return
    }
    if (time - known.used > hour) this.state.set(org.id, login, { app: known.app, used: time })
    activity.app = known.app
  }

  /** Forgets logins that were not used since long before `time`. */
  expire(time: number): void {
    for (const [org, login, { used }] of this.state.entries())
      if (time - used > keptFor) this.state.delete(org, login)
  }

  #remember(org: string, login: string, app: string, time: number): void {
    if (this.state.size >= this.#capacity && this.state.get(org, login) === undefined) this.#makeRoom()
    this.state.set(org, login, { app, used: time })
  }

  /** Forgets many at once, for it sorts them all. The order comes from what is stored, so that a restart changes nothing. */
  #makeRoom(): void {
    const oldestFirst = [...this.state.entries()].sort(
      ([orgA, loginA, a], [orgB, loginB, b]) =>
        a.used - b.used || ((orgA === orgB ? loginA < loginB : orgA < orgB) ? -1 : 1),
    )
    for (const [org, login] of oldestFirst.slice(0, Math.ceil(this.#capacity / 10)))
      this.state.delete(org, login)
  }
}
