import { day, hour, second } from '../../duration.ts'
import { EntityRows } from '../entities/entity-rows.ts'
import { EntityTable } from '../entities/entity-table.ts'
import { withRoomFor } from '../entities/growing.ts'
import type { Activity } from './activity.ts'
import { nameOf } from './payload.ts'

/** A login's application is forgotten after so long without use, ms. */
const keptFor = 7 * day

/**
 * Which application a login belongs to, by LoginKey: most events of a session do not name it themselves. Bounded: the
 * logins used longest ago are forgotten first. A row per login says when it was used last, in seconds; after it stands, when it
 * is saved, the application's name.
 */
export class LoginApps {
  readonly state: EntityRows
  readonly #capacity: number
  /** Each application that was ever named, and by row which one it is. */
  readonly #names: string[] = []
  readonly #numbers = new Map<string, number>()
  #apps = new Uint32Array(16)

  /** @param options.capacity how many logins are remembered at most, a million when absent: about 60 bytes each */
  constructor({ capacity = 1_000_000 }: { readonly capacity?: number } = {}) {
    this.#capacity = capacity
    const layout = { fixed: 1, parts: 0, perPart: 0 }
    this.state = new EntityRows('logins', new EntityTable().of('login'), layout, {
      size: (row) => 4 + 3 * this.#appOf(row).length,
      write: (row, bytes) => bytes.text(this.#appOf(row)),
      read: (row, bytes) => this.#setApp(row, bytes.toString('utf8', 4)),
      clear: () => undefined,
    })
  }

  /**
   * Learns from a login, or where none came (Salesforce need not stream those of integrations) from the first activity that
   * names its application; gives any other activity of the same login that application.
   */
  refine(activity: Activity): void {
    const { login, org, time } = activity
    if (login === null) return
    const row = this.state.find(org.id, login)
    if (activity.action === 'login') {
      if (activity.app !== null) this.#remember(org.id, login, row, activity.app, time)
    } else if (row < 0) {
      const named = nameOf(activity.raw, 'Application')
      if (named !== null) this.#remember(org.id, login, row, named, time)
    } else {
      if (time - this.#usedAt(row) > hour) this.#use(row, time)
      activity.app = this.#appOf(row)
    }
  }

  /** Forgets logins that were not used since long before `time`, and applications that are theirs alone. */
  expire(time: number): void {
    const names = this.#names.splice(0)
    this.#numbers.clear()
    for (const row of this.#rows()) {
      if (time - this.#usedAt(row) > keptFor) this.state.delete(row)
      else this.#setApp(row, names[this.#apps[row] as number] as string)
    }
  }

  #remember(org: string, login: string, known: number, app: string, time: number): void {
    if (known < 0 && this.state.size >= this.#capacity) this.#makeRoom()
    const row = known < 0 ? this.state.add(org, login) : known
    this.#setApp(row, app)
    this.#use(row, time)
  }

  /** Forgets many at once, for it sorts them all. The order comes from what is stored, so that a restart changes nothing. */
  #makeRoom(): void {
    const oldestFirst = Float64Array.from(this.#rows(), (row) => this.#usedAt(row)).sort()
    const forgotten = Math.ceil(this.#capacity / 10)
    const last = oldestFirst[forgotten - 1] as number
    let ofLast = forgotten - oldestFirst.indexOf(last)
    for (const row of this.#rows()) {
      const used = this.#usedAt(row)
      if (used < last || (used === last && ofLast-- > 0)) this.state.delete(row)
    }
  }

  *#rows(): Generator<number> {
    for (let row = 0; row < this.state.end; row++) if (this.state.isUsed(row)) yield row
  }

  #usedAt(row: number): number {
    return (this.state.chunkOf(row).words[this.state.startOf(row)] as number) * second
  }

  #use(row: number, time: number): void {
    this.state.chunkOf(row).words[this.state.startOf(row)] = Math.floor(time / second)
    this.state.touch(row)
  }

  #appOf(row: number): string {
    return this.#names[this.#apps[row] as number] as string
  }

  #setApp(row: number, app: string): void {
    let number = this.#numbers.get(app)
    if (number === undefined) {
      number = this.#names.push(app) - 1
      this.#numbers.set(app, number)
    }
    this.#apps = withRoomFor(this.#apps, row)
    this.#apps[row] = number
  }
}
