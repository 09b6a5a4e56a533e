import { day, hour } from '../../duration.ts'
import type { Activity } from '../activity/activity.ts'
import { toLoginResult, usersOfSpray } from '../activity/login-outcome.ts'
import { OrgState } from '../entities/org-state.ts'

const within = hour

/** Users whose logins failed from a network, and when the last time, ms; those seen last, at most {@link usersOfSpray}. */
type Failures = { user: string; seen: number }[]

/** Networks from which the logins of many users fail: what one attacker does is one story, not one for each user. */
export class Sprays {
  readonly state = new OrgState<Failures>('sprays')

  /**
   * Of a login: how many users' logins failed from its network within the last hour, at most {@link usersOfSpray}. 0 for other
   * activities, and for a failure that is no guess.
   */
  note({ org, network, username, time, action, outcome, raw }: Activity): number {
    if (action !== 'login' || network === null || username === null) return 0
    const before = this.state.get(org.id, network) ?? []
    if (outcome !== 'failure') return before.filter(({ seen }) => time - seen <= within).length
    if (!isGuess(raw.Status)) return 0
    const others = before.filter(({ user, seen }) => user !== username && time - seen <= within)
    const failures = [...others, { user: username, seen: time }].slice(-usersOfSpray)
    this.state.set(org.id, network, failures)
    return failures.length
  }

  /** Forgets networks from which nothing has failed for a day before `time`. */
  expire(time: number): void {
    for (const [org, network, failures] of this.state.entries())
      if (time - (failures.at(-1)?.seen ?? 0) > day) this.state.delete(org, network)
  }
}

/** What a broken registration, an identity provider or a policy refuses is nobody's guess. */
function isGuess(status: unknown): boolean {
  const failure = typeof status === 'string' ? toLoginResult(status).failure : null
  return failure === 'credential' || failure === 'locked' || failure === 'rate'
}
