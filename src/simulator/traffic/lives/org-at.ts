import { day, hour } from '../../../duration.ts'
import type { OrgUser } from '../../server/org-user.ts'
import { busyness, startOfDay } from '../calendar.ts'
import { integrationAsUser, type Person, personAsUser, type SimulatedOrg } from '../org.ts'
import type { Life } from './life.ts'
import { createLives, type Lives } from './lives.ts'

/**
 * What has become of an org by a time (ms since the epoch): who is at work there, with what they have and do. Nothing changes in
 * it any more, so that nobody comes back who is away; only where a whole department is, it counts as at work.
 */
export function orgAt(org: SimulatedOrg, time: number): SimulatedOrg {
  if (org.isStill) return org
  const lives = createLives(org)
  const { staff, portal, programs } = lives.on(startOfDay(time))
  const staffed = new Set(staff.filter(({ isAway }) => !isAway).map(({ person }) => person.department))
  const atWork = staff.filter(({ isAway, person }) => !isAway || !staffed.has(person.department))
  return {
    ...org,
    isStill: true,
    staff: atWork.map(({ person }) => person),
    portal: portal.map(({ person }) => person),
    integrations: programs.map(({ integration }) => integration),
    users: [...usersAt(org, lives, time), ...trialUsers(lives, time, time)],
  }
}

/** A change of the org's list of users. */
export type UserChange = { readonly time: number; readonly user: OrgUser }

/** Who joins and who leaves in (from, to], in the order of time. */
export function userChanges(org: SimulatedOrg, from: number, to: number): readonly UserChange[] {
  if (org.isStill) return []
  const isWithin = (time: number | undefined) => time !== undefined && time > from && time <= to
  const lives = createLives(org)
  const users = [...usersAt(org, lives, to), ...trialUsers(lives, from, to)]
  const changes = users.flatMap((user): readonly UserChange[] => {
    const { isActive: _, modified: __, lastLogin: ___, ...joining } = user
    return [
      ...(isWithin(user.created) ? [{ time: user.created ?? 0, user: joining }] : []),
      ...(isWithin(user.modified) ? [{ time: user.modified ?? 0, user }] : []),
    ]
  })
  return changes.sort((left, right) => left.time - right.time)
}

/** Everybody who has had a user by a time, those who left as inactive, and the integrations. */
function usersAt(org: SimulatedOrg, lives: Lives, time: number): readonly OrgUser[] {
  return [...lives.posts.flatMap((life) => holdersOf(life, time)), ...org.integrations.map(integrationAsUser)]
}

/** Users made for what was tried in (from, to]; each trial lasts for more than a week. */
function trialUsers(lives: Lives, from: number, to: number): readonly OrgUser[] {
  const users = new Map<string, OrgUser>()
  for (let time = startOfDay(from); time <= to; time += 7 * day) {
    const user = lives.on(time).trial?.user
    if (user) users.set(user.id, user)
  }
  return [...users.values()]
}

function holdersOf(life: Life, time: number): readonly OrgUser[] {
  return life.post.until(time).map(({ holder, since, until }) => {
    const person: Person = life.holder(holder)
    // The last day is worked to its end.
    const left = startOfDay(until) + day
    const lastLogin = lastDayAtWork(life, since, Math.min(time, left))
    return {
      ...personAsUser(person),
      ...(holder > 0 ? { created: since } : {}),
      ...(lastLogin === undefined ? {} : { lastLogin }),
      ...(left <= time ? { isActive: false, modified: left } : {}),
    }
  })
}

/** Noon of the last working day before `time` on which whoever has held the post since `since` was not away. */
function lastDayAtWork(life: Life, since: number, time: number): number | undefined {
  for (let past = startOfDay(time) - day; past >= since; past -= day)
    if (busyness(past) > 0.5 && life.on(past)?.isAway === false) return past + 12 * hour
  return undefined
}
