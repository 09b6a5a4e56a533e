import { day, hour } from '../../duration.ts'
import { OrgState } from '../entities/org-state.ts'
import type { Activity, LoginBeginning } from './activity.ts'

/** How a login began is forgotten after so long without use, ms. */
const keptFor = 7 * day

/** `used` in ms; `network` and `client` are absent until an event of the login tells. */
type Known = { used: number; network?: string; client?: string }

/**
 * Where and with what a login began, by LoginKey: a stolen session goes on elsewhere. Bounded: the logins used longest ago are
 * forgotten first.
 */
export class LoginBeginnings {
  readonly state = new OrgState<Known>('login-beginnings')
  readonly #capacity: number

  /** @param options.capacity how many logins are remembered at most, 200,000 when absent */
  constructor({ capacity = 200_000 }: { readonly capacity?: number } = {}) {
    this.#capacity = capacity
  }

  /** What is known of how the activity's login began; learns from what tells it first. Undefined where no login is named. */
  note(activity: Activity): LoginBeginning | undefined {
    const { login, org, time, action } = activity
    if (login === null || action === 'login-as') return undefined
    const known = this.state.get(org.id, login)
    if (known) {
      if (addBeginning(known, activity) || time - known.used > hour) {
        known.used = Math.max(known.used, time)
        this.state.touch(org.id, login)
      }
      return known
    }
    if (this.state.size >= this.#capacity) this.#makeRoom()
    const begun: Known = { used: time }
    addBeginning(begun, activity)
    this.state.set(org.id, login, begun)
    return begun
  }

  /** Forgets logins that were not used since long before `time`. */
  expire(time: number): void {
    for (const [org, login, { used }] of this.state.entries())
      if (time - used > keptFor) this.state.delete(org, login)
  }

  /** Forgets many at once, for it sorts them all. The order comes from what is stored, so that a restart changes nothing. */
  #makeRoom(): void {
    const oldestFirst = [...this.state.entries()].sort(
      ([orgA, loginA, a], [orgB, loginB, b]) =>
        a.used - b.used || ((orgA === orgB ? loginA < loginB : orgA < orgB) ? -1 : 1),
    )
    for (const [org, login] of oldestFirst.slice(0, Math.ceil(this.#capacity / 10)))
      this.state.delete(org, login)
  }
}

/** Takes from an event what is not known yet of how its login began; answers whether there was anything. */
function addBeginning(known: Known, { network, client }: Activity): boolean {
  const addsNetwork = known.network === undefined && network !== null
  // Logins of programs name no client at all.
  const addsClient = known.client === undefined && client !== null && client !== 'unknown'
  if (addsNetwork) known.network = network
  if (addsClient) known.client = client
  return addsNetwork || addsClient
}
