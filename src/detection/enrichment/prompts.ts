import { day, hour } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'

/** A prompt that lies further back, ms, was given up, and the next one begins anew. */
const within = hour

/** A demand for a second factor that no login has answered yet: from which network, and when, ms. */
type Prompt = { network: string | null; time: number }

/**
 * Who is asked for a second factor and does not give it. Only what comes next tells: the same again, or the login. Nobody's login in
 * one network answers a prompt that somebody has brought about in another.
 */
export class Prompts {
  readonly state: EntityState<Prompt>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('prompts', users)
  }

  /** Whether the activity is a prompt before which another one to the same user, within an hour, has led to no login. */
  note({ org, user, network, time, action, outcome }: Activity): boolean {
    if (action !== 'login' || user === null) return false
    const open = this.state.get(org.id, user)
    if (outcome === 'challenge') {
      this.state.set(org.id, user, { network, time })
      return open !== undefined && time - open.time <= within
    }
    if (outcome === 'success' && open?.network === network) this.state.delete(org.id, user)
    return false
  }

  /** Forgets prompts of more than a day before `time`. */
  expire(time: number): void {
    for (const [org, user, prompt] of this.state.entries())
      if (time - prompt.time > day) this.state.delete(org, user)
  }
}
