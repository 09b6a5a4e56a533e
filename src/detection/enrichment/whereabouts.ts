import { day, hour, minute } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { type Firsts, isAutomated, isFamiliar, sameAccess, withAccessOf } from '../activity/firsts.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'
import { teaches } from './familiarity.ts'

/** Whoever had something exported in the background asked for it within so long, ms. */
const askedWithin = hour
/** How exactly it is remembered when somebody was last seen, ms. */
const precision = 5 * minute

/** When a person was last at work somewhere new or with something new, ms, and what of it was new. */
type Sight = { readonly firsts: Firsts; readonly seen: number }

/**
 * From where people have reports exported in the background. Such an export names neither session nor address, which makes it the
 * choice of a thief whom these would give away: it came from where its user was at work within the hour before, from the new
 * place rather than the usual one.
 */
export class Whereabouts {
  readonly state: EntityState<Sight>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('whereabouts', users)
  }

  /** What is new about the activity for its user. Learns from whatever tells where it comes from. */
  note(activity: Activity): Firsts {
    const { org, user, time, firsts, login, network, action } = activity
    if (user === null) return firsts
    if (action === 'report-export' && login === null && network === null) {
      const sight = this.state.get(org.id, user)
      return sight && Math.abs(time - sight.seen) <= askedWithin ? withAccessOf(firsts, sight.firsts) : firsts
    }
    if (isFamiliar(firsts) === false && isAutomated(firsts) === false && teaches(activity)) {
      const sight = this.state.get(org.id, user)
      if (!sight || time - sight.seen >= precision || !sameAccess(firsts, sight.firsts))
        this.state.set(org.id, user, { firsts, seen: time })
    }
    return firsts
  }

  /** Forgets whoever was last seen more than a day before `time`. */
  expire(time: number): void {
    for (const [org, user, { seen }] of this.state.entries())
      if (time - seen > day) this.state.delete(org, user)
  }
}
