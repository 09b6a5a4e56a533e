import { hour } from '../../duration.ts'
import { toId18 } from '../../salesforce-id.ts'
import type { Activity, Grant } from '../activity/activity.ts'
import { permissionsOf } from '../activity/derived-fields.ts'
import { textOf } from '../activity/payload.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

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
  /** By user, the last; in what earlier versions saved only when that was, ms. */
  readonly state: EntityState<Grant | number>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('grants', users)
  }

  /** What the user of the activity was given within three days; null when nothing. Learns from it. */
  note(activity: Activity): Grant | null {
    const { org, user, time } = activity
    if (activity.action === 'permission-change') this.#remember(activity)
    const grant = user === null ? undefined : this.state.get(org.id, user)
    return grant !== undefined && time - toGrant(grant).time <= recentFor ? toGrant(grant) : null
  }

  /** Forgets what is not recent any more at `time`. */
  expire(time: number): void {
    for (const [org, user, grant] of this.state.entries())
      if (time - toGrant(grant).time > recentFor + hour) this.state.delete(org, user)
  }

  #remember(activity: Activity): void {
    const operation = textOf(activity.raw, 'Operation')
    if (operation !== 'AssignedToUsers' && operation !== 'PermsEnabled') return
    if (!permissionsOf(activity).some((name) => widening.has(name))) return
    const receivers = userIdsIn(textOf(activity.raw, 'ImpactedUserIds') ?? '')
    if (receivers.length > mostReceivers) return
    const grant = { time: activity.time, by: activity.username ?? activity.user }
    for (const user of receivers) this.state.set(activity.org.id, user, grant)
  }
}

function toGrant(saved: Grant | number): Grant {
  return typeof saved === 'number' ? { time: saved, by: null } : saved
}

/** ImpactedUserIds is JSON in a text. */
function userIdsIn(text: string): readonly string[] {
  const ids = text.match(/\b005[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b/g) ?? []
  return ids.flatMap((id) => toId18(id) ?? [])
}
