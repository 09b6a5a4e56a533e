import { day } from '../../../duration.ts'
import { createRandom } from '../../random.ts'
import { startOfDay, weekdayOf } from '../calendar.ts'
import { createTurns, type Turn } from './chance.ts'
import { rates, type Span } from './rates.ts'

/** Who holds a post, 0 for whom the org began with, and from when to when. */
export type Tenure = { readonly holder: number; readonly since: number; readonly until: number }

/** A position of an org, or a customer's account: somebody has it, leaves, and after a while another one begins on a Monday. */
export interface Post {
  /** Undefined while the post is vacant. */
  at(time: number): Tenure | undefined
  /** Everybody who has had it up to a time, in order. */
  until(time: number): readonly Tenure[]
}

/** The post of this seed. */
export function createPost(seed: string, tenure: Span): Post {
  const turns = createTurns(`${seed}/tenure`, tenure)

  function toTenure({ number, since, until }: Turn): Tenure {
    if (number === 0) return { holder: number, since, until }
    const vacant = createRandom(`${seed}/vacancy/${number}`).between(...rates.vacancy)
    return { holder: number, since: nextMonday(since + vacant), until }
  }

  return {
    at(time) {
      const tenure = toTenure(turns(time))
      return time >= tenure.since ? tenure : undefined
    },
    until(time) {
      const tenures: Tenure[] = []
      for (let turn = turns(Number.NEGATIVE_INFINITY); turn.since <= time; turn = turns(turn.until + 1))
        tenures.push(toTenure(turn))
      return tenures.filter(({ since }) => since <= time)
    },
  }
}

function nextMonday(time: number): number {
  const midnight = startOfDay(time)
  return midnight + ((8 - weekdayOf(midnight)) % 7) * day
}
