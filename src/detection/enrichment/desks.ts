import { day, hour, minute } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { pages } from '../activity/pages.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** Whoever has had a page in front of them within so long, ms, is still there. */
const thereFor = hour
/** How exactly it is remembered when somebody was last seen, ms. */
const precision = 5 * minute

/** A network in which somebody works on pages, and when they were last seen there, ms. */
type Desk = { network: string; seen: number }

/** Beside pages and logins: what is read by hand. A report does not tell where its reader stays, for programs run them too. */
const reads: ReadonlySet<string> = new Set(['ReportEventStream', 'FileEvent'])

/**
 * Where people are at work on pages at the moment. Nobody is in two places at once: whoever logs in or reads from another network
 * meanwhile has just moved, takes a phone or turns on a VPN, or is somebody else. Pages only, since programs work in people's
 * names anywhere.
 */
export class Desks {
  readonly state: EntityState<Desk>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('desks', users)
  }

  /** Whether the activity is a login, or read by hand, from another network than the one in which its user is at work. */
  note({ org, user, network, time, type, action, outcome }: Activity): boolean {
    const isPage = pages.has(type)
    if (user === null || network === null || !(isPage || action === 'login' || reads.has(type))) return false
    if (action === 'login' && outcome !== 'success') return false
    const desk = this.state.get(org.id, user)
    const isElsewhere =
      desk !== undefined && desk.network !== network && Math.abs(time - desk.seen) <= thereFor
    if (isPage && (desk?.network !== network || time - desk.seen >= precision))
      this.state.set(org.id, user, { network, seen: time })
    return isElsewhere
  }

  /** Forgets whoever was last seen more than a day before `time`. */
  expire(time: number): void {
    for (const [org, user, { seen }] of this.state.entries())
      if (time - seen > day) this.state.delete(org, user)
  }
}
