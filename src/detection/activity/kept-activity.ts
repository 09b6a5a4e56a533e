import type { Activity } from './activity.ts'

/**
 * The activity as plain values, as a state may keep it: what an event computes when it is asked is lost in JSON. The person is the one of
 * now, whatever the directory says later.
 */
export function keepActivity(activity: Activity): Activity {
  const { org, type, identity, id, time, action, outcome, user, username, actor, ip, network } = activity
  const { session, login, app, client, api, rows, bytes, objects, query, probe } = activity
  const { firsts, begun, parallel, moved, elsewhere, journey, grant } = activity
  const {
    failingUsers,
    unanswered,
    impersonator,
    newUserSince,
    offHours,
    exportDays,
    backfill,
    raw,
    person,
  } = activity
  return {
    ...{ org, type, identity, id, time, action, outcome, user, username, actor, ip, network },
    ...{ session, login, app, client, api, rows, bytes, objects, query, probe },
    ...{ firsts, begun, parallel, moved, elsewhere, journey, grant },
    ...{ failingUsers, unanswered, impersonator, newUserSince, offHours, exportDays },
    ...{ backfill, raw, person, personOf: null },
  }
}
