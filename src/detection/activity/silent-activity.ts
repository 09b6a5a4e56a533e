import type { OrgRef } from '../detection.ts'
import type { Activity } from './activity.ts'
import { unknownFirsts } from './firsts.ts'

/** What stands for an event where the finding is that there is none: `type` is the kind that is missing. */
export function silentActivity(org: OrgRef, time: number, type: string): Activity {
  return {
    org,
    type,
    identity: null,
    id: null,
    time,
    action: 'custom',
    outcome: null,
    user: null,
    username: null,
    actor: null,
    ip: null,
    network: null,
    session: null,
    login: null,
    app: null,
    client: null,
    api: null,
    rows: 0,
    bytes: 0,
    objects: [],
    query: null,
    probe: false,
    firsts: unknownFirsts,
    backfill: false,
    raw: {},
    person: null,
    personOf: null,
  }
}
