import { hour } from '../../duration.ts'
import { toId18 } from '../../salesforce-id.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'
import type { Activity } from './activity.ts'
import { permissionsOf } from './derived-fields.ts'
import { textOf } from './payload.ts'

/** Whoever was given permissions counts as such for so long, ms. */
const recentFor = 72 * hour
/** A change of a permission set that thousands have is no preparation of one account. */
const mostReceivers = 20

/** Permissions with which a user reads everything, or gives these to anybody. */
const widening: ReadonlySet<string> = new Set([
  ...['ViewAllData', 'ModifyAllData', 'ManageUsers', 'ManageInternalUsers'],
  ...['AssignPermissionSets', 'ManageProfilesPermissionsets'],
])

/** Who was given permissions of late with which everything can be read: what they read afterwards is looked at more closely. */
export class Grants {
  /** By user, when that was last, ms. */
  readonly state: EntityState<number>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('grants', users)
  }

  /** Whether the user of the activity was given such permissions within three days, and learns from it. */
  note(activity: Activity): boolean {
    const { org, user, time } = activity
    if (activity.action === 'permission-change') this.#remember(activity)
    const since = user === null ? undefined : this.state.get(org.id, user)
    return since !== undefined && time - since <= recentFor
  }

  /** Forgets what is not recent any more at `time`. */
  expire(time: number): void {
    for (const [org, user, since] of this.state.entries())
      if (time - since > recentFor + hour) this.state.delete(org, user)
  }

  #remember(activity: Activity): void {
    const operation = textOf(activity.raw, 'Operation')
    if (operation !== 'AssignedToUsers' && operation !== 'PermsEnabled') return
    if (!permissionsOf(activity).some((name) => widening.has(name))) return
    const receivers = userIdsIn(textOf(activity.raw, 'ImpactedUserIds') ?? '')
    if (receivers.length > mostReceivers) return
    for (const user of receivers) this.state.set(activity.org.id, user, activity.time)
  }
}

/** ImpactedUserIds is JSON in a text. */
function userIdsIn(text: string): readonly string[] {
  const ids = text.match(/\b005[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b/g) ?? []
  return ids.flatMap((id) => toId18(id) ?? [])
}
