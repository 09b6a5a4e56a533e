import { day, hour, minute } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { isAutomated, isNew } from '../activity/firsts.ts'
import { EntityState } from '../entities/entity-state.ts'
import { type EntityIndex, EntityTable } from '../entities/entity-table.ts'
import { newFor } from './familiarity.ts'

/** What is under way when a program moves is done after so long, ms. */
const moveTakes = 10 * minute
/** A network counts as in use for so long, ms: some programs work once a day. */
const inUseFor = day

/** Times in ms. `since`: a network that is new for it came up; `fresh`: one was last seen; `usual`: a known one was, after that. */
type Program = { since: number; fresh: number; usual: number }

/** A network that is new for a program: a known one is in use as well, or has not been for so long that it was left. */
export type NewPlace = 'parallel' | 'moved'

/**
 * Programs that are at work from a network that is new for them and go on from a known one: whoever moves a program leaves
 * the old place, a thief who has its token does not. Remembers only programs that have a new network at the moment.
 */
export class ParallelUse {
  readonly state: EntityState<Program>

  constructor(users: EntityIndex = new EntityTable().of('user')) {
    this.state = new EntityState('parallel-use', users)
  }

  /** Notes where a program is at work. `firsts` must be told. Null for what comes from a known network, and while nobody can tell. */
  note({ org, user, firsts, time }: Activity): NewPlace | null {
    if (user === null || isAutomated(firsts) !== true) return null
    const isFresh = isNew(firsts, 'network')
    if (isFresh === null) return null
    const program = this.state.get(org.id, user)
    if (!program) {
      if (isFresh) this.state.set(org.id, user, { since: time, fresh: time, usual: 0 })
      return null
    }
    const last = isFresh ? program.fresh : program.usual
    if (time - last >= minute) {
      if (isFresh) program.fresh = time
      else program.usual = time
      this.state.touch(org.id, user)
    }
    if (!isFresh) return null
    if (time - Math.max(program.since, program.usual) > inUseFor) return 'moved'
    return program.usual >= program.since + moveTakes ? 'parallel' : null
  }

  /** Forgets programs that have no new network any more at `time`. */
  expire(time: number): void {
    for (const [org, user, { fresh }] of this.state.entries())
      if (time - fresh > newFor + hour) this.state.delete(org, user)
  }
}
