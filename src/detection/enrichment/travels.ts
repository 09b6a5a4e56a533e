import { day, hour } from '../../duration.ts'
import type { Activity, Journey } from '../activity/activity.ts'
import { isNew } from '../activity/firsts.ts'
import { numberOf } from '../activity/payload.ts'
import { type Coordinates, distanceBetween } from '../algorithms/great-circle.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** Nobody travels faster, km/h. */
const fastest = 1000
/** Where an address is said to be may be wrong by as much, km. */
const nearby = 500
/** From so long on anybody may be anywhere, ms. */
const aroundTheWorld = day
/** So many places of a user are remembered. */
const mostPlaces = 4

/** Where somebody logged in, and when, ms. */
type Stay = Coordinates & { readonly time: number }

/**
 * Logins of one user in two places between which nobody travels in the time, the second one in a country that is new for them:
 * those who are often in two countries, or have an office in one and its gateway in another, are so again and again. By
 * browsers on computers only: phones go through gateways of their providers, programs run anywhere.
 */
export class Travels {
  /** Places of the last day by user, the latest last. */
  readonly state: EntityState<readonly Stay[]>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('travels', users)
  }

  /** How far the activity, a login, is from the one before it, where nobody travels that in the time; else null. `firsts` must be told. */
  note(activity: Activity): Journey | null {
    const { org, user, time, firsts } = activity
    const here = user !== null && isAtComputer(activity) ? placeOf(activity) : null
    if (user === null || here === null) return null
    const stays = (this.state.get(org.id, user) ?? []).filter((stay) => time - stay.time <= aroundTheWorld)
    const elsewhere = stays.filter((stay) => distanceBetween(stay, here) > nearby)
    this.state.set(org.id, user, [...elsewhere, { ...here, time }].slice(-mostPlaces))
    const last = stays.at(-1)
    if (!last || elsewhere.length < stays.length || isNew(firsts, 'country') !== true) return null
    const journey = { distance: distanceBetween(last, here), duration: Math.abs(time - last.time) }
    return journey.distance > (fastest * journey.duration) / hour ? journey : null
  }

  /** Forgets whoever may be anywhere at `time`. */
  expire(time: number): void {
    for (const [org, user, stays] of this.state.entries())
      if (stays.every((stay) => time - stay.time > aroundTheWorld + hour)) this.state.delete(org, user)
  }
}

function isAtComputer({ action, outcome, client }: Activity): boolean {
  return action === 'login' && outcome === 'success' && / on (?!ios|android)/.test(client ?? '')
}

function placeOf({ raw }: Activity): Coordinates | null {
  const latitude = numberOf(raw, 'LoginLatitude')
  const longitude = numberOf(raw, 'LoginLongitude')
  return latitude === null || longitude === null ? null : { latitude, longitude }
}
