import type { Activity } from '../activity/activity.ts'
import { userTypeOf } from '../activity/user-type.ts'
import { OrgState } from '../entities/org-state.ts'

/** Customers and partners log in as nobody else. */
const outsiders: ReadonlySet<string> = new Set([
  'CspLitePortal',
  'CustomerSuccess',
  'CsnOnly',
  'SelfService',
  'Guest',
])

/** Who logs in as somebody else: such an event names the administrator by username only, and as its user the other one. */
export class Actors {
  /** User id by username. */
  readonly state = new OrgState<string>('actors')

  /** Learns the username of the activity's user; once a day is enough. */
  note(activity: Activity): void {
    const { org, user, username } = activity
    if (user === null || username === null || outsiders.has(userTypeOf(activity) ?? '')) return
    if (this.state.get(org.id, username) !== user) this.state.set(org.id, username, user)
  }

  /** Whom the activity tells something about: its user, or the administrator where that is known by name. */
  userOf({ action, org, user, actor }: Activity): string | null {
    return action === 'login-as' ? (this.state.get(org.id, actor ?? '') ?? null) : user
  }

  /** Forgets those who are not `known` any more. */
  expire(known: (orgId: string, user: string) => boolean): void {
    for (const [org, username, user] of this.state.entries())
      if (!known(org, user)) this.state.delete(org, username)
  }
}
