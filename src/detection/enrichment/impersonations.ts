import { day, hour } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** A session goes on for so long at most, ms. */
const sessionLasts = day
/** So many sessions as one user are told apart. */
const mostSessions = 8

/** A session that somebody else opened as a user: its LoginKey, who that is (username), and when, ms. */
type Session = { readonly login: string; readonly by: string; readonly since: number }

/** Who is logged in as whom: what happens in such a session is done by the administrator who opened it. */
export class Impersonations {
  readonly state: EntityState<readonly Session[]>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('impersonations', users)
  }

  /** The username of whoever does what the activity tells in its user's name; null when that is the user. Learns from logins. */
  note({ org, user, actor, login, time, action }: Activity): string | null {
    if (user === null || login === null) return null
    const sessions = this.state.get(org.id, user)
    if (action === 'login-as' && actor !== null) {
      const others = (sessions ?? []).filter((session) => session.login !== login)
      this.state.set(org.id, user, [...others, { login, by: actor, since: time }].slice(-mostSessions))
      return actor
    }
    const session = sessions?.find((one) => one.login === login)
    return session && Math.abs(time - session.since) <= sessionLasts ? session.by : null
  }

  /** Forgets sessions that are over at `time`. */
  expire(time: number): void {
    for (const [org, user, sessions] of this.state.entries()) {
      const open = sessions.filter(({ since }) => time - since <= sessionLasts + hour)
      if (open.length === 0) this.state.delete(org, user)
      else if (open.length < sessions.length) this.state.set(org, user, open)
    }
  }
}
