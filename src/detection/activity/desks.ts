import { day, hour, minute } from '../../duration.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'
import type { Activity } from './activity.ts'
import { pages } from './pages.ts'

/** Whoever has had a page in front of them within so long, ms, is still there. */
const thereFor = hour
/** How exactly it is remembered when somebody was last seen, ms. */
const precision = 5 * minute

/** A network in which somebody works on pages, and when they were last seen there, ms. */
type Desk = { network: string; seen: number }

/**
 * Where people are at work on pages at the moment. Nobody is in two places at once: whoever logs in from another network
 * meanwhile takes a phone or turns on a VPN, or is somebody else. Pages only, since programs work in people's names anywhere.
 */
export class Desks {
  readonly state: EntityState<Desk>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('desks', users)
  }

  /** Whether the activity is a login from another network than the one in which its user is at work. */
  note({ org, user, network, time, type, action, outcome }: Activity): boolean {
    const isPage = pages.has(type)
    if (user === null || network === null || !(isPage || action === 'login')) return false
    const desk = this.state.get(org.id, user)
    if (!isPage)
      return (
        outcome === 'success' &&
        desk !== undefined &&
        desk.network !== network &&
        Math.abs(time - desk.seen) <= thereFor
      )
    if (desk?.network === network && time - desk.seen < precision) return false
    this.state.set(org.id, user, { network, seen: time })
    return false
  }

  /** Forgets whoever was last seen more than a day before `time`. */
  expire(time: number): void {
    for (const [org, user, { seen }] of this.state.entries())
      if (time - seen > day) this.state.delete(org, user)
  }
}
